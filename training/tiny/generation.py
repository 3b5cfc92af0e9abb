"""Answers of a model about many faces at once, greedily."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from emola.errors import InputError
from emola.faces.priors.prior import Prior
from emola.model import EmolaForConditionalGeneration, EmolaProcessor
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
            with torch.inference_mode():
                ids = self.model.generate(  # type: ignore[misc]
                    **inputs, do_sample=False, max_new_tokens=MAX_TOKENS[task]
                )
            texts += self.processor.batch_decode(ids, prompt_length=inputs["input_ids"].shape[1])
        return texts


def load_answerer(folder: Path) -> Answerer:
    """Return the model in a folder, in fp32 on the CPU.

    Raises:
        InputError: the folder holds no model.
    """
    if not (folder / "config.json").is_file():
        raise InputError(f"{folder} holds no model: config.json is missing.")
    model = EmolaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    model.eval()  # type: ignore[no-untyped-call]
    return Answerer(model, EmolaProcessor.from_pretrained(folder, local_files_only=True))
