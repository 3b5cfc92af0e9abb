"""Stage 5: the answers learn to say what the model itself reads, unit by unit.

A greedy answer takes the likeliest text, not the likeliest units. Where ten units are each seen with a chance of one
in four, a text that names none of them is less likely than one that names the likeliest, so lists came out too long: on
48 photographs, prior alone, texts named 50 units rightly and 47 wrongly, while the head on the last prompt token of the
same model read 44 rightly and 19 wrongly. In this stage answers are therefore written from what that head reads, each
unit for itself. Both answers about a face then also rest on one reading: the emotion is the one that the read units
imply.
"""

import copy
from typing import Any

import torch
from torch import Tensor

from emola.prompt import QUESTIONS
from emola.taxonomy import ACTION_UNITS
from training.synthetic.truth import Truth, UnitTruth, exclusive_pairs, label_emotion
from training.tiny.answers import encode_prompt
from training.tiny.language import LanguageTrainee
from training.tiny.tower import ROWS_OF_IMAGE

READ_INTENSITY = 0.35
"""Intensity told of a unit that is read and not there: slight (B), as what is hardly seen is mostly slight."""


class Reader:
    """Reads faces with a frozen copy of a trainee, and tells them as it reads them.

    Args:
        trainee: at the end of the stage before; a copy of it stays as it is now, so that a resumed run reads the same.
        tokenizer: of the model.
    """

    def __init__(self, trainee: LanguageTrainee, tokenizer: Any) -> None:
        self._trainee = copy.deepcopy(trainee).eval()
        self._tokenizer = tokenizer

    @torch.no_grad()
    def __call__(self, pixels: Tensor | None, prior: Tensor | None, truths: list[Truth]) -> list[Truth]:
        """Return what is read of each face.

        Args:
            pixels: (B, 3, 112, 112), or None for the prior alone.
            prior: (B, 212), or None for the picture alone.
            truths: what the B faces show.
        """
        rows = ROWS_OF_IMAGE * (pixels is not None) + (prior is not None)
        prompt = torch.tensor(encode_prompt(self._tokenizer, QUESTIONS["au"], rows))
        logits = self._trainee.read_units(prompt.expand(len(truths), -1), pixels, prior)
        return [told_as_read(truth, row) for truth, row in zip(truths, logits.tolist(), strict=True)]


def told_as_read(truth: Truth, logits: list[float]) -> Truth:
    """Return a face as it is read: the units that are more likely there than not, and the emotion they imply.

    Units that are there keep their intensity and side. What the picture hides is never told, and of two units that one
    face cannot show together the less likely is left out.

    Args:
        truth: what the face shows.
        logits: (20,) of the action units in the order of the taxonomy.
    """
    chances = dict(zip(ACTION_UNITS, logits, strict=True))
    read = {number for number, chance in chances.items() if chance > 0} - truth.hidden
    for pair in exclusive_pairs():
        if read.issuperset(pair):
            read.remove(min(pair, key=chances.__getitem__))
    visible = truth.visible()
    units = {number: visible.get(number, UnitTruth(READ_INTENSITY)) for number in sorted(read)}
    return Truth(units, *label_emotion(units), truth.occlusion)
