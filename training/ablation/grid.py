"""The cells of an ablation: tokens the model reads x parts that are tuned.

The rows and columns are those of EmoLA's ablation tables (arXiv 2404.05052): the prior token H_p, the vision tokens H_v
or both; the prior projector g alone, LoRA and the visual projector h, or all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from training.config import PARTS

Tokens = Literal["prior", "vision", "both"]
Tuned = Literal["prior-projector", "lora+projector", "all"]
Inputs = Literal["prior", "image", "both"]

TOKENS: tuple[Tokens, ...] = get_args(Tokens)
TUNED: tuple[Tuned, ...] = get_args(Tuned)

INPUTS: dict[Tokens, Inputs] = {"prior": "prior", "vision": "image", "both": "both"}
"""What ``model.inputs`` is called for each choice of tokens."""

_TUNED_PARTS: dict[Tuned, frozenset[str]] = {
    "prior-projector": frozenset({"prior_projector"}),
    "lora+projector": frozenset({"lora", "visual_projector"}),
    "all": frozenset(PARTS),
}
_BLIND: dict[Tokens, frozenset[str]] = {
    "prior": frozenset({"visual_projector"}),
    "vision": frozenset({"prior_projector"}),
    "both": frozenset(),
}


@dataclass(frozen=True)
class Cell:
    """One cell of the table.

    Attributes:
        tokens: what the model reads.
        tuned: the column.
        parts: what is trained of it: parts that would see no input are left out.
    """

    tokens: Tokens
    tuned: Tuned
    parts: tuple[str, ...]

    @property
    def run_name(self) -> str:
        """Name of the run behind this cell; cells that train the same have the same."""
        return "-".join((self.tokens, *self.parts))


def make_cells(tokens: Sequence[Tokens], tuned: Sequence[Tuned]) -> list[Cell]:
    """Return the cells that train anything, in the order of the table.

    Without a prior the prior projector cannot be tuned, so "vision" has no cell "prior-projector", and its other two
    are one and the same run.
    """
    cells = []
    for row in tokens:
        for column in tuned:
            parts = tuple(part for part in PARTS if part in _TUNED_PARTS[column] - _BLIND[row])
            if parts:
                cells.append(Cell(row, column, parts))
    return cells
