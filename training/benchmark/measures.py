"""The figures that stand beside S_re and S_ge, in the words that the terminal and the report share."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

_SHARES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "accuracy": "accuracy",
        "macro_f1": "macro F1",
        "macro_f1_all": "macro F1 of all {coded} units",
        "micro_f1_all": "micro F1 of all {coded} units",
        "micro_f1_scored": "micro F1 of the {scored} scored units",
        "balanced_accuracy": "balanced accuracy",
    }
)
_AGREEMENT: Final[Mapping[str, str]] = MappingProxyType({"kappa": "kappa", "mcc": "MCC"})
_ROUGES: Final[Mapping[str, str]] = MappingProxyType(
    {"pltrdy_l": "ROUGE-L pltrdy", "google_l": "ROUGE-L Google", "google_lsum": "ROUGE-Lsum Google"}
)


def recognition_measures(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return name and value of what stands beside S_re: shares from 0 to 100, kappa and MCC up to 1, and unknowns.

    Args:
        report: as ``score`` returns it.
    """
    sizes = {name: len(numbers) for name, numbers in report.get("units", {}).items() if isinstance(numbers, list)}
    shares = [(words.format(**sizes), _text(report[key], 100)) for key, words in _SHARES.items() if key in report]
    agreement = [(words, _text(report[key], 1)) for key, words in _AGREEMENT.items() if key in report]
    return [*shares, *agreement, ("unknown answers", str(report["counts"]["unknown"]["count"]))]


def rouge_measures(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return name and value (0 to 100) of every ROUGE-L; the one that makes S_ge is marked."""
    used = report["rouge"]["s_ge_uses"]
    return [
        (words + (" (S_ge)" if key == used else ""), _text(report["rouge"][key], 100)) for key, words in _ROUGES.items()
    ]


def _text(value: float | None, factor: float) -> str:
    return "not defined" if value is None else f"{factor * value:.2f}"
