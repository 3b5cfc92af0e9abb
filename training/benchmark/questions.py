"""What a benchmark run asks: one question about one picture, with the label and reference to hold the answer against.

A record that cannot be asked (no picture named, a path that leaves the data root) stays a question with its ``fault``:
it is recorded as failed and stays in the denominator.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from emola.errors import InputError
from emola.prompt import QUESTIONS
from training.data.records import RecordFault, Task, record_id, safe_path, text_field


@dataclass(frozen=True)
class Question:
    """One item of a benchmark.

    Attributes:
        id: unique within its task; a second record with an id gets ``#2`` behind it.
        task: what is asked for.
        text: the question, without the image placeholder.
        image_name: path of the picture as written, relative to the data root.
        image: absolute path, or None with a ``fault``.
        prior: absolute path of the ``.npy`` that the record names (it need not exist), or None.
        reference: text to compare the answer with, or None.
        label: as written, for the protocols to read.
        group: subject or another group that scores are also given for, or None.
        contested: action units that the label leaves open (review releases).
        fault: why it cannot be asked, or None.
    """

    id: str
    task: Task
    text: str
    image_name: str = ""
    image: Path | None = None
    prior: Path | None = None
    reference: str | None = None
    label: Any = None
    group: str | None = None
    contested: tuple[int, ...] = ()
    fault: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Task and id, unique in a run."""
        return self.task, self.id

    @property
    def prior_is_missing(self) -> bool:
        """Whether the record names a prior file that is not there."""
        return self.prior is not None and not self.prior.is_file()


def read_records(path: Path) -> list[Any]:
    """Return the records of a JSON list.

    Raises:
        InputError: the file is missing, no JSON, no list, or empty.
    """
    try:
        records = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read as JSON: {error}.") from None
    if records == []:
        raise InputError(f"{path} holds an empty list; there is nothing to ask.")
    if not isinstance(records, list):
        raise InputError(f"{path} must hold a list of evaluation records, each with image, label, gpt4 and landmark.")
    return records


def faba_questions(records: Iterable[Any], root: Path, task: Task) -> list[Question]:
    """Return the questions of FABA evaluation records (``image``, ``label``, ``gpt4``, ``landmark``).

    Args:
        records: as read from the JSON.
        root: the resolved data root that their paths start from.
        task: which fixed question to ask.
    """
    found = (_faba_question(record, f"record {number}", root, task) for number, record in enumerate(records, start=1))
    return unique_ids(found)


def unique_ids(questions: Iterable[Question]) -> list[Question]:
    """Return the questions with the second, third ... of an id renamed to ``ID#2``, ``ID#3`` ..., so none is lost."""
    seen: set[str] = set()
    result = []
    for question in questions:
        name, number = question.id, 1
        while name in seen:
            number += 1
            name = f"{question.id}#{number}"
        seen.add(name)
        result.append(replace(question, id=name))
    return result


def _faba_question(record: Any, place: str, root: Path, task: Task) -> Question:
    """Return one record as a question, with its fault when it cannot be asked."""
    question = Question(place, task, QUESTIONS[task])
    if not isinstance(record, Mapping):
        return replace(question, fault=f"a record must be an object, not a {type(record).__name__}")
    reference = record.get("gpt4")
    question = replace(
        question,
        label=record.get("label"),
        reference=reference if isinstance(reference, str) else None,
        group=str(record["group"]) if record.get("group") is not None else None,
    )
    try:
        question = replace(question, id=record_id(dict(record)), image_name=text_field(dict(record), "image"))
        image = safe_path(root, question.image_name)
        prior = safe_path(root, text_field(dict(record), "landmark")) if record.get("landmark") else None
        contested = _contested(record)
    except RecordFault as fault:
        return replace(question, fault=str(fault))
    return replace(question, image=image, prior=prior, contested=contested)


def _contested(record: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the action units that a record leaves open, or raise its fault."""
    numbers = record.get("contested") or []
    if not isinstance(numbers, list) or not all(type(number) is int for number in numbers):
        raise RecordFault("bad record", f"contested must be a list of action-unit numbers, not {numbers!r}")
    return tuple(numbers)
