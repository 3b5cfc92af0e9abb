"""Labels read as they are meant: the ``strict`` reading of what data sets and people write down beside a picture."""

import re
from typing import Any

from emola.taxonomy import ACTION_UNITS, EMOTIONS

_UNIT = re.compile(r"(?:AU)?\s*0*([1-9]\d?)", re.IGNORECASE)
"""FACS numbers action units and descriptors from 1 to 98."""


class LabelUnreadable(ValueError):
    """A label has no meaning under a protocol; the message is the reason."""


def read_emotion_label(raw: Any) -> str:
    """Return the emotion of a label: its name in any case, or its number in the taxonomy.

    Raises:
        LabelUnreadable: it is neither.
    """
    text = str(raw).strip().lower()
    if text in EMOTIONS:
        return text
    if not isinstance(raw, bool) and re.fullmatch(r"\d{1,3}", text) and int(text) < len(EMOTIONS):
        return EMOTIONS[int(text)]
    raise LabelUnreadable(f"the label {raw!r} is neither an emotion nor a number from 0 to {len(EMOTIONS) - 1}")


def read_unit_label(raw: Any) -> tuple[int, ...]:
    """Return the action units of a label (a list, or text with any usual separator) that the taxonomy has, ascending.

    Raises:
        LabelUnreadable: it is neither text nor a list, or a part of it is no action unit.
    """
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
