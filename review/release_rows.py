"""The rows of a release: one description with its gold as a training record, a preference pair, a benchmark item.

Each builder returns the row, or raises :class:`LeftOut` with the reason, which is counted. The forms are those that
training reads: FABA-Instruct's training form with a weight, pairs with the changed parts as code-point offsets, and
benchmark items whose labels come from people and never from reading a text.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emola.answer import read_action_units, read_emotion, split_claims, states_no_action_unit
from emola.taxonomy import ACTION_UNITS
from review.editing import EditOp, TextClaim, apply_edits
from review.merging import EMOTION_KEY, TEXT_KEY
from review.records import MarkState, ReviewState, VerdictState
from review.store.gold import GoldRecord

IMAGE_TOKEN: Final = "<image>"
WEIGHTS: Final[Mapping[str, float]] = {"adjudicated": 1.0, "agreed": 0.9, "single": 0.6}
"""How much a row counts in training, by what its text stands on (project rule)."""
UNSURE_FACTOR: Final = 0.5
"""Factor where a reviewer could not tell the resting face from an expression."""
FACT_CODES: Final = frozenset(f"H{number}" for number in range(1, 10))
"""Codes that make a pair: errors of fact. H0 is boilerplate, S1 style, and M1 leaves something out."""
_SPACED_UNIT: Final = re.compile(r"\bAU[\s-]+(?=\d)")


class LeftOut(Exception):
    """A description gives no row of this kind; the message is the reason, the same words for the same reason."""


@dataclass(frozen=True)
class Candidate:
    """One description with everything that a release says about it.

    Attributes:
        id: of the description.
        row_id: its id in the file it was imported from.
        task: au or emotion.
        image: path of the picture, relative to the data root.
        image_sha256: of its bytes.
        split: of the picture.
        locked: whether the picture, or a near-duplicate of it, is evaluated.
        not_compared: why nobody knows whether it is such a near-duplicate; None where it was compared.
        planted: whether the description was handed out as a planted error.
        prompt: the question.
        text: the original.
        landmark: path of its prior, relative to the data root, or None.
        published_label: as written in an evaluation record, or None.
        origin_model: who wrote the text.
        origin_run: the run it came from; None for imported data.
        source: name of the imported file that the text comes from.
        claims: of the text.
        gold: current gold by target and key.
        reviewers: id of a review to its reviewer's id.
        guidelines: versions that its reviews were made under.
    """

    id: int
    row_id: str
    task: str
    image: str
    image_sha256: str
    split: str
    locked: bool
    not_compared: str | None
    planted: bool
    prompt: str
    text: str
    landmark: str | None
    published_label: str | None
    origin_model: str
    origin_run: str | None
    source: str
    claims: Sequence[TextClaim]
    gold: Mapping[tuple[str, str], GoldRecord]
    reviewers: Mapping[int, int]
    guidelines: tuple[str, ...]

    @property
    def text_gold(self) -> GoldRecord:
        """The gold of the corrected text.

        Raises:
            LeftOut: nobody has reviewed it, or people still differ.
        """
        found = self.gold.get(("text", TEXT_KEY))
        if found is None:
            raise LeftOut("no submitted review")
        if found.value is None:
            raise LeftOut("contested: waits for adjudication")
        return found

    def state(self) -> ReviewState:
        """Return the gold verdicts and marks as one review."""
        marks = (self.text_gold.value or {}).get("marks", [])
        verdicts = {
            int(key): VerdictState(**(gold.value or {}))
            for (target, key), gold in self.gold.items()
            if target == "claim" and gold.value is not None
        }
        return ReviewState(verdicts=verdicts, marks=tuple(MarkState(**mark) for mark in marks))


def training_row(candidate: Candidate) -> dict[str, Any]:
    """Return a record of FABA-Instruct's training form with the corrected answer and a ``weight``.

    Raises:
        LeftOut: it must not, or cannot, be trained on.
    """
    _check_trainable(candidate)
    gold = candidate.text_gold
    answer = written_units(_corrected(candidate))
    if any(claim.negated and claim.explicit and claim.action_unit is not None for claim in split_claims(answer)):
        raise LeftOut("the corrected text denies an action unit by number, which the published reader takes as present")
    weight = WEIGHTS[gold.basis] * (UNSURE_FACTOR if (gold.value or {}).get("baseline_unsure") else 1)
    row: dict[str, Any] = {"source": candidate.source, "image": candidate.image, "id": candidate.row_id}
    question = {"from": "human", "value": f"{_question(candidate)}\n{IMAGE_TOKEN}"}
    row["conversations"] = [question, {"from": "gpt", "value": answer}]
    if candidate.landmark is not None:
        row["landmark"] = candidate.landmark
    return row | {"weight": round(weight, 3)}


def preference_pair(candidate: Candidate) -> dict[str, Any]:
    """Return the corrected answer as preferred to the original, with the parts that differ.

    ``segments`` holds the parts as training reads them, ``changes`` each change with its error code.

    Raises:
        LeftOut: it must not be trained on, or no error of fact was corrected.
    """
    _check_trainable(candidate)
    chosen = _corrected(candidate)
    state = candidate.state()
    judged = [(verdict.code, verdict.severity) for verdict in state.verdicts.values() if verdict.verdict == "wrong"]
    judged += [(mark.code, mark.severity) for mark in state.marks]
    severities = [severity for code, severity in judged if code in FACT_CODES]
    if not severities:
        raise LeftOut("no error of fact was corrected")
    if chosen.strip() == candidate.text.strip():
        raise LeftOut("the corrected text is the original")
    changes = _changes(candidate, state, chosen)
    row: dict[str, Any] = {"id": candidate.row_id, "image": candidate.image}
    if candidate.landmark is not None:
        row["landmark"] = candidate.landmark
    return row | {
        "prompt": _question(candidate),
        "chosen": chosen,
        "rejected": candidate.text,
        "segments": {
            side: [list(change[side]) for change in changes if change[side][0] < change[side][1]]
            for side in ("chosen", "rejected")
        },
        "changes": changes,
        "severity": max((severity for severity in severities if severity is not None), default=None),
        "origin_model": candidate.origin_model,
    }


def benchmark_item(candidate: Candidate, gated: Collection[int] = ()) -> dict[str, Any]:
    """Return labels and reference of an evaluated picture, new ones and old ones.

    ``contested`` lists the action units that the label leaves open, so that the benchmark's strict protocol does not
    score them on this picture: people differ, too few people agree on the unit in general (``gated``), or, in a
    description of action units, nobody said whether it is there. The last ones are also listed as ``unscored``: what
    was not judged, or cannot be seen, is not absent (FACS keeps the three apart).

    Args:
        candidate: the description.
        gated: action units that do not pass the gates of :mod:`review.agreement_gates`.

    Raises:
        LeftOut: it is no published description of an evaluated picture, or people still differ.
    """
    if candidate.split != "eval":
        raise LeftOut("not an evaluation picture")
    if candidate.planted:
        raise LeftOut("a planted error")
    if candidate.origin_run is not None:
        raise LeftOut("a model's answer, not the published description")
    reference = written_units(_corrected(candidate))
    units = {key: gold for (target, key), gold in candidate.gold.items() if target == "unit"}
    seen = {key: gold.value for key, gold in sorted(units.items(), key=lambda unit: int(unit[0])) if gold.value}
    contested = {int(key) for key, gold in units.items() if gold.value is None}
    unscored = _unscored(seen) - contested if candidate.task == "au" else set()
    left_open = contested | unscored | ({*gated} if candidate.task == "au" else set())
    row: dict[str, Any] = {
        "id": candidate.row_id,
        "image": candidate.image,
        "sha256": candidate.image_sha256,
        "task": candidate.task,
        "label": _label(candidate, seen, left_open),
    }
    if candidate.task == "emotion":
        row["second"] = (candidate.gold["emotion", EMOTION_KEY].value or {}).get("second")
    row |= {
        "units": seen,
        "contested": sorted(left_open),
        "unscored": sorted(unscored),
        "reference": reference,
        "old_label": old_label(candidate.task, candidate.text, candidate.published_label),
        "old_reference": candidate.text,
        "prompt": _question(candidate),
    }
    return row | ({} if candidate.landmark is None else {"landmark": candidate.landmark})


def old_label(task: str, text: str, published: str | None) -> Any:
    """Return the published label, or what the original text says, or None when it says nothing.

    Emotions are class names with a capital, the form that the published evaluation reads.
    """
    if published is not None:
        return published.capitalize() if task == "emotion" else published
    if task == "emotion":
        label = read_emotion(text, "strict").label
        return None if label is None else label.capitalize()
    read = [reading.number for reading in read_action_units(text, "strict")]
    return read if read or states_no_action_unit(text) else None


def written_units(text: str) -> str:
    """Return a text with "AU 4" and "AU-4" as "AU4", the only form that the published reader takes."""
    return _SPACED_UNIT.sub("AU", text)


def _check_trainable(candidate: Candidate) -> None:
    if candidate.planted:
        raise LeftOut("a planted error")
    if candidate.split != "train":
        raise LeftOut("an evaluation picture")
    if candidate.locked:
        raise LeftOut("a near-duplicate of an evaluation picture")
    if candidate.not_compared is not None:
        raise LeftOut(candidate.not_compared)


def _corrected(candidate: Candidate) -> str:
    """Return the corrected text, once every error in it has its correction."""
    text = str((candidate.text_gold.value or {})["text"])
    state = candidate.state()
    derived, _ = apply_edits(candidate.text, candidate.claims, state)
    for claim in candidate.claims if text == derived else ():  # an adjudicator who wrote it all has seen to every claim
        verdict = state.verdicts.get(claim.id)
        is_open = verdict is not None and verdict.code in FACT_CODES and verdict.replacement is None
        if is_open and not any(_mends(mark, claim) for mark in state.marks):
            raise LeftOut("a claim is wrong and nobody wrote its correction")
    if not text.strip():
        raise LeftOut("nothing is left of the text")
    return text


def _mends(mark: MarkState, claim: TextClaim) -> bool:
    return mark.replacement is not None and mark.start < claim.end and claim.start < mark.end


def _question(candidate: Candidate) -> str:
    return candidate.prompt.replace(IMAGE_TOKEN, " ").strip()


def _changes(candidate: Candidate, state: ReviewState, chosen: str) -> list[dict[str, Any]]:
    """Return the changed parts in order; none when an adjudicator wrote the text as a whole."""
    derived, operations = apply_edits(candidate.text, candidate.claims, state)
    return [_change(operation) for operation in operations if operation.op != "keep"] if derived == chosen else []


def _change(operation: EditOp) -> dict[str, Any]:
    return {
        "chosen": (operation.new_start, operation.new_end),
        "rejected": (operation.old_start, operation.old_end),
        "code": operation.code,
        "severity": operation.severity,
    }


def _unscored(units: Mapping[str, Mapping[str, Any]]) -> set[int]:
    """Return the action units of which nobody said whether they are there."""
    scored = {int(key) for key, value in units.items() if value["state"] in ("present", "absent")}
    return set(ACTION_UNITS) - scored


def _label(candidate: Candidate, units: Mapping[str, Mapping[str, Any]], left_open: Collection[int]) -> Any:
    """Return the present units that count, or the emotion's name capitalised, as both reading protocols take them."""
    if candidate.task == "au":
        present = [int(key) for key, value in units.items() if value["state"] == "present"]
        return [unit for unit in present if unit not in left_open]
    emotion = candidate.gold.get(("emotion", EMOTION_KEY))
    if emotion is None or emotion.value is None:
        raise LeftOut("no emotion was labelled" if emotion is None else "contested: waits for adjudication")
    return str(emotion.value["label"]).capitalize()
