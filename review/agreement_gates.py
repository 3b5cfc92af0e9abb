"""Which action units people agree on well enough for the benchmark. Pure.

An action unit passes when Krippendorff's alpha of its presence, with the whole of its 95 % interval, is at least .667
(Krippendorff's bound for tentative conclusions) and its FACS agreement index at least .80 (what the literature on FACS
calls reliable). The index of a picture, twice the units that both people scored over all that either scored, is for one
unit over all pictures its positive agreement. A release marks what does not pass as contested. Where two people judged
too little to say, a unit is neither: single coding can be released, and the manifest says that it was not measured.
"""

from typing import Final, Literal

ALPHA_GATE: Final = 0.667
INDEX_GATE: Final = 0.80
ENOUGH: Final = 10
"""Pictures that two people must have judged before a unit can fail (our choice: one picture moves the index by .1)."""
Gate = Literal["passes", "contested", "not measured"]


def pass_gates(judged: int, alpha: float | None, low: float | None, index: float | None) -> tuple[Gate, str]:
    """Return whether an action unit passes, with the reason in words.

    Args:
        judged: pictures on which at least two people judged it.
        alpha: Krippendorff's alpha of present or absent, None where it is not defined.
        low: lower end of its 95 % interval.
        index: positive agreement, None where nobody said present.
    """
    if judged == 0:
        return "not measured", "Nobody judged it twice yet."
    if alpha is None or low is None or index is None:
        return "not measured", "Everybody said the same each time, so that agreement beyond chance cannot be measured."
    words = f"alpha {alpha:.2f}, from {low:.2f} (at least {ALPHA_GATE}), index {index:.2f} (at least {INDEX_GATE:.2f})"
    if judged < ENOUGH:
        return "not measured", f"Only {judged} of at least {ENOUGH} pictures were judged twice: {words}."
    if low >= ALPHA_GATE and index >= INDEX_GATE:
        return "passes", f"Passes: {words}."
    return "contested", f"Contested: {words}."
