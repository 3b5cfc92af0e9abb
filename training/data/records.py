"""One record of a FABA-Instruct JSON: its shape, its texts and labels, and safe paths. Nothing is opened here.

Two forms are read, as published. Training: ``source, image, id, conversations, landmark``, the conversation being one
question (``from: human``) and one answer (``from: gpt``). Evaluation: ``image, label, gpt4, landmark``; the question is
the fixed one of its task and the label is an emotion (name or number) or action-unit numbers ("1, 2, 4").
"""

import re
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final, Literal

from emola.prompt import IMAGE_TOKEN, QUESTIONS
from emola.taxonomy import EMOTIONS

Task = Literal["emotion", "au"]
_NUMBERS: Final = re.compile(r"\s*\d+(\s*,\s*\d+)*\s*")


class RecordFault(Exception):
    """A record cannot be used.

    Attributes:
        kind: short name of the fault, under which it is counted.
        detail: what was found and what was expected.
    """

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


def text_field(record: dict[str, Any], key: str) -> str:
    """Return a text of a record.

    Raises:
        RecordFault: when it is missing or no text.
    """
    value = record.get(key)
    if not isinstance(value, str):
        found = f"it is {type(value).__name__}" if key in record else "it is missing"
        raise RecordFault("wrong type", f"{key!r} must be text, but {found}")
    return value


def record_id(record: dict[str, Any]) -> str:
    """Return the id of a record; a number counts as text, and without an id the image path is one.

    Raises:
        RecordFault: when it is something else.
    """
    value = record.get("id", record.get("image"))
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise RecordFault("wrong type", f"'id' must be text or a whole number, not {value!r}")
    return value


def question_and_answer(record: dict[str, Any], task: Task) -> tuple[str, str]:
    """Return question (without the image placeholder) and answer of a record of either form.

    Raises:
        RecordFault: when they are missing, empty or not one of each.
    """
    if "conversations" in record:
        question, answer = _turns(record["conversations"])
    else:
        question, answer = QUESTIONS[task], text_field(record, "gpt4").strip()
    question = question.replace(IMAGE_TOKEN, " ").strip()
    if not question:
        raise RecordFault("empty question", "the human turn holds no words")
    if not answer:
        raise RecordFault("empty answer", "the answer holds no words")
    return question, answer


def weight_of(record: dict[str, Any]) -> float:
    """Return what a record counts in training beside others: its ``weight``, 1 when it has none.

    Review releases give less to descriptions that fewer people judged.

    Raises:
        RecordFault: when it is no number above 0 and at most 1.
    """
    value = record.get("weight", 1.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise RecordFault("wrong weight", f"'weight' must be a number above 0 and at most 1, not {value!r}")
    return float(value)


def labels_of(record: dict[str, Any], task: Task) -> dict[str, Any]:
    """Return the label of an evaluation record: ``{"emotion": name}``, ``{"action_units": [...]}`` or nothing.

    Raises:
        RecordFault: when the label means nothing.
    """
    if "label" not in record:
        return {}
    text = str(record["label"]).strip()
    if task == "emotion":
        names = {name: name for name in EMOTIONS} | {str(number): name for number, name in enumerate(EMOTIONS)}
        if text.lower() not in names:
            raise RecordFault("wrong label", f"{text!r} is no emotion; expected 0 to 6 or one of {', '.join(EMOTIONS)}")
        return {"emotion": names[text.lower()]}
    if text and not _NUMBERS.fullmatch(text):
        raise RecordFault("wrong label", f"{text!r} is no list of action units like '1, 2, 4'")
    return {"action_units": sorted({int(number) for number in re.findall(r"\d+", text)})}


def safe_path(root: Path, written: str) -> Path:
    """Return the file that a record names, inside the data root.

    Args:
        root: the resolved data root.
        written: path as it stands in the JSON, relative to the root.

    Raises:
        RecordFault: when it is empty, absolute, climbs with ``..``, or leads out of the root through a link.
    """
    pure = PurePosixPath(written.replace("\\", "/"))
    if not written.strip() or "\0" in written:
        raise RecordFault("path outside the root", f"{written!r} names no file")
    if pure.is_absolute() or PureWindowsPath(written).drive:
        raise RecordFault(
            "path outside the root", f"{written!r} is absolute; expected a path relative to the data root"
        )
    if ".." in pure.parts:
        raise RecordFault("path outside the root", f"{written!r} climbs with '..'")
    try:
        path = (root / pure).resolve()
        path.exists()  # a name that no file system takes shows here
    except (OSError, ValueError, RuntimeError) as error:
        raise RecordFault("path outside the root", f"{written[:80]!r} is no usable path") from error
    if not path.is_relative_to(root):
        raise RecordFault("path outside the root", f"{written!r} is a link that leaves the data root")
    return path


def _turns(conversations: Any) -> tuple[str, str]:
    """Return the one question and the one answer of a conversation."""
    expected = "expected one human and one gpt turn with text in 'value'"
    if not isinstance(conversations, list) or len(conversations) != 2:
        count = f"{len(conversations)} turns" if isinstance(conversations, list) else type(conversations).__name__
        raise RecordFault("wrong conversation", f"found {count}; {expected}")
    values = []
    for turn, speaker in zip(conversations, ("human", "gpt"), strict=True):
        if not isinstance(turn, dict) or turn.get("from") != speaker or not isinstance(turn.get("value"), str):
            raise RecordFault("wrong conversation", expected)
        values.append(turn["value"].strip())
    return values[0], values[1]
