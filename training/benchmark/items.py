"""Predictions to be scored: one JSON object a line with ``id``, ``prediction``, ``reference``, ``label``, ``group``.

``contested`` lists action units that the reviewers of a face have not settled; "strict" leaves them out for that face.
``status`` and ``reason`` are those of ``run``: "cut off" for an answer that reached the limit, and why there is none.
``task``, also written by ``run``, keeps emotion labels 1 to 6 from being read as action units.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emola.errors import InputError

_SHOWN = 5
_CUT_OFF = "cut off"
_TEXTS = ("prediction", "reference", "group", "reason", "task")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE_LEFT = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Item:
    """One prediction with its label as written.

    Attributes:
        id: unique among the items.
        prediction: None where generation failed.
        reference: text to compare with, or None.
        label: as written, for the protocols to read.
        group: subject or another group (a whole number is taken as text), or None.
        reason: why there is no prediction, or None.
        contested: numbers of action units that the label leaves open.
        cut_off: whether the answer ended at the limit of its length.
        task: what was asked for ("emotion" or "au"), or None where the line does not say.
    """

    id: str | int
    prediction: str | None
    reference: str | None
    label: Any
    group: str | None = None
    reason: str | None = None
    contested: tuple[int, ...] = ()
    cut_off: bool = False
    task: str | None = None


def read_items(path: Path) -> list[Item]:
    """Read a JSONL file of predictions.

    Raises:
        InputError: one sentence with the numbers of the first lines that are no such object or repeat an id.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise InputError(f"The predictions {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise InputError(f"The predictions {path} are no UTF-8 text (at byte {error.start}).") from None
    items, problems = [], []
    seen: set[str] = set()  # as text, because comparisons and reviews name items by it
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            item = _item(line)
            if str(item.id) in seen:
                raise ValueError(f"the id {item.id} occurs twice")
        except ValueError as error:
            problems.append(f"line {number}: {error}")
            continue
        seen.add(str(item.id))
        items.append(item)
    if problems:
        more = f" (and {len(problems) - _SHOWN} more)" if len(problems) > _SHOWN else ""
        raise InputError(f"The predictions {path} are not usable: {'; '.join(problems[:_SHOWN])}{more}.")
    if not items:
        raise InputError(f"The predictions {path} hold no item; expected one JSON object a line.")
    return items


def _item(line: str) -> Item:
    """Read one line, or raise ValueError with the reason."""
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON ({error.msg})") from None
    except RecursionError:
        raise ValueError("lists or objects nested too deeply") from None
    except ValueError:
        raise ValueError("a number of thousands of digits") from None
    if _SURROGATE.search(line) and _SURROGATE_LEFT.search(json.dumps(row, ensure_ascii=False)):
        raise ValueError("half of a surrogate pair (\\ud800 to \\udfff), which is no character")
    if not isinstance(row, dict):
        raise ValueError("no JSON object")
    missing = [key for key in ("id", "prediction", "label") if key not in row]
    if missing:
        raise ValueError(f"without {', '.join(missing)}")
    if isinstance(row["id"], bool) or not isinstance(row["id"], str | int):
        raise ValueError("the id is neither text nor a whole number")
    if isinstance(row.get("group"), int) and not isinstance(row["group"], bool):
        row["group"] = str(row["group"])
    for key in _TEXTS:
        if not isinstance(row.get(key), str | None):
            raise ValueError(f"the {key} is neither text nor null")
    contested = row.get("contested") or []
    if not isinstance(contested, list) or not all(type(number) is int for number in contested):
        raise ValueError("contested is no list of action-unit numbers")
    return make_item({**row, "contested": contested})


def make_item(row: Mapping[str, Any]) -> Item:
    """Return a line of predictions, whose values are known to be right, as an item."""
    texts = {key: row.get(key) for key in _TEXTS}
    contested, cut_off = tuple(row.get("contested") or ()), row.get("status") == _CUT_OFF
    return Item(id=row["id"], label=row["label"], contested=contested, cut_off=cut_off, **texts)


def check_output(path: Path, *others: Path) -> None:
    """Make sure before any work that a file can be written; its folder is made.

    Raises:
        InputError: it cannot, or it is one of ``others``, which it would overwrite.
    """
    if any(path.resolve() == other.resolve() for other in others):
        raise InputError(f"{path} is named twice, and would be overwritten; give every output a name of its own.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise InputError(f"The file {path} cannot be written: {error.strerror}.") from None


def write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write one JSON object a line, UTF-8.

    Raises:
        InputError: when the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    except OSError as error:
        raise InputError(f"The file {path} cannot be written: {error.strerror}.") from None
