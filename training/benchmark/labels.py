"""Labels as the two protocols read them.

``paper`` follows the published code: emotions are whatever ``int()`` takes or a capitalised class name; action units
are text split at exactly ", ", so that "1,2,4" is empty and "1, 2, 4 " loses the 4. ``strict`` reads what is meant.
"""

import re
from typing import Any, Literal

from emola.answer import Protocol
from emola.taxonomy import ACTION_UNITS, EMOTIONS

Task = Literal["emotion", "au"]
Label = str | tuple[int, ...]

_UNIT = re.compile(r"(?:AU)?\s*0*(\d+)", re.IGNORECASE)


class LabelUnreadable(ValueError):
    """A protocol cannot read a label; the message is the reason."""


def read_label(raw: Any, task: Task, protocol: Protocol) -> Label:
    """Return the emotion name, or the action units of the taxonomy, ascending.

    A number that is no class is kept by ``paper`` (as "class 9"), as the published code counts it as a wrong answer.

    Raises:
        LabelUnreadable: the published code would stop here, or ``strict`` finds no meaning.
    """
    if task == "emotion":
        return _paper_emotion(raw) if protocol == "paper" else _strict_emotion(raw)
    return _paper_units(raw) if protocol == "paper" else _strict_units(raw)


def _paper_emotion(raw: Any) -> str:
    try:
        index = int(raw)
    except (TypeError, ValueError, OverflowError):
        name = raw.lower() if isinstance(raw, str) else ""
        if name not in EMOTIONS or raw != name.capitalize():
            raise LabelUnreadable(f"the published code stops at the label {raw!r}") from None
        return name
    return EMOTIONS[index] if 0 <= index < len(EMOTIONS) else f"class {index}"


def _strict_emotion(raw: Any) -> str:
    text = str(raw).strip().lower()
    if text in EMOTIONS:
        return text
    if not isinstance(raw, bool) and text.isdecimal() and int(text) < len(EMOTIONS):
        return EMOTIONS[int(text)]
    raise LabelUnreadable(f"the label {raw!r} is neither an emotion nor a number from 0 to {len(EMOTIONS) - 1}")


def _paper_units(raw: Any) -> tuple[int, ...]:
    if isinstance(raw, list):
        raw = ", ".join(str(unit) for unit in raw)
    if not isinstance(raw, str):
        raise LabelUnreadable(f"the published code stops at the label {raw!r}")
    written = set(raw.split(", "))
    return tuple(number for number in ACTION_UNITS if str(number) in written)


def _strict_units(raw: Any) -> tuple[int, ...]:
    if isinstance(raw, str):
        raw = [part for part in re.split(r"[\s,;+]+(?=\S)", raw.strip(" ,;")) if part.upper() != "AU"]
    if not isinstance(raw, list):
        raise LabelUnreadable(f"the label {raw!r} is neither text nor a list of action units")
    numbers = set()
    for part in raw:
        match = _UNIT.fullmatch(str(part).strip()) if part != "" and not isinstance(part, bool) else None
        if part != "" and match is None:
            raise LabelUnreadable(f"the label {raw!r} holds {part!r}, which is no action unit")
        if match:
            numbers.add(int(match.group(1)))
    return tuple(number for number in ACTION_UNITS if number in numbers)
