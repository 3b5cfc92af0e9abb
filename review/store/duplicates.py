"""Perceptual hashes of pictures and the groups made of them."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from review.schema import Event, Image, Source
from review.store.events import append_event
from review.store.evidence import ImageFile


def images_without_hash(session: Session) -> list[ImageFile]:
    """Return the pictures without a perceptual hash."""
    query = select(Image.id, Source.images_dir, Image.rel_path, Image.sha256).join(Source, Source.id == Image.source_id)
    return [ImageFile(*row) for row in session.execute(query.where(Image.phash.is_(None)).order_by(Image.id))]


def store_hashes(session: Session, *, hashes: Mapping[int, str]) -> None:
    """Store perceptual hashes by image, one or more."""
    _set(session, "phash", hashes)
    first, after = min(hashes), {"images": len(hashes)}
    append_event(session, actor_id=None, entity="image", entity_id=first, action="hash", after=after)


def perceptual_hashes(session: Session) -> dict[int, str]:
    """Return the hash of every picture that has one."""
    return {image: phash for image, phash in session.execute(select(Image.id, Image.phash)) if phash is not None}


def store_groups(session: Session, *, groups: Mapping[int, int]) -> None:
    """Store the group of every picture that has near-duplicates, in the place of earlier groups."""
    session.execute(update(Image).where(Image.dup_group.is_not(None)).values(dup_group=None))
    if groups:
        _set(session, "dup_group", groups)
    after = {"images": len(groups), "groups": len(set(groups.values()))}
    append_event(session, actor_id=None, entity="image", entity_id=min(groups, default=0), action="group", after=after)


def groups_are_current(session: Session) -> bool:
    """Say whether no picture was hashed after the last grouping."""

    def last(action: str) -> int:
        query = select(func.max(Event.id)).where(Event.entity == "image", Event.action == action)
        return session.scalar(query) or 0

    return last("hash") <= last("group")


def is_grouped_with_evaluation() -> ColumnElement[bool]:
    """Return the condition that a picture's group of near-duplicates holds a picture that nothing may train on."""
    other = aliased(Image)
    return exists().where(other.dup_group == Image.dup_group, other.split != "train").correlate(Image)


def _set(session: Session, column: str, values: Mapping[int, object]) -> None:
    """Set one column of many images with one prepared statement."""
    rows = [{"id": image, column: value} for image, value in values.items()]
    session.execute(update(Image), rows)
