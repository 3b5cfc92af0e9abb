"""One prediction read and compared with its reference under a protocol."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from emola.answer import Protocol, read_action_unit_states, read_action_units, read_emotion, states_no_action_unit
from training.benchmark.items import Item
from training.benchmark.labels import Label, LabelUnreadable, Task, read_label, unused_parts
from training.benchmark.rouge_l import RougeUndefined, google_rouge_l, google_rouge_lsum, pltrdy_rouge_l
from training.data.unit_lists import UnitList, unit_list

Status = Literal["read", "unknown", "crash", "failed"]

MAIN_ROUGE: dict[Protocol, str] = {"paper": "pltrdy_l", "strict": "google_l"}
"""The ROUGE-L that makes S_ge under each protocol."""

_REMEMBERED: Final = 1 << 14
"""Texts whose reading is kept: a report reads each answer under two protocols and against old and new references."""


@dataclass(frozen=True)
class Outcome:
    """What a protocol makes of one item.

    ``status``: "read"; "unknown" (the answer states no label); "crash" (the published code stops at the answer);
    "failed" (there is no answer). ``label`` is None, with ``label_error``, where the label cannot be read. ``rouge``
    holds F of each ROUGE-L, None where it is not defined for this pair. ``contested`` holds action units that are
    neither in ``predicted`` nor in ``label`` because people have not settled them ("strict" only), ``uncoded`` those
    that the answer named and the data set does not code, ``unused_label_parts`` what of the label was not read.
    ``cut_off`` says that the answer reached the limit of its length, ``reason`` why there is none.
    """

    id: str | int
    predicted: Label | None
    label: Label | None
    status: Status
    rouge: dict[str, float | None]
    label_error: str | None = None
    group: str | None = None
    contested: tuple[int, ...] = ()
    uncoded: tuple[int, ...] = ()
    unused_label_parts: tuple[str, ...] = ()
    has_reference: bool = True
    cut_off: bool = False
    reason: str | None = None

    def row(self, protocol: Protocol) -> dict[str, Any]:
        """Return the line of ITEMS.jsonl."""
        as_json = [list(x) if isinstance(x, tuple) else x for x in (self.predicted, self.label)]
        return {
            "id": self.id,
            "predicted": as_json[0],
            "label": as_json[1],
            "rouge_l": self.rouge[MAIN_ROUGE[protocol]],
            "status": self.status,
        }


def judge(item: Item, task: Task, protocol: Protocol, units: UnitList | None = None) -> Outcome:
    """Read one item; never raises for any text or label.

    White space around the answer is taken off first, as the published evaluation does before it reads or compares.

    Args:
        item: to be read.
        task: "emotion" or "au".
        protocol: by which.
        units: the action units of the data set; those of FABA-Bench if None.
    """
    text = None if item.prediction is None else item.prediction.strip()
    predicted, status = _predicted(text, task, protocol)
    label, label_error = None, None
    try:
        label = read_label(item.label, task, protocol)
    except LabelUnreadable as error:
        label_error = str(error)
    coded = (units or unit_list(None)).coded
    uncoded = tuple(n for n in predicted if n not in coded) if isinstance(predicted, tuple) else ()
    predicted, label = (_kept(read, lambda n: n in coded) for read in (predicted, label))
    unused = () if label is None else unused_parts(item.label, label, protocol)
    contested = item.contested if task == "au" and protocol == "strict" else ()
    predicted, label = (_kept(read, lambda n: n not in contested) for read in (predicted, label))
    return Outcome(
        item.id,
        predicted,
        label,
        status,
        _rouges(text, item.reference, protocol),
        label_error,
        item.group,
        contested,
        uncoded,
        unused,
        bool((item.reference or "").strip()),
        item.cut_off,
        item.reason,
    )


def _kept(label: Label | None, keep: Callable[[int], bool]) -> Label | None:
    """Return a label with those of its action units that are kept; an emotion as it is."""
    return tuple(filter(keep, label)) if isinstance(label, tuple) else label


def _predicted(text: str | None, task: Task, protocol: Protocol) -> tuple[Label | None, Status]:
    """Return the label that the answer states; action units are an empty tuple where it states none."""
    if text is None:
        return None if task == "emotion" else (), "failed"
    return _read(text, task, protocol)


@lru_cache(_REMEMBERED)
def _read(prediction: str, task: Task, protocol: Protocol) -> tuple[Label | None, Status]:
    if task == "emotion":
        reading = read_emotion(prediction, protocol)
        return reading.label, reading.status
    units = tuple(unit.number for unit in read_action_units(prediction, protocol))
    if protocol == "paper" or units:
        return units, "read"
    spoken = read_action_unit_states(prediction) or states_no_action_unit(prediction)
    return units, "read" if spoken else "unknown"


def _rouges(text: str | None, reference: str | None, protocol: Protocol) -> dict[str, float | None]:
    """Return F of every ROUGE-L; a missing answer scores 0 with ``strict`` and is left out with ``paper``."""
    if reference is None or text is None:
        missing = 0.0 if protocol == "strict" and (reference or "").strip() else None
        return {"pltrdy_l": missing, "google_l": missing, "google_lsum": missing}
    pltrdy, google, google_sum = _rouge_l(text, reference)
    if not reference.strip():
        return {"pltrdy_l": pltrdy, "google_l": None, "google_lsum": None}
    return {"pltrdy_l": pltrdy, "google_l": google, "google_lsum": google_sum}


@lru_cache(_REMEMBERED)
def _rouge_l(prediction: str, reference: str) -> tuple[float | None, float, float]:
    """Return F of the published ROUGE-L, None where its package raises, and of Google's L and Lsum."""
    try:
        pltrdy = pltrdy_rouge_l(prediction, reference).f
    except RougeUndefined:
        pltrdy = None
    return pltrdy, google_rouge_l(prediction, reference).f, google_rouge_lsum(prediction, reference).f
