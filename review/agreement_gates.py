"""Which action units people agree on well enough for the benchmark. Pure.

An action unit passes when Krippendorff's alpha of its presence is at least .667 (Krippendorff's bound for tentative
conclusions) and its positive agreement, which is the FACS agreement index of one unit, at least .80 (what the
literature on FACS calls reliable). Otherwise a release marks it as contested.
"""

from typing import Final

ALPHA_GATE: Final = 0.667
INDEX_GATE: Final = 0.80


def pass_gates(judged: int, alpha: float | None, index: float | None) -> tuple[bool, str]:
    """Return whether an action unit passes, with the reason in words.

    Args:
        judged: pictures on which at least two people judged it.
        alpha: Krippendorff's alpha of present or absent, None where it is not defined.
        index: positive agreement, None where nobody said present.
    """
    if judged == 0:
        return False, "Nobody judged it twice yet."
    if alpha is None or index is None:
        return False, "Everybody said the same each time, so that agreement beyond chance cannot be measured."
    words = f"alpha {alpha:.2f} (at least {ALPHA_GATE}), index {index:.2f} (at least {INDEX_GATE:.2f})"
    passes = alpha >= ALPHA_GATE and index >= INDEX_GATE
    return passes, f"{'Passes' if passes else 'Contested'}: {words}."
