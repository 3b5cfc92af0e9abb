"""Labels as the two protocols read them.

``paper`` follows the published code: emotions are whatever ``int()`` takes or a capitalised class name; action units
are text split at exactly ", ", so that "1,2,4" is empty and "1, 2, 4 " loses the 4. ``strict`` reads what is meant.
"""

import re
from typing import Any, Literal

from emola.answer import Protocol
from emola.answer.labels import LabelUnreadable, read_emotion_label, read_unit_label
from emola.taxonomy import ACTION_UNITS, EMOTIONS

__all__ = ["Label", "LabelUnreadable", "Task", "read_label", "unused_parts"]

Task = Literal["emotion", "au"]
Label = str | tuple[int, ...]


def read_label(raw: Any, task: Task, protocol: Protocol) -> Label:
    """Return the emotion name, or the action units of the taxonomy, ascending.

    A number that is no class is kept by ``paper`` (as "class 9"), as the published code counts it as a wrong answer.

    Raises:
        LabelUnreadable: the published code would stop here, or ``strict`` finds no meaning.
    """
    if task == "emotion":
        return _paper_emotion(raw) if protocol == "paper" else read_emotion_label(raw)
    return _paper_units(raw) if protocol == "paper" else read_unit_label(raw)


def unused_parts(raw: Any, label: Label, protocol: Protocol) -> tuple[str, ...]:
    """Return the parts of a label of action units, as written, that its reading does not hold; none for an emotion.

    Args:
        raw: the label as written; the protocol reads it.
        label: what was read of it, without the units that the data set does not code.
        protocol: by which it was read.
    """
    if isinstance(label, str):
        return ()
    text = raw if isinstance(raw, str) else ", ".join(map(str, raw))
    if protocol == "paper":
        kept = set(map(str, label))
        return tuple(part for part in dict.fromkeys(text.split(", ")) if part and part not in kept)
    return tuple(part for part in dict.fromkeys(re.findall(r"\d+", text)) if int(part) not in label)


def _paper_emotion(raw: Any) -> str:
    try:
        index = int(raw)
    except (TypeError, ValueError, OverflowError):
        name = raw.lower() if isinstance(raw, str) else ""
        if name not in EMOTIONS or raw != name.capitalize():
            raise LabelUnreadable(f"the published code stops at the label {raw!r}") from None
        return name
    return EMOTIONS[index] if 0 <= index < len(EMOTIONS) else f"class {index}"


def _paper_units(raw: Any) -> tuple[int, ...]:
    if isinstance(raw, list):
        raw = ", ".join(str(unit) for unit in raw)
    if not isinstance(raw, str):
        raise LabelUnreadable(f"the published code stops at the label {raw!r}")
    written = set(raw.split(", "))
    return tuple(number for number in ACTION_UNITS if str(number) in written)
