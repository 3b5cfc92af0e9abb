"""The descriptions that a release may take, each with its gold, its claims, and where it comes from."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, exists, select, text
from sqlalchemy.orm import Session

from review.merging import TEXT_KEY
from review.release_rows import Candidate
from review.schema import Assignment, Claim, Description, Gold, Guideline, Image, Review, Source
from review.store.duplicates import is_grouped_with_evaluation
from review.store.gold import GoldRecord, record_of
from review.store.planting import is_made

CHUNK: Final = 500
_UNREAD: Final = "not compared: the picture cannot be read"
_BLOCKED: Final = "not compared: an evaluation picture cannot be read (python -m review duplicates names it)"
BASES: Final = ("single", "agreed", "adjudicated")
"""What gold stands on, from the weakest to the strongest."""


@dataclass(frozen=True)
class ReleaseQuery:
    """What a release takes.

    Attributes:
        campaign_ids: only descriptions reviewed in these campaigns; None for all.
        min_basis: weakest basis of the text: single, agreed or adjudicated.
        tasks: au, emotion or both.
        origin_models: only texts of these models; None for all.
    """

    campaign_ids: tuple[int, ...] | None = None
    min_basis: str = "single"
    tasks: tuple[str, ...] = ("au", "emotion")
    origin_models: tuple[str, ...] | None = None


def freeze(session: Session) -> None:
    """Let every later query of this transaction see the same moment; SQLite does so by itself."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


def image_folders(session: Session, *, query: ReleaseQuery) -> dict[int, str]:
    """Return the folder of each source that the candidates' pictures or priors come from.

    A picture is found below the folder of the file that brought it in first, the prior below that of its description.
    """
    matching = _matching(query).join(Image, Image.id == Description.image_id).order_by(None)
    pictures = matching.with_only_columns(Image.source_id)
    priors = matching.where(Description.landmark.is_not(None)).with_only_columns(Description.source_id)
    needed = Source.id.in_(pictures) | Source.id.in_(priors)
    return {row.id: row.images_dir for row in session.execute(select(Source.id, Source.images_dir).where(needed))}


def candidate_ids(session: Session, *, query: ReleaseQuery) -> list[int]:
    """Return the ids of the descriptions that have gold and match, ascending."""
    return list(session.scalars(_matching(query)))


def iterate_candidates(session: Session, *, ids: Sequence[int], prefixes: Mapping[int, str]) -> Iterator[Candidate]:
    """Yield descriptions with their gold, in the order of ``ids``.

    Args:
        session: frozen at one moment.
        ids: ascending.
        prefixes: id of a source to what is put before its paths ("" or a folder with a slash behind it).
    """
    for start in range(0, len(ids), CHUNK):
        yield from load_candidates(session, ids=ids[start : start + CHUNK], prefixes=prefixes)
        session.expunge_all()


def _matching(query: ReleaseQuery) -> Select[int]:
    """Select the ids of descriptions with gold of the text that match, by id."""
    gold = exists().where(
        Gold.description_id == Description.id,
        Gold.target == "text",
        Gold.target_key == TEXT_KEY,
        Gold.superseded.is_(False),
        Gold.basis.in_((*BASES[BASES.index(query.min_basis) :], "contested")),
    )
    matching = select(Description.id).where(gold, Description.deleted_at.is_(None), Description.task.in_(query.tasks))
    if query.origin_models is not None:
        matching = matching.where(Description.origin_model.in_(query.origin_models))
    if query.campaign_ids is not None:
        reviewed = exists().where(
            Assignment.description_id == Description.id,
            Assignment.campaign_id.in_(query.campaign_ids),
            Assignment.state == "submitted",
        )
        matching = matching.where(reviewed)
    return matching.order_by(Description.id)


def load_candidates(
    session: Session, *, ids: Sequence[int], prefixes: Mapping[int, str] | None = None
) -> list[Candidate]:
    """Return at most 500 descriptions with their gold, by id; paths stay as they were imported without ``prefixes``."""
    gold: dict[int, dict[tuple[str, str], GoldRecord]] = defaultdict(dict)
    rows = session.scalars(select(Gold).where(Gold.description_id.in_(ids), Gold.superseded.is_(False)))
    for row in rows:
        gold[row.description_id][row.target, row.target_key] = record_of(row)
    claims: dict[int, list[Claim]] = defaultdict(list)
    for claim in session.scalars(select(Claim).where(Claim.description_id.in_(ids)).order_by(Claim.ord)):
        claims[claim.description_id].append(claim)
    reviewers: dict[int, dict[int, int]] = defaultdict(dict)
    guidelines: dict[int, set[str]] = defaultdict(set)
    reviews = (
        select(Review.id, Review.description_id, Review.reviewer_id, Guideline.version)
        .outerjoin(Guideline, Guideline.id == Review.guideline_id)
        .where(Review.description_id.in_(ids))
    )
    for review in session.execute(reviews):
        reviewers[review.description_id][review.id] = review.reviewer_id
        guidelines[review.description_id] |= {review.version} - {None}
    found = []
    blocked = _BLOCKED if _unread_evaluation(session) else None
    for description, image, source, locked, planted in session.execute(_described(ids)):
        folders = prefixes if prefixes is not None else {image.source_id: "", source.id: ""}
        landmark = description.landmark
        found.append(
            Candidate(
                id=description.id,
                row_id=description.row_id,
                task=description.task,
                image=folders[image.source_id] + image.rel_path,
                image_sha256=image.sha256,
                split=image.split,
                locked=locked,
                not_compared=_UNREAD if image.phash is None else blocked,
                planted=planted,
                prompt=description.prompt,
                text=description.text,
                landmark=None if landmark is None else folders[source.id] + landmark,
                published_label=description.published_label,
                origin_model=description.origin_model,
                origin_run=description.origin_run,
                source=source.name,
                claims=claims[description.id],
                gold=gold[description.id],
                reviewers=reviewers[description.id],
                guidelines=tuple(sorted(guidelines[description.id])),
            )
        )
    return found


def _unread_evaluation(session: Session) -> bool:
    """Say whether an evaluation picture has no hash, so that nobody knows what it is a near-duplicate of."""
    return bool(session.scalar(select(exists().where(Image.split == "eval", Image.phash.is_(None)))))


def _described(ids: Sequence[int]) -> Select[Description, Image, Source, bool, bool]:
    """Select descriptions with image, the source of the text, and whether they are locked or were planted."""
    planted = exists().where(Assignment.description_id == Description.id, Assignment.stratum == "planted") | is_made()
    return (
        select(Description, Image, Source, is_grouped_with_evaluation(), planted)
        .join(Image, Image.id == Description.image_id)
        .join(Source, Source.id == Description.source_id)
        .where(Description.id.in_(ids))
        .order_by(Description.id)
    )
