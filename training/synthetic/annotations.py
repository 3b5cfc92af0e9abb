"""The text files of one split of a rendered data set: questions and answers, truth, planted errors.

Train rows have the form of FABA-Instruct's training files (``conversations``, ``source``, ``image``, ``id``,
``landmark``), eval rows that of its evaluation files (``image``, ``label``, ``gpt4``, ``landmark``). The label of an
eval row is the truth, whatever its text says. A line of ``errors.jsonl`` is one planted error; wrong rows look like all
others.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from emola.prompt import IMAGE_TOKEN
from emola.taxonomy import EMOTIONS
from training.synthetic.store import truth_to_json
from training.synthetic.text import ask, compose_action_units, compose_emotion, note_action_units, note_emotion
from training.synthetic.text.action_units import UnitDescription
from training.synthetic.text.emotions import EmotionDescription
from training.synthetic.text.questions import Task
from training.synthetic.truth import Truth
from training.synthetic.wrong import Code, WrongAnswer, WrongPlan, choose_wrong

Form = Literal["usual", "full", "brief"]
"""Forms of descriptions: as EmoLA-tiny says them; action units as long as in FABA-Instruct; codes and letters only."""

_TASKS: tuple[Task, ...] = ("au", "emotion")


@dataclass(frozen=True)
class FaceEntry:
    """A face of the data set.

    Attributes:
        identifier: id of its rows.
        image: path of the picture in the data set.
        prior: path of the prior in the data set.
        truth: what it shows.
        pose_deg: yaw, pitch and roll.
        seed: of its texts.
        form: of its descriptions.
    """

    identifier: str
    image: str
    prior: str
    truth: Truth
    pose_deg: dict[str, float]
    seed: tuple[int, ...]
    form: Form = "usual"


@dataclass(frozen=True)
class _Draft:
    """A correct description before it becomes a row."""

    face: FaceEntry
    task: Task
    description: UnitDescription | EmotionDescription
    question: str


@dataclass(frozen=True)
class SplitTexts:
    """What is written of one split.

    Attributes:
        files: content by file name.
        planted: how many errors of each code.
        wrong: how many descriptions hold errors.
        asked: how many were to hold errors.
    """

    files: dict[str, str]
    planted: Counter[Code]
    wrong: int
    asked: int


def split_texts(
    faces: Sequence[FaceEntry], split: str, source: str, wrong: WrongPlan, seed: Sequence[int]
) -> SplitTexts:
    """Return the files of a split.

    Args:
        faces: of the split, in order.
        split: "train" or "eval".
        source: name of the data set in train rows.
        wrong: share of wrong descriptions.
        seed: of their choice.
    """
    drafts = [draft for face in faces for draft in _drafts(face)]
    composed = [(draft.description, draft.face.truth) for draft in drafts]
    answers = choose_wrong(composed, wrong, seed) if wrong.share else {}
    rows: dict[Task, list[dict[str, Any]]] = {task: [] for task in _TASKS}
    errors: list[dict[str, Any]] = []
    for position, draft in enumerate(drafts):
        planted = answers.get(position)
        text = planted.text if planted else draft.description.text
        rows[draft.task].append(_eval_row(draft, text) if split == "eval" else _train_row(draft, text, source))
        errors += _error_rows(draft, planted) if planted else []
    files = {f"{split}_{task}_anno.json": json.dumps(rows[task], indent=1, ensure_ascii=False) for task in _TASKS}
    files["truth.jsonl"] = _lines(_truth_row(face) for face in faces)
    if wrong.share:
        files["errors.jsonl"] = _lines(errors)
    planted_codes = Counter(error["code"] for error in errors)
    return SplitTexts(files, planted_codes, len(answers), wrong.count(len(drafts)))


def _drafts(face: FaceEntry) -> list[_Draft]:
    """Compose both descriptions of a face and draw their questions, each from the state behind the descriptions."""
    rng = np.random.default_rng(face.seed)
    emotion, units = compose_emotion(face.truth, rng), compose_action_units(face.truth, rng, full=face.form == "full")
    if face.form == "brief":
        emotion, units = note_emotion(face.truth), note_action_units(face.truth)
    state = rng.bit_generator.state
    drafts = []
    for task in _TASKS:
        rng.bit_generator.state = state
        drafts.append(_Draft(face, task, units if task == "au" else emotion, ask(task, rng)))
    return drafts


def _lines(rows: Iterable[dict[str, Any]]) -> str:
    """Return rows as JSONL."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _truth_row(face: FaceEntry) -> dict[str, Any]:
    """Return what is known of a face."""
    return {"id": face.identifier, **truth_to_json(face.truth), "pose_deg": face.pose_deg}


def _train_row(draft: _Draft, answer: str, source: str) -> dict[str, Any]:
    """Return one entry in the training form."""
    face = draft.face
    turns = [{"from": "human", "value": f"{draft.question}\n{IMAGE_TOKEN}"}, {"from": "gpt", "value": answer}]
    paths = {"image": face.image, "landmark": face.prior}
    return {"source": source, "id": face.identifier, "conversations": turns, **paths}


def _eval_row(draft: _Draft, answer: str) -> dict[str, Any]:
    """Return one entry in the evaluation form."""
    face, truth = draft.face, draft.face.truth
    label = ", ".join(map(str, truth.visible())) if draft.task == "au" else str(EMOTIONS.index(truth.emotion))
    return {"image": face.image, "landmark": face.prior, "label": label, "gpt4": answer}


def _error_rows(draft: _Draft, answer: WrongAnswer) -> list[dict[str, Any]]:
    """Return one object for each error of a wrong answer."""
    edits = [[edit.start, edit.end, edit.text] for edit in answer.edits]
    return [
        {
            "id": draft.face.identifier,
            "image": draft.face.image,
            "task": draft.task,
            "code": error.code,
            "start": error.start,
            "end": error.end,
            "action_unit": error.action_unit,
            "said": error.said,
            "right": error.right,
            "correct_text": answer.correct_text,
            "edits": edits,
        }
        for error in answer.errors
    ]
