"""EmolaProcessor: prompts, face pictures and priors to the tensors that the model reads.

It is saved beside the model and holds the model's input contract: which recipe made the prior, how many rows one
picture has, and which prompt template was trained. A vector made by another recipe is refused here.
"""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from transformers import BatchFeature, CLIPImageProcessorPil, ProcessorMixin

from emola.errors import PriorError
from emola.model.configuration import EmolaConfig
from emola.model.tokenization import LABEL_IGNORED, encode_example, encode_prompt
from emola.prompt import IMAGE_TOKEN, build_prompt


class EmolaProcessor(ProcessorMixin):
    """Make model inputs from prompts, RGB face crops and priors.

    Args:
        image_processor: CLIP's. Whatever class comes in, Pillow's arithmetic is used, as in training: torchvision's
            differs by rounding and is not needed.
        tokenizer: the language model's.
        image_token_index: id of the image placeholder, ``config.image_token_index``.
        num_image_tokens: patch rows of one picture, ``config.image_seq_length``.
        prior_recipe: recipe of the priors that the model reads.
        prior_dim: how many numbers such a prior has.
        crop_recipe: recipe that cuts the face out; pictures given to the processor must already be cut.
        conversation: prompt template.
        inputs: what the checkpoint is meant to be given: "both", "prior" or "image".

    Raises:
        ValueError: if the tokenizer has another id for ``<image>``.
    """

    def __init__(
        self,
        image_processor: Any = None,
        tokenizer: Any = None,
        image_token_index: int = 32000,
        num_image_tokens: int = 576,
        prior_recipe: str = "emola-2024",
        prior_dim: int = 212,
        crop_recipe: str = "square-pad",
        conversation: str = "vicuna_v1",
        inputs: str = "both",
    ) -> None:
        known = tokenizer.get_vocab().get(IMAGE_TOKEN, image_token_index)
        if known != image_token_index:
            raise ValueError(f"The tokenizer has {IMAGE_TOKEN} as {known}, but the model as {image_token_index}.")
        self.image_token_index = image_token_index
        self.num_image_tokens = num_image_tokens
        self.prior_recipe = prior_recipe
        self.prior_dim = prior_dim
        self.crop_recipe = crop_recipe
        self.conversation = conversation
        self.inputs = inputs
        super().__init__(_with_pillow(image_processor), tokenizer)  # type: ignore[no-untyped-call]

    @classmethod
    def from_config(cls, config: EmolaConfig, tokenizer: Any, image_processor: Any = None) -> Self:
        """Return the processor that fits ``config``; without ``image_processor``, CLIP's at the tower's size."""
        side = config.image_size
        if image_processor is None:
            image_processor = CLIPImageProcessorPil(
                size={"shortest_edge": side}, crop_size={"height": side, "width": side}
            )
        return cls(
            image_processor,
            tokenizer,
            image_token_index=config.image_token_index,
            num_image_tokens=config.image_seq_length,
            prior_recipe=config.prior_recipe,
            prior_dim=config.prior_dim,
            crop_recipe=config.crop_recipe,
            conversation=config.conversation,
            inputs=config.inputs,
        )

    @property
    def model_input_names(self) -> list[str]:
        """Names of the tensors that a call may return."""
        return ["input_ids", "attention_mask", "pixel_values", "prior"]

    @property
    def pad_token_id(self) -> int:
        """Id that fills short prompts: the tokenizer's, else "unknown" as EmoLA did, else the end token."""
        tokenizer = self.tokenizer
        for token_id in (tokenizer.pad_token_id, tokenizer.unk_token_id, tokenizer.eos_token_id):
            if token_id is not None:
                return int(token_id)
        raise ValueError("The tokenizer has no padding, unknown or end token, so prompts cannot be padded.")

    def build_prompt(self, question: str) -> str:
        """Return the prompt for one question in this model's conversation template."""
        return build_prompt(question, self.conversation)

    def __call__(
        self,
        prompts: str | Sequence[str],
        images: Sequence[npt.NDArray[np.uint8]] | None = None,
        priors: Sequence[Any] | None = None,
        answers: Sequence[str] | None = None,
        return_tensors: str = "pt",
    ) -> BatchFeature:
        """Return the tensors of a batch, padded on the left.

        Args:
            prompts: texts with exactly one ``<image>`` each, as :meth:`build_prompt` makes them; one text counts as
                a batch of one.
            images: RGB uint8 (height, width, 3) of any size, one per prompt, cut by ``crop_recipe``; or None.
            priors: objects with ``values`` (float, ``prior_dim`` numbers) and ``recipe``, one per prompt; or None.
            answers: texts to learn, one per prompt; with them the result has ``labels``.
            return_tensors: only "pt".

        Returns:
            input_ids and attention_mask int64 (B, T); pixel_values float32 (B, 3, H, W); prior float32 (B, D);
            labels int64 (B, T), -100 except on the answer and its end token.

        Raises:
            PriorError: for a prior of another recipe or length, or with NaN or infinity.
            ValueError: for a wrong number of placeholders, pictures, priors or answers, or a picture that is not
                RGB uint8.
        """
        if return_tensors != "pt":
            raise ValueError(f"return_tensors can only be 'pt', not {return_tensors!r}.")
        prompts = [prompts] if isinstance(prompts, str) else list(prompts)
        if not prompts:
            raise ValueError("There are no prompts; give at least one.")
        for name, given in (("pictures", images), ("priors", priors), ("answers", answers)):
            if given is not None and len(given) != len(prompts):
                raise ValueError(f"There are {len(prompts)} prompts but {len(given)} {name}; give one each.")
        batch = self._encode(prompts, answers, self.count_rows(images is not None, priors is not None))
        if images is not None:
            batch["pixel_values"] = self._stack_images(images)
        if priors is not None:
            batch["prior"] = torch.from_numpy(np.stack([self._check_prior(prior) for prior in priors]))
        return BatchFeature(batch)

    def count_rows(self, image: bool, prior: bool) -> int:
        """Return how many rows the image span has with a picture, a prior, or both.

        Raises:
            ValueError: if there is neither.
        """
        if not image and not prior:
            raise ValueError("EmoLA needs a picture of a face, a prior, or both; neither was given.")
        return self.num_image_tokens * image + prior

    def batch_decode(self, sequences: Any, prompt_length: int = 0, **kwargs: Any) -> list[str]:
        """Return the texts of generated sequences, without prompt and control tokens.

        Args:
            sequences: ids (B, T) that ``generate`` returned.
            prompt_length: columns of ``input_ids`` that went in; what comes after is new.
            **kwargs: passed on to the tokenizer.
        """
        options = {"skip_special_tokens": True, "clean_up_tokenization_spaces": False, **kwargs}
        texts: list[str] = self.tokenizer.batch_decode([row[prompt_length:] for row in sequences], **options)
        return [text.strip() for text in texts]

    def _encode(self, prompts: Sequence[str], answers: Sequence[str] | None, rows: int) -> dict[str, Tensor]:
        """Tokenise and pad: input_ids, attention_mask and, with answers, labels."""
        if answers is None:
            encoded = [encode_prompt(self.tokenizer, prompt, self.image_token_index, rows) for prompt in prompts]
            return self._pad(encoded)
        pairs = [
            encode_example(self.tokenizer, prompt, answer, self.image_token_index, rows)
            for prompt, answer in zip(prompts, answers, strict=True)
        ]
        return {
            **self._pad([ids for ids, _ in pairs]),
            "labels": _pad_left([labels for _, labels in pairs], LABEL_IGNORED),
        }

    def _pad(self, encoded: list[list[int]]) -> dict[str, Tensor]:
        """Return input_ids and attention_mask of id lists of different lengths."""
        return {
            "input_ids": _pad_left(encoded, self.pad_token_id),
            "attention_mask": _pad_left([[1] * len(ids) for ids in encoded], 0),
        }

    def _stack_images(self, images: Sequence[npt.NDArray[np.uint8]]) -> Tensor:
        """Resize, crop and normalise RGB pictures to one tensor."""
        for image in images:
            if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
                found = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
                raise ValueError(f"A picture must be RGB uint8 of shape (height, width, 3), not {found}.")
        batch = self.image_processor(list(images), input_data_format="channels_last", return_tensors="pt")
        pixels: Tensor = batch["pixel_values"]
        return pixels

    def _check_prior(self, prior: Any) -> npt.NDArray[np.float32]:
        """Return the numbers of a prior as float32 (D,), or raise PriorError."""
        recipe = getattr(prior, "recipe", None)
        if recipe is None:
            raise PriorError(f"A prior must say which recipe made it, but a bare {type(prior).__name__} was given.")
        if recipe != self.prior_recipe:
            raise PriorError(
                f"This prior was made by the recipe {recipe!r}, but the model was trained on {self.prior_recipe!r}: "
                "compute it again with the model's recipe."
            )
        with np.errstate(over="ignore"):  # what does not fit float32 becomes infinite and is refused below
            values = np.asarray(prior.values, dtype=np.float32)
        if values.shape != (self.prior_dim,):
            raise PriorError(f"The prior has shape {values.shape}, but this model reads {self.prior_dim} numbers.")
        if not np.isfinite(values).all():
            bad = int((~np.isfinite(values)).sum())
            raise PriorError(f"The prior holds {bad} numbers that are NaN or infinite; compute it again.")
        return values


def _with_pillow(image_processor: Any) -> Any:
    """Return the same CLIP image processor on Pillow's arithmetic; other kinds unchanged."""
    if type(image_processor).__name__ == "CLIPImageProcessor":
        return CLIPImageProcessorPil.from_dict(image_processor.to_dict())
    return image_processor


def _pad_left(rows: list[list[int]], filler: int) -> Tensor:
    """Return lists of ids as int64 (B, longest), filled on the left."""
    longest = max(len(row) for row in rows)
    return torch.tensor([[filler] * (longest - len(row)) + row for row in rows], dtype=torch.int64)
