"""Which items were not simply scored, and the words for it that the terminal and the report share."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from emola.answer import Protocol
from training.benchmark.outcomes import MAIN_ROUGE, Outcome

_REASONS_KEPT: Final = 20

_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unparsed": "unparsed",
        "unknown": "unknown",
        "failed": "failed",
        "cut_off": "cut off",
        "skipped_label": "with unreadable labels",
        "label_parts_dropped": "with parts of the label not used",
        "without_reference": "without a reference",
        "rouge_undefined": "without a defined ROUGE-L",
        "contested_units": "with contested units",
        "uncoded_units": "naming units that the data do not code",
    }
)
"""Kind of item to the words behind their number; kinds that are the sum of others are not named."""


def count_items(outcomes: Sequence[Outcome], protocol: Protocol) -> dict[str, Any]:
    """Return how many items were not simply scored, with their ids and the reasons.

    "unparsed": the published code stops at the answer; "unknown": it states no label; "failed": there is none;
    "cut_off": it reached the limit of its length; "skipped_label": out of S_re, because the label cannot be read;
    "label_parts_dropped": part of the label was not read; "skipped_rouge": out of S_ge, either "without_reference" or
    "rouge_undefined" for the pair; "contested_units" and "uncoded_units": some action units were not judged.
    """
    kinds = {"unparsed": "crash", "unknown": "unknown", "failed": "failed"}
    listed = {name: [o.id for o in outcomes if o.status == status] for name, status in kinds.items()}
    listed["cut_off"] = [o.id for o in outcomes if o.cut_off]
    listed["skipped_label"] = [o.id for o in outcomes if o.label is None]
    listed["label_parts_dropped"] = [o.id for o in outcomes if o.unused_label_parts]
    skipped = [o for o in outcomes if o.rouge[MAIN_ROUGE[protocol]] is None]
    listed["skipped_rouge"] = [o.id for o in skipped]
    listed["without_reference"] = [o.id for o in skipped if not o.has_reference]
    listed["rouge_undefined"] = [o.id for o in skipped if o.has_reference and o.status != "failed"]
    listed["contested_units"] = [o.id for o in outcomes if o.contested]
    listed["uncoded_units"] = [o.id for o in outcomes if o.uncoded]
    return {
        **{name: {"count": len(ids), "ids": ids} for name, ids in listed.items()},
        "label_errors": _most_common(o.label_error for o in outcomes),
        "label_parts": _most_common(part for o in outcomes for part in o.unused_label_parts),
        "failure_reasons": _most_common(o.reason for o in outcomes if o.status == "failed"),
    }


def counts_in_words(counts: Mapping[str, Any]) -> str:
    """Return the numbers of items that were not simply scored, "" when there are none."""
    return ", ".join(f"{counts[name]['count']} {words}" for name, words in _WORDS.items() if counts[name]["ids"])


def _most_common(texts: Iterable[str | None]) -> dict[str, int]:
    return dict(Counter(text for text in texts if text).most_common(_REASONS_KEPT))
