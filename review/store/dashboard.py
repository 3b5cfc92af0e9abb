"""What the dashboard shows: how far the work is, what is wrong how often, what reviewers miss, what is needed now."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product
from statistics import median
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from review.records import CODES
from review.schema import Adjudication, Assignment, Gold, Review, User
from review.statistics import Rate, rate
from review.store.evidence_changes import evidence_changes
from review.store.judged_claims import Disputed, JudgedClaim, disputed_claims, is_counted, judged_claims
from review.store.needs import find_needs
from review.store.planted import PlantedAnswer, planted_answers

RECENT: Final = timedelta(days=7)
ANY: Final = "all"
"""The pose, or the gate, of atlas cells that count every one."""


@dataclass(frozen=True)
class Progress:
    """Assignments by state, descriptions people differ about, and how many of these wait for a third person."""

    total: int
    open: int
    leased: int
    submitted: int
    skipped: int
    contested: int
    waiting_adjudication: int


@dataclass(frozen=True)
class DayPace:
    """Reviews submitted on one day (UTC)."""

    day: date
    submitted: int


@dataclass(frozen=True)
class ReviewerPace:
    """One person's reviews, median active time, planted errors found, and verdicts changed after evidence was shown."""

    user_id: int
    login: str
    submitted: int
    last_7_days: int
    median_seconds: float | None
    planted_found: Rate
    changed_after_hint: Rate


@dataclass(frozen=True)
class CodeCount:
    """How many judged claims have an error of one code, and their share among the wrong ones."""

    code: str
    claims: int
    share: float


@dataclass(frozen=True)
class UnitRate:
    """How often a claim that an action unit is there is wrong, on descriptions drawn by chance."""

    action_unit: int
    rate: Rate


@dataclass(frozen=True)
class PlantedRate:
    """How often a planted error of one code was missed."""

    code: str
    missed: Rate


@dataclass(frozen=True)
class AtlasCell:
    """How often claims about an action unit (None: about none) have an error, on one pose and gate or on all."""

    code: str
    action_unit: int | None
    pose: str
    gate: str
    rate: Rate


@dataclass(frozen=True)
class Dashboard:
    """Everything on the dashboard; ``needs`` are sentences."""

    progress: Progress
    days: tuple[DayPace, ...]
    reviewers: tuple[ReviewerPace, ...]
    error_mix: tuple[CodeCount, ...]
    units: tuple[UnitRate, ...]
    overall: Rate
    disputed: Disputed
    planted: tuple[PlantedRate, ...]
    atlas: tuple[AtlasCell, ...]
    needs: tuple[str, ...]


def dashboard(session: Session, *, campaign_id: int | None = None, now: datetime | None = None) -> Dashboard:
    """Return the numbers of one campaign, or of all.

    Args:
        session: any session.
        campaign_id: which campaign; all if None.
        now: the end of the last seven days; the present if None.
    """
    moment = now or datetime.now(UTC)
    claims = judged_claims(session, campaign_id=campaign_id)
    answers = planted_answers(session, campaign_id=campaign_id)
    sample = [claim for claim in claims if claim.random and is_counted(claim.verdict, claim.code)]
    units = sorted({claim.action_unit for claim in sample if claim.action_unit is not None and claim.affirmed})
    progress = _progress(session, campaign_id)
    return Dashboard(
        progress,
        _days(session, campaign_id),
        _reviewers(session, campaign_id, answers, moment),
        _error_mix(claims),
        tuple(UnitRate(unit, _wrong(c for c in sample if c.action_unit == unit and c.affirmed)) for unit in units),
        _wrong(sample),
        disputed_claims(session, campaign_id=campaign_id),
        tuple(_planted(answers)),
        tuple(_atlas(claims)),
        tuple(find_needs(session, campaign_id=campaign_id, waiting=progress.waiting_adjudication)),
    )


def _wrong(claims: Iterable[JudgedClaim]) -> Rate:
    verdicts = [claim.verdict for claim in claims]
    return rate(verdicts.count("wrong"), len(verdicts))


def _of(query: Select[*tuple[Any, ...]], campaign_id: int | None) -> Select[*tuple[Any, ...]]:
    return query if campaign_id is None else query.where(Assignment.campaign_id == campaign_id)


def _progress(session: Session, campaign_id: int | None) -> Progress:
    counted = _of(select(Assignment.state, func.count()).group_by(Assignment.state), campaign_id)
    states: dict[str, int] = {row[0]: row[1] for row in session.execute(counted)}
    contested = select(func.count(func.distinct(Gold.description_id))).where(
        Gold.superseded.is_(False), Gold.basis == "contested"
    )
    waiting = select(func.count(Adjudication.id)).where(Adjudication.state.in_(("open", "leased")))
    if campaign_id is not None:
        ours = select(Assignment.description_id).where(Assignment.campaign_id == campaign_id)
        contested = contested.where(Gold.description_id.in_(ours))
        waiting = waiting.where(Adjudication.campaign_id == campaign_id)
    return Progress(
        sum(count for state, count in states.items() if state != "void"),
        states.get("open", 0),
        states.get("leased", 0),
        states.get("submitted", 0),
        states.get("skipped", 0),
        session.scalar(contested) or 0,
        session.scalar(waiting) or 0,
    )


def _submitted(campaign_id: int | None) -> Select[*tuple[Any, ...]]:
    query = select(Review.reviewer_id, Review.submitted_at, Review.active_ms).join(
        Assignment, Assignment.id == Review.assignment_id
    )
    return _of(query.where(Review.status == "submitted"), campaign_id)


def _days(session: Session, campaign_id: int | None) -> tuple[DayPace, ...]:
    """Return every day from the first to the last review, days without any included; a week at least."""
    counts = Counter(row.submitted_at.date() for row in session.execute(_submitted(campaign_id)))
    if not counts:
        return ()
    last = max(counts)
    first = min(*counts, last - timedelta(days=6))
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return tuple(DayPace(day, counts[day]) for day in every)


def _reviewers(
    session: Session, campaign_id: int | None, answers: Sequence[PlantedAnswer], moment: datetime
) -> tuple[ReviewerPace, ...]:
    """Return everybody who submitted something, by login."""
    logins = {row.id: row.login for row in session.execute(select(User.id, User.login))}
    times: dict[int, list[float]] = defaultdict(list)
    recent: Counter[int] = Counter()
    for row in session.execute(_submitted(campaign_id)):
        times[row.reviewer_id].append(row.active_ms / 1000)
        recent[row.reviewer_id] += row.submitted_at > moment - RECENT
    changed = evidence_changes(session, campaign_id=campaign_id).people
    found = []
    for person in sorted(times, key=lambda person: logins[person]):
        measured = [seconds for seconds in times[person] if seconds > 0]
        planted = [answer.found for answer in answers if answer.reviewer_id == person]
        found.append(
            ReviewerPace(
                person,
                logins[person],
                len(times[person]),
                recent[person],
                median(measured) if measured else None,
                rate(sum(planted), len(planted)),
                changed.get(person, rate(0, 0)),
            )
        )
    return tuple(found)


def _error_mix(claims: Iterable[JudgedClaim]) -> tuple[CodeCount, ...]:
    """Return the codes of wrong claims in the order of the taxonomy."""
    counts = Counter(claim.code for claim in claims if claim.verdict == "wrong")
    total = counts.total()
    return tuple(CodeCount(code, counts[code], counts[code] / total) for code in CODES if counts[code])


def _planted(answers: Sequence[PlantedAnswer]) -> list[PlantedRate]:
    by_code: dict[str, list[bool]] = defaultdict(list)
    for answer in answers:
        by_code[answer.code].append(not answer.found)
    return [PlantedRate(code, rate(sum(by_code[code]), len(by_code[code]))) for code in CODES if code in by_code]


def _atlas(claims: Iterable[JudgedClaim]) -> list[AtlasCell]:
    """Return the share of claims with each code, by action unit, pose and gate, with the sums over both."""
    totals: Counter[tuple[int | None, str, str]] = Counter()
    errors: Counter[tuple[str, int | None, str, str]] = Counter()
    for claim in claims:
        if not is_counted(claim.verdict, claim.code):
            continue
        for pose, gate in product((claim.pose, ANY), (*claim.gates, ANY)):
            totals[claim.action_unit, pose, gate] += 1
            if claim.code is not None and claim.verdict == "wrong":
                errors[claim.code, claim.action_unit, pose, gate] += 1
    codes = sorted({code for code, *_ in errors}, key=CODES.index)
    places = sorted(totals, key=lambda key: (key[0] or 0, key[1], key[2]))
    return [AtlasCell(code, *key, rate(errors[code, *key], totals[key])) for code in codes for key in places]
