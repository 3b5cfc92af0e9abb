"""Who looked at which face, where the picture's file lies, and the secret that signs picture addresses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from emola.errors import InputError
from review.schema import Description, Image, ImageAccess, Setting, Source

VIEWS = ("full", "thumb")
"""The whole picture, or 24 blurred pixels of it."""

SAME_LOOK = timedelta(minutes=5)
"""Looks of one person at one picture within this time are one entry of the log; an address lives as long."""


@dataclass(frozen=True)
class ImageFile:
    """A picture on disk; ``path`` lies inside the folder that it was imported from."""

    image_id: int
    path: Path
    sha256: str


def image_file(session: Session, *, image_id: int) -> ImageFile:
    """Return where the file of a picture lies.

    Raises:
        InputError: there is no such picture, its file is gone, or its stored path leaves the imported folder.
    """
    query = select(Image.rel_path, Image.sha256, Source.images_dir).join(Source, Source.id == Image.source_id)
    row = session.execute(query.where(Image.id == image_id)).first()
    if row is None:
        raise InputError(f"There is no picture {image_id}.")
    folder = Path(row.images_dir).resolve()
    path = (folder / row.rel_path).resolve()
    if not path.is_relative_to(folder):
        raise InputError(f"The file of picture {image_id} lies outside of the folder that it was imported from.")
    if not path.is_file():
        raise InputError(f"The file of picture {image_id} is no longer in the folder that it was imported from.")
    return ImageFile(image_id, path, row.sha256)


def files_of_origin(session: Session, *, origin_model: str) -> list[ImageFile]:
    """Return where the pictures that somebody described were imported from, whether their files are there or not."""
    described = select(Description.image_id).where(Description.origin_model == origin_model)
    query = select(Image.id, Source.images_dir, Image.rel_path, Image.sha256).join(Source, Source.id == Image.source_id)
    rows = session.execute(query.where(Image.id.in_(described)).order_by(Image.id))
    return [ImageFile(row.id, Path(row.images_dir) / row.rel_path, row.sha256) for row in rows]


def images_of(session: Session, *, description_ids: Sequence[int]) -> list[int]:
    """Return the pictures of descriptions, each once, in the order of the descriptions."""
    rows = session.execute(select(Description.id, Description.image_id).where(Description.id.in_(description_ids)))
    found = {row.id: row.image_id for row in rows}
    return list(dict.fromkeys(found[number] for number in description_ids if number in found))


def seen_lately(session: Session, *, user_id: int, image_id: int, view: str, now: datetime | None = None) -> bool:
    """Return whether a look of this person at this picture is in the log since SAME_LOOK."""
    recent = select(ImageAccess.id).where(
        ImageAccess.image_id == image_id,
        ImageAccess.user_id == user_id,
        ImageAccess.view == view,
        ImageAccess.at > (now or datetime.now(UTC)) - SAME_LOOK,
    )
    return session.scalar(recent.limit(1)) is not None


def log_look(session: Session, *, user_id: int, image_id: int, view: str, now: datetime | None = None) -> None:
    """Write that a person looked at a picture.

    Raises:
        InputError: ``view`` is none of VIEWS.
    """
    if view not in VIEWS:
        raise InputError(f"There is no view {view!r} of a picture; expected one of {', '.join(VIEWS)}.")
    session.add(ImageAccess(at=now or datetime.now(UTC), user_id=user_id, image_id=image_id, view=view))
    session.flush()


def setting(session: Session, *, key: str, make: Callable[[], str]) -> str:
    """Return a named value of this database, made at its first use."""
    stored = session.get(Setting, key)
    if stored is None:
        stored = Setting(key=key, value=make())
        session.add(stored)
        session.flush()
    return stored.value
