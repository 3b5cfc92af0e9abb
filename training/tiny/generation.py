"""Answers of a model about many faces at once, greedily."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from emola.errors import InputError
from emola.faces.priors.prior import Prior
from emola.model import EmolaForConditionalGeneration, EmolaProcessor
from emola.model.loading import load_model
from emola.prompt import QUESTIONS
from training.tiny.answers import Task

Mode = Literal["both", "image", "prior"]
MODES: tuple[Mode, ...] = ("both", "image", "prior")
"""What a model may be given: the picture and the prior, or one of them."""

MAX_TOKENS: dict[Task, int] = {"emotion": 130, "au": 300}
_BATCH = 125


@dataclass(frozen=True)
class Answerer:
    """A model with its processor."""

    model: EmolaForConditionalGeneration
    processor: EmolaProcessor

    def answer(
        self, task: Task, mode: Mode, crops: Sequence[NDArray[np.uint8]], priors: NDArray[np.float32], name: str = ""
    ) -> list[str]:
        """Return one answer per face to the fixed question of a task.

        Args:
            task: "emotion" or "au".
            mode: which inputs the model gets.
            crops: pictures cut as the model expects.
            priors: (N, D) of the model's recipe.
            name: text beside the progress bar.
        """
        prompt = self.processor.build_prompt(QUESTIONS[task])
        texts: list[str] = []
        for start in tqdm(range(0, len(crops), _BATCH), desc=name or f"{mode} {task}", unit="batch"):
            part = slice(start, start + _BATCH)
            vectors = [Prior(values, self.processor.prior_recipe) for values in priors[part]]
            inputs = self.processor(
                [prompt] * len(vectors),
                images=list(crops[part]) if mode != "prior" else None,
                priors=vectors if mode != "image" else None,
            )
            texts += self.processor.batch_decode(greedy(self.model, inputs, MAX_TOKENS[task]), prompt_length=0)
        return texts


@torch.inference_mode()
def greedy(model: EmolaForConditionalGeneration, inputs: Mapping[str, Tensor], most: int) -> Tensor:
    """Return what ``model.generate`` says greedily to prompts of one length; finished rows are no longer computed.

    Texts of very different lengths take less than half the time that way.

    Args:
        model: to ask.
        inputs: as the processor makes them, without padding.
        most: tokens of an answer at most.

    Returns:
        (B, T) int64 token ids of the answers, end tokens to the right of each.
    """
    end = model.generation_config.eos_token_id
    given = {key: value for key, value in inputs.items() if key != "attention_mask"}
    output = model(**given, use_cache=True, logits_to_keep=1)
    said = torch.full((len(inputs["input_ids"]), most), end)
    rows = torch.arange(len(said))
    for step in range(most):
        chosen = output.logits[:, -1].argmax(-1)
        said[rows, step] = chosen
        going = chosen != end
        if step + 1 == most or not going.any():
            break
        cache = output.past_key_values
        if not going.all():
            rows, chosen = rows[going], chosen[going]
            cache.batch_select_indices(torch.nonzero(going).flatten())
        output = model(input_ids=chosen[:, None], past_key_values=cache, use_cache=True)
    return said[:, : step + 1]


def load_answerer(folder: Path) -> Answerer:
    """Return the model in a folder, in fp32 on the CPU.

    Raises:
        InputError: the folder holds no model, or one that is damaged.
    """
    if not (folder / "config.json").is_file():
        raise InputError(f"{folder} holds no model: config.json is missing.")
    loaded = load_model(folder, device="cpu", dtype=torch.float32)
    return Answerer(loaded.model, loaded.processor)
