"""Claims with their gold verdict, for counting what is wrong how often and on which faces."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Exists, Select, String, cast, exists, select, true
from sqlalchemy.orm import Session

from review.release_rows import FACT_CODES
from review.schema import Assignment, Claim, ClaimVerdict, Description, FaceMeasurement, Gold
from review.statistics import gate_classes, pose_class


@dataclass(frozen=True)
class JudgedClaim:
    """One claim that people have judged.

    Attributes:
        action_unit: the unit it is about, or None.
        affirmed: whether it says that the unit is there.
        verdict: correct, wrong, unsure or cannot_judge.
        code: the error, or None.
        random: whether its description was drawn by chance.
        pose: class of the head pose.
        gates: names of the gates the face meets.
    """

    action_unit: int | None
    affirmed: bool
    verdict: str
    code: str | None
    random: bool
    pose: str
    gates: tuple[str, ...]


@dataclass(frozen=True)
class Disputed:
    """Claims that people judged differently and that nobody has decided yet.

    Attributes:
        claims: all of them.
        random: those on descriptions drawn by chance.
    """

    claims: int
    random: int


def is_counted(verdict: str, code: str | None) -> bool:
    """Say whether a claim is right or wrong in its facts; undecided ones, boilerplate and style say nothing here."""
    return verdict == "correct" or (verdict == "wrong" and code in FACT_CODES)


def judged_claims(session: Session, *, campaign_id: int | None = None) -> list[JudgedClaim]:
    """Return the claims with current gold that is not contested, each once.

    Planted errors are left out, and claims that only repeat others and that nobody judged apart from them.

    Args:
        session: any session.
        campaign_id: only descriptions of this campaign; all if None.
    """
    faces: dict[int, tuple[str, tuple[str, ...]]] = {}
    for row in session.execute(_faces(campaign_id)):
        document = row.document if row.found else None
        faces[row.image_id] = (pose_class((document or {}).get("pose_deg")), tuple(gate_classes(document)))
    unmeasured = (pose_class(None), tuple(gate_classes(None)))
    return [
        JudgedClaim(
            row.action_unit,
            not row.negated,
            row.value["verdict"],
            row.value.get("code"),
            row.random,
            *faces.get(row.image_id, unmeasured),
        )
        for row in session.execute(_claims(campaign_id).where(Gold.basis != "contested"))
    ]


def disputed_claims(session: Session, *, campaign_id: int | None = None) -> Disputed:
    """Count the claims that :func:`judged_claims` leaves out because a third person has to decide on them.

    Somebody said "wrong" of most of these, so a rate over the others is usually too low while there are any.

    Args:
        session: any session.
        campaign_id: only descriptions of this campaign; all if None.
    """
    rows = session.execute(_claims(campaign_id).where(Gold.basis == "contested")).all()
    return Disputed(len(rows), sum(row.random for row in rows))


def _in_stratum(stratum: str, campaign_id: int | None) -> Exists:
    """Say whether a description has an assignment of a stratum, in the campaign where one is asked for."""
    found = exists().where(Assignment.description_id == Description.id, Assignment.stratum == stratum)
    return found if campaign_id is None else found.where(Assignment.campaign_id == campaign_id)


def _in_campaign(campaign_id: int | None) -> ColumnElement[bool]:
    if campaign_id is None:
        return true()
    return exists().where(Assignment.description_id == Description.id, Assignment.campaign_id == campaign_id)


def _claims(campaign_id: int | None) -> Select[Any, Any, Any, Any, Any]:
    return (
        select(
            Claim.action_unit,
            Claim.negated,
            Gold.value,
            Description.image_id,
            _in_stratum("random", campaign_id).label("random"),
        )
        .select_from(Gold)
        .join(Description, Description.id == Gold.description_id)
        .join(Claim, (Claim.description_id == Gold.description_id) & (cast(Claim.id, String) == Gold.target_key))
        .where(Gold.target == "claim", Gold.superseded.is_(False))
        .where(~_in_stratum("planted", None), _in_campaign(campaign_id))
        .where(exists().where(ClaimVerdict.claim_id == Claim.id, ClaimVerdict.follows.is_(False)))
    )


def _faces(campaign_id: int | None) -> Select[Any, Any, Any]:
    """Select the measured faces of the descriptions that have gold."""
    judged = (
        select(Description.image_id)
        .join(Gold, Gold.description_id == Description.id)
        .where(Gold.target == "claim", Gold.superseded.is_(False), _in_campaign(campaign_id))
    )
    columns = (FaceMeasurement.image_id, FaceMeasurement.found, FaceMeasurement.document)
    return select(*columns).where(FaceMeasurement.image_id.in_(judged))
