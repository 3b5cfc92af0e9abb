"""The items of a run, one by one: which are wrong on what, and which changed between two runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from emola.answer import Protocol
from training.benchmark.labels import Label
from training.benchmark.outcomes import Outcome
from training.benchmark.report_results import TaskResult

Show = Literal["all", "wrong", "failed", "flipped"]
SHOWS: Final[dict[Show, str]] = {"all": "All", "wrong": "Wrong", "failed": "No answer", "flipped": "Flipped"}


@dataclass(frozen=True)
class ReadItem:
    """One item of a run: its line of the predictions, and what the protocol makes of it.

    Attributes:
        row: the line of the predictions.
        outcome: how it was read.
        other: how the same item was read in the run that this one is compared with; None without one.
    """

    row: dict[str, Any]
    outcome: Outcome
    other: Outcome | None = None

    def is_right(self, about: str | None = None) -> bool:
        """Say whether answer and label agree, on one emotion or action unit (its number as text) or on everything."""
        return _agrees(self.outcome, about)

    def flipped(self, about: str | None = None) -> bool:
        """Say whether one of the two runs is right and the other wrong; False without a second run."""
        return self.other is not None and _agrees(self.outcome, about) != _agrees(self.other, about)

    def names(self, about: str) -> bool:
        """Say whether answer or label names an emotion or action unit."""
        return any(about in _names(label) for label in (self.outcome.predicted, self.outcome.label))


def select_items(
    result: TaskResult, protocol: Protocol, show: Show, about: str | None, other: TaskResult | None = None
) -> list[ReadItem]:
    """Return items of a run in the order of its data.

    Args:
        result: the task of the run.
        protocol: how answers are read.
        show: "all", "wrong", "failed" (there is no answer) or "flipped" (right in one run, wrong in the other).
        about: only items whose answer or label names this emotion or action unit, and judge them by it alone.
        other: the same task of the run to compare with.
    """
    outcomes = result.judged[protocol].outcomes
    beside = {} if other is None else {str(o.id): o for o in other.judged[protocol].outcomes}
    items = [
        ReadItem(row, outcome, beside.get(str(outcome.id))) for row, outcome in zip(result.rows, outcomes, strict=True)
    ]
    return [item for item in items if _fits(item, show, about)]


def missed_and_invented(outcome: Outcome) -> tuple[list[int], list[int]]:
    """Return the action units that the label has and the answer lacks, and the other way round."""
    said, meant = (set(label) if isinstance(label, tuple) else set() for label in (outcome.predicted, outcome.label))
    return sorted(meant - said), sorted(said - meant)


def _fits(item: ReadItem, show: Show, about: str | None) -> bool:
    if about is not None and not item.names(about) and not (show == "flipped" and item.flipped(about)):
        return False
    if show == "failed":
        return item.outcome.status == "failed"
    if show == "flipped":
        return item.flipped(about)
    return show == "all" or not item.is_right(about)


def _agrees(outcome: Outcome, about: str | None) -> bool:
    if about is None:
        return outcome.label is not None and outcome.predicted == outcome.label and outcome.status == "read"
    return (about in _names(outcome.predicted)) == (about in _names(outcome.label))


def _names(label: Label | None) -> Sequence[str]:
    if label is None:
        return ()
    return (label,) if isinstance(label, str) else [str(number) for number in label]
