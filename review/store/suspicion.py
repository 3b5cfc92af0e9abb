"""What suspicion is made of, read for every description at once, and the scores that come out."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Select, delete, insert, select
from sqlalchemy.orm import Session

from review.schema import Claim, Description, Evidence, LintFinding
from review.schema import Suspicion as SuspicionRow
from review.store.events import append_event
from review.suspicion import ClaimFacts, DescriptionFacts, EvidenceFacts, FindingFacts, Suspicion

CHUNK = 500


def description_ids(session: Session) -> list[int]:
    """Return every description that has been split into claims, in order."""
    query = select(Description.id).where(Description.deleted_at.is_(None), Description.parser_version != "")
    return list(session.scalars(query.order_by(Description.id)))


def has_suspicion(session: Session) -> bool:
    """Say whether any description has a suspicion."""
    return session.scalar(select(SuspicionRow.description_id).limit(1)) is not None


def load_facts(session: Session, *, ids: Sequence[int]) -> list[DescriptionFacts]:
    """Return what is known of at most 500 descriptions without a person, in order of the id."""
    claims = _claims(session, ids)
    findings = _findings(session, ids)
    evidence = _evidence(session, ids)
    query = select(Description.id, Description.image_id, Description.task).where(Description.id.in_(ids))
    return [
        DescriptionFacts(
            description_id=description,
            image_id=image,
            task=task,
            claims=tuple(claims[description]),
            findings=tuple(findings[description]),
            evidence=tuple(evidence[description]),
        )
        for description, image, task in session.execute(query.order_by(Description.id))
    ]


def store_suspicion(session: Session, *, judged: Mapping[int, Suspicion], version: str) -> None:
    """Store the scores of at most 500 descriptions in the place of earlier ones."""
    if not judged:
        return
    session.execute(delete(SuspicionRow).where(SuspicionRow.description_id.in_(list(judged))))
    rows = [
        {
            "description_id": description,
            "score": suspicion.score,
            "reasons": [vars(reason) for reason in suspicion.reasons],
            "version": version,
        }
        for description, suspicion in judged.items()
    ]
    session.execute(insert(SuspicionRow), rows)
    after = {"descriptions": len(rows), "version": version}
    append_event(session, actor_id=None, entity="description", entity_id=min(judged), action="suspicion", after=after)


def _claims(session: Session, ids: Sequence[int]) -> dict[int, list[ClaimFacts]]:
    found: dict[int, list[ClaimFacts]] = defaultdict(list)
    query: Select[Claim] = select(Claim).where(Claim.description_id.in_(ids))
    for row in session.scalars(query.order_by(Claim.description_id, Claim.ord)):
        units = () if row.action_unit is None else (row.action_unit, *row.more_units)
        claim = ClaimFacts(row.ord, row.kind, units, row.emotion, row.side, row.intensity, row.negated)
        found[row.description_id].append(claim)
    return found


def _findings(session: Session, ids: Sequence[int]) -> dict[int, list[FindingFacts]]:
    found: dict[int, list[FindingFacts]] = defaultdict(list)
    query = select(LintFinding.description_id, LintFinding.kind, LintFinding.message, Claim.ord)
    query = query.outerjoin(Claim, Claim.id == LintFinding.claim_id).where(LintFinding.description_id.in_(ids))
    for description, kind, message, place in session.execute(query.order_by(LintFinding.id)):
        found[description].append(FindingFacts(kind, message, place))
    return found


def _evidence(session: Session, ids: Sequence[int]) -> dict[int, list[EvidenceFacts]]:
    found: dict[int, list[EvidenceFacts]] = defaultdict(list)
    query = select(Evidence, Claim.description_id, Claim.ord).join(Claim, Claim.id == Evidence.claim_id)
    for row, description, place in session.execute(query.where(Claim.description_id.in_(ids)).order_by(Evidence.id)):
        strength = str(row.payload.get("strength", ""))
        item = EvidenceFacts(place, row.kind, row.verdict, str(row.payload.get("reason", "")), strength)
        found[description].append(item)
    return found
