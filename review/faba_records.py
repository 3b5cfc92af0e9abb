"""One record of a FABA-Instruct JSON, checked field by field; nothing is opened here."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from emola.answer import normalise
from emola.taxonomy import EMOTIONS

IMAGE_TOKEN = "<image>"
"""Where the picture stands in a question, as in LLaVA and FABA-Instruct."""

QUESTIONS = {"emotion": "What emotions are conveyed by this face?", "au": "What AUs are conveyed by this face?"}
"""The fixed questions of FABA-Bench, which its evaluation records leave out."""

TEXT_LIMIT = 20_000
"""Longest answer taken, in code points; GPT-4V's longest possible answer (4,096 tokens) is shorter."""
FIELD_LIMIT = 1_000
"""Longest id, path, label or question taken, in code points."""
_SHOWN = 80
_EMOTION_WORDS = re.compile(r"emotion|feeling|mood|affect", re.IGNORECASE)
_UNIT_WORDS = re.compile(r"\bAUs?\b|action units?|muscle", re.IGNORECASE)


class RecordFault(Exception):
    """A record cannot be used; the message says what was found and what was expected, without a full stop."""


@dataclass(frozen=True)
class FabaRecord:
    """What a record says.

    Attributes:
        row_id: its id, or its image path where it has none (evaluation form).
        image: path of the picture with forward slashes, relative to the image folder.
        task: ``au`` or ``emotion``.
        split: train, eval or probe.
        prompt: the question without the image token.
        text: the answer in NFC.
        landmark: path of the published prior, or None.
        label: the published label of an evaluation record as text, or None.
    """

    row_id: str
    image: str
    task: str
    split: str
    prompt: str
    text: str
    landmark: str | None = None
    label: str | None = None


def guess_task(file_name: str) -> str | None:
    """Return the task that a file name tells ("train_au_anno.json"), or None."""
    words = re.split(r"[^a-z]+", file_name.lower())
    found = [task for task in ("au", "emotion") if task in words]
    return found[0] if len(found) == 1 else None


def guess_split(file_name: str) -> str | None:
    """Return the split that a file name tells ("eval_emotion_anno.json"), or None."""
    words = re.split(r"[^a-z]+", file_name.lower())
    found = [split for split in ("train", "eval") if split in words]
    return found[0] if len(found) == 1 else None


def read_record(raw: Any, split: str | None, task: str | None) -> FabaRecord:
    """Return a checked record.

    Args:
        raw: as it came out of the JSON.
        split: of the file; None decides by the form.
        task: of the file; None decides by the question.

    Raises:
        RecordFault: the first thing that is not as it must be.
    """
    if not isinstance(raw, dict):
        raise RecordFault(f"a record must be a JSON object, not {type(raw).__name__}")
    image = _path(raw, "image")
    row_id = _row_id(raw, image)
    training = "conversations" in raw
    question, answer = _turns(raw["conversations"]) if training else (None, checked_answer(raw.get("gpt4"), "gpt4"))
    task = task or _task_of(question)
    landmark = None if raw.get("landmark") is None else _text(raw["landmark"], "landmark", FIELD_LIMIT)
    return FabaRecord(
        row_id=row_id,
        image=image,
        task=task,
        split=split or ("train" if training else "eval"),
        prompt=question or QUESTIONS[task],
        text=answer,
        landmark=landmark,
        label=_label(raw, task),
    )


def short(text: str) -> str:
    """Return the start of a text that may be very long."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text):,} characters)"


def _text(value: Any, name: str, limit: int) -> str:
    """Return a text field, or raise with its name."""
    if not isinstance(value, str):
        raise RecordFault(f"{name!r} must be text, not {type(value).__name__}")
    if len(value) > limit:
        raise RecordFault(f"{name!r} has {len(value):,} characters; at most {limit:,} are taken")
    if "\0" in value:
        raise RecordFault(f"{name!r} holds a NUL character")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise RecordFault(f"{name!r} holds half a surrogate pair, which is no character") from None
    return value


def _row_id(raw: dict[str, Any], image: str) -> str:
    value = raw.get("id", image)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    text = _text(value, "id", FIELD_LIMIT)
    if not text.strip():
        raise RecordFault("'id' is empty")
    return text


def _path(raw: dict[str, Any], name: str) -> str:
    """Return a relative path in one spelling, or raise when it may leave the folder."""
    if name not in raw:
        raise RecordFault(f"{name!r} is missing")
    written = _text(raw[name], name, FIELD_LIMIT)
    pure = PurePosixPath(written.replace("\\", "/"))
    if not written.strip() or pure == PurePosixPath("."):
        raise RecordFault(f"{name!r} names no file")
    if pure.is_absolute() or PureWindowsPath(written).drive:
        raise RecordFault(f"the path {short(written)!r} is absolute; expected one relative to the image folder")
    if ".." in pure.parts:
        raise RecordFault(f"the path {short(written)!r} climbs with '..'; it must stay in the image folder")
    return pure.as_posix()


def _turns(conversations: Any) -> tuple[str, str]:
    """Return the one question, without the image token, and the one answer."""
    expected = "'conversations' must hold one human and one gpt turn with text in 'value'"
    if not isinstance(conversations, list) or len(conversations) != 2:
        found = f"{len(conversations)} turns" if isinstance(conversations, list) else type(conversations).__name__
        raise RecordFault(f"{expected}, not {found}")
    for turn, speaker in zip(conversations, ("human", "gpt"), strict=True):
        if not isinstance(turn, dict) or turn.get("from") != speaker:
            raise RecordFault(expected)
    question = _text(conversations[0].get("value"), "question", FIELD_LIMIT).replace(IMAGE_TOKEN, " ").strip()
    if not question:
        raise RecordFault("the question holds no words")
    return question, checked_answer(conversations[1].get("value"), "answer")


def checked_answer(value: Any, name: str) -> str:
    """Return a description in NFC without white space around it.

    Raises:
        RecordFault: it is no text, empty, too long, or holds what no database stores.
    """
    text = normalise(_text(value, name, TEXT_LIMIT)).strip()
    if not text:
        raise RecordFault(f"{name!r} holds no words")
    return text


def _task_of(question: str | None) -> str:
    """Return the task of a question that names exactly one."""
    asked = question or ""
    named = [t for t, words in (("emotion", _EMOTION_WORDS), ("au", _UNIT_WORDS)) if words.search(asked)]
    if len(named) != 1:
        raise RecordFault("neither the file's name nor the question tells the task; name it 'au' or 'emotion'")
    return named[0]


def _label(raw: dict[str, Any], task: str) -> str | None:
    """Return the published label as text; an emotion's number as its name."""
    value = raw.get("label")
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    label = _text(value, "label", FIELD_LIMIT).strip()
    if task == "emotion":
        names = {name: name for name in EMOTIONS} | {str(number): name for number, name in enumerate(EMOTIONS)}
        if label.lower() not in names:
            raise RecordFault(f"the label {short(label)!r} is no emotion; expected 0 to 6 or {', '.join(EMOTIONS)}")
        return names[label.lower()]
    if label and not re.fullmatch(r"\d+(\s*,\s*\d+)*", label):
        raise RecordFault(f"the label {short(label)!r} is no list of action units such as '1, 2, 4'")
    return label
