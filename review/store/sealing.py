"""Which texts nobody may be told the author of: those of a blind check that is neither finished nor closed.

The author stays hidden from leads too: they review as well, and they talk with those who do.
"""

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session

from emola.errors import InputError
from review.schema import Adjudication, Assignment, BlindCheck, Campaign

UNFINISHED = ("open", "leased", "skipped")
NAMES_SHOWN = "The names of the models of this blind check have been shown; make a new check for more judgements."


def sealed_campaigns() -> Select[int]:
    """Select the campaigns of blind checks whose models are not named yet."""
    waits = exists().where(Assignment.campaign_id == Campaign.id, Assignment.state.in_(UNFINISHED))
    disputed = exists().where(Adjudication.campaign_id == Campaign.id, Adjudication.state.in_(("open", "leased")))
    query = select(Campaign.id).join(BlindCheck, BlindCheck.campaign_id == Campaign.id)
    return query.where(Campaign.state != "closed", or_(waits, disputed))


def is_sealed(session: Session, *, description_id: int) -> bool:
    """Say whether the author of a description must stay hidden from everybody."""
    held = Assignment.description_id == description_id, Assignment.campaign_id.in_(sealed_campaigns())
    return bool(session.scalar(select(exists().where(*held))))


def require_sealed(session: Session, *, campaign_id: int, reopened: bool = False) -> None:
    """Refuse more judgements in a blind check once its models are named; other campaigns pass.

    Args:
        session: any session.
        campaign_id: which campaign.
        reopened: only a closed one is refused, since an open one may be paused and opened as ever.

    Raises:
        InputError: the names have been shown.
    """
    query = select(Campaign.state).join(BlindCheck, BlindCheck.campaign_id == Campaign.id)
    state = session.scalar(query.where(Campaign.id == campaign_id))
    if state is None or (reopened and state != "closed"):
        return
    if session.scalar(sealed_campaigns().where(Campaign.id == campaign_id)) is None:
        raise InputError(NAMES_SHOWN)
