"""Claims and lint findings of descriptions: what is not parsed yet, and what came out."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.orm import Session

from review.claims import ParsedClaim
from review.findings import Finding
from review.schema import Claim, Description, Evidence, LintFinding, Review
from review.store.events import append_event


@dataclass(frozen=True)
class DescriptionText:
    """The text of one description, NFC, and its task."""

    description_id: int
    task: str
    text: str


@dataclass(frozen=True)
class ParsedText:
    """The claims and faults of one description."""

    description_id: int
    claims: tuple[ParsedClaim, ...]
    findings: tuple[Finding, ...]


def unparsed_ids(session: Session, *, version: str) -> list[int]:
    """Return the descriptions that ``version`` has not parsed, those with a review left out, in order."""
    reviewed = exists().where(Review.description_id == Description.id)
    query = select(Description.id).where(Description.parser_version != version, Description.deleted_at.is_(None))
    return list(session.scalars(query.where(~reviewed).order_by(Description.id)))


def load_texts(session: Session, *, ids: Sequence[int]) -> list[DescriptionText]:
    """Return the texts of at most 500 descriptions."""
    query = select(Description.id, Description.task, Description.text).where(Description.id.in_(ids))
    return [DescriptionText(*row) for row in session.execute(query.order_by(Description.id))]


def store_parsed(session: Session, *, parsed: Sequence[ParsedText], version: str, lint_version: str) -> None:
    """Store claims and findings of at most 500 descriptions in the place of earlier ones.

    A description that somebody opened in the meantime is left as it is.
    """
    ids = [text.description_id for text in parsed]
    busy = set(session.scalars(select(Review.description_id).where(Review.description_id.in_(ids))))
    parsed = [text for text in parsed if text.description_id not in busy]
    ids = [text.description_id for text in parsed]
    old = select(Claim.id).where(Claim.description_id.in_(ids))
    session.execute(delete(LintFinding).where(LintFinding.description_id.in_(ids)))
    session.execute(delete(Evidence).where(Evidence.claim_id.in_(old)))
    session.execute(delete(Claim).where(Claim.description_id.in_(ids)))
    claims = [_claim_row(text.description_id, claim) for text in parsed for claim in text.claims]
    if claims:
        session.execute(insert(Claim), claims)
    findings = _finding_rows(session, parsed, ids, lint_version)
    if findings:
        session.execute(insert(LintFinding), findings)
    session.execute(update(Description).where(Description.id.in_(ids)).values(parser_version=version))
    counts = {"descriptions": len(ids), "claims": len(claims), "findings": len(findings), "version": version}
    first = ids[0] if ids else 0
    append_event(session, actor_id=None, entity="description", entity_id=first, action="parse", after=counts)


def lint_counts(session: Session) -> dict[str, int]:
    """Return how many findings of each kind there are, the most frequent first."""
    query = select(LintFinding.kind, func.count()).group_by(LintFinding.kind)
    return dict(session.execute(query.order_by(func.count().desc(), LintFinding.kind)).all())


def _claim_row(description_id: int, claim: ParsedClaim) -> dict[str, object]:
    return {
        "description_id": description_id,
        "ord": claim.ord,
        "kind": claim.kind,
        "start": claim.start,
        "end": claim.end,
        "action_unit": claim.action_unit,
        "more_units": list(claim.more_units),
        "emotion": claim.emotion,
        "side": claim.side,
        "intensity": claim.intensity,
        "negated": claim.negated,
    }


def _finding_rows(
    session: Session, parsed: Sequence[ParsedText], ids: list[int], version: str
) -> list[dict[str, object]]:
    query = select(Claim.description_id, Claim.ord, Claim.id).where(Claim.description_id.in_(ids))
    claim_ids = {(description, place): claim for description, place, claim in session.execute(query)}
    return [
        {
            "description_id": text.description_id,
            "claim_id": None if found.claim_ord is None else claim_ids[text.description_id, found.claim_ord],
            "kind": found.kind,
            "message": found.message,
            "start": found.start,
            "end": found.end,
            "version": version,
        }
        for text in parsed
        for found in text.findings
    ]
