"""What people said of the texts of a blind check, read for counting.

Where an adjudicator of the check decided, that counts; elsewhere the mean of all who judged the text in the check (who
agree in most cases). Reviews of other campaigns are left out: they may come from people who knew the author.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from review.blind_statistics import JudgedFace, TextCounts
from review.merging import TEXT_KEY
from review.records import ReviewState, state_from_json
from review.release_rows import FACT_CODES
from review.schema import Adjudication, Assignment, Claim, Gold, Review
from review.store.blind_checks import BlindCheckRecord, PairedTexts

CHUNK = 500
TEXT = ("text", TEXT_KEY)
Spans = Mapping[int, tuple[int, int]]
Value = Mapping[str, Any]


def judged_faces(session: Session, *, check: BlindCheckRecord) -> list[JudgedFace]:
    """Return the faces of a check of which every text was judged, with what was found in each, the old one first."""
    ids = sorted({number for pair in check.pairs for number in (pair.old_id, pair.new_id)})
    reviews: dict[int, dict[int, ReviewState]] = defaultdict(dict)
    decided: dict[int, dict[tuple[str, str], Value]] = defaultdict(dict)
    spans: dict[int, dict[int, tuple[int, int]]] = defaultdict(dict)
    for chunk in (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)):
        _read(session, check.campaign.id, chunk, reviews, decided, spans)
    pairs: dict[int, list[PairedTexts]] = defaultdict(list)
    for pair in check.pairs:
        pairs[pair.image_id].append(pair)
    faces = []
    for image_id, of_face in pairs.items():
        sides = [pair.old_id for pair in of_face], [pair.new_id for pair in of_face]
        people = [frozenset(reviews[number]) for side in sides for number in side]
        if all(people):
            old, new = (tuple(count_text(reviews[n].values(), decided[n], spans[n]) for n in side) for side in sides)
            faces.append(JudgedFace(image_id, old, new, len(set(people)) == 1))
    return faces


def count_text(states: Collection[ReviewState], decided: Mapping[tuple[str, str], Value], spans: Spans) -> TextCounts:
    """Return what was found in one text.

    Args:
        states: of the reviews, at least one.
        decided: what an adjudicator decided, by target and key.
        spans: code points of each claim.
    """
    claims, wrong, marked = 0.0, defaultdict[str, float](float), defaultdict[str, float](float)
    for claim in spans:
        ruling = decided.get(("claim", str(claim)))
        said = [vars(state.verdicts[claim]) for state in states if claim in state.verdicts]
        for value in said if ruling is None else [ruling]:
            part = 1 / len(states) if ruling is None else 1.0
            code = value.get("code") if value["verdict"] == "wrong" else None
            claims += part * (value["verdict"] == "correct" or code in FACT_CODES)
            if code is not None:
                wrong[code] += part
    part = 1.0 if TEXT in decided else 1 / len(states)
    for marks, codes in _marks(states, decided):
        for mark in marks:
            if not _said_already(mark, codes, spans):
                marked[mark["code"]] += part
    return TextCounts(claims, dict(wrong), dict(marked))


def _marks(
    states: Collection[ReviewState], decided: Mapping[tuple[str, str], Value]
) -> Iterator[tuple[Sequence[Value], Mapping[int, str | None]]]:
    """Yield the marks of each who counts, with the codes they gave to claims."""
    if TEXT in decided:
        codes = {int(key): value.get("code") for (target, key), value in decided.items() if target == "claim"}
        yield decided[TEXT].get("marks", ()), codes
        return
    for state in states:
        codes = {claim: verdict.code for claim, verdict in state.verdicts.items()}
        yield [vars(mark) for mark in state.marks], codes


def _said_already(mark: Value, verdicts: Mapping[int, str | None], spans: Spans) -> bool:
    """Say whether a mark lies on a claim that was given the same code: one error, shown twice."""
    return any(
        code == mark["code"] and claim in spans and mark["start"] < spans[claim][1] and spans[claim][0] < mark["end"]
        for claim, code in verdicts.items()
    )


def _read(
    session: Session,
    campaign_id: int,
    ids: Sequence[int],
    reviews: dict[int, dict[int, ReviewState]],
    decided: dict[int, dict[tuple[str, str], Value]],
    spans: dict[int, dict[int, tuple[int, int]]],
) -> None:
    """Read the submitted reviews of a campaign, what its adjudicators decided, and the claims of some descriptions."""
    submitted = (
        select(Review.description_id, Review.reviewer_id, Review.state)
        .join(Assignment, Assignment.id == Review.assignment_id)
        .where(Review.status == "submitted", Assignment.campaign_id == campaign_id, Review.description_id.in_(ids))
    )
    for row in session.execute(submitted):
        reviews[row.description_id][row.reviewer_id] = state_from_json(row.state)
    rulings = (
        select(Gold.description_id, Gold.target, Gold.target_key, Gold.value)
        .join(Adjudication, Adjudication.id == Gold.adjudication_id)
        .where(
            Gold.superseded.is_(False),
            Gold.basis == "adjudicated",
            Gold.target.in_(("claim", "text")),
            Adjudication.campaign_id == campaign_id,
            Gold.description_id.in_(ids),
        )
    )
    for row in session.execute(rulings):
        decided[row.description_id][row.target, row.target_key] = row.value
    for row in session.execute(
        select(Claim.description_id, Claim.id, Claim.start, Claim.end).where(Claim.description_id.in_(ids))
    ):
        spans[row.description_id][row.id] = (row.start, row.end)
