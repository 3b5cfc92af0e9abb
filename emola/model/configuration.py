"""Configuration of an EmoLA model: LLaVA's, plus what the prior is and how pictures and prompts must be made."""

from dataclasses import field
from typing import Any, Final, Literal

from huggingface_hub.dataclasses import strict
from transformers import CLIPVisionConfig, LlavaConfig

from emola.prompt import get_conversation

ModelInputs = Literal["both", "prior", "image"]
RELIABILITY: Final = ("supported", "uncertain", "not reliable")
"""How well an action unit was measured to be seen on photographs, best first."""


@strict
class EmolaConfig(LlavaConfig):  # type: ignore[no-untyped-call]
    """LLaVA's configuration and the contract of the facial prior.

    The recipe is part of the checkpoint: a model reads only priors made the way its training priors were made.

    Attributes:
        prior_recipe: name of the recipe that makes the prior vector (``emola.faces.priors``).
        prior_dim: how many numbers that vector has.
        crop_recipe: name of the recipe that cuts the face out of the picture (``emola.faces.crops``).
        conversation: prompt template, a key of ``emola.prompt.CONVERSATIONS``.
        real_vocab_size: how many vocabulary rows stand for real tokens; rows from here on only pad the matrix (or are
            the image placeholder) and can never be generated. None when every row is real.
        inputs: what the checkpoint is meant to be given by default: the picture, the prior or both.
        action_unit_reliability: action-unit number (as text) to how well the model was measured to see it on
            photographs: "supported", "uncertain" or "not reliable".
        display_name: what to call the model on a page; empty for the folder's name.
        image_seq_length: patch rows of one picture; with a CLIP vision tower it is computed, not read.
    """

    model_type = "emola"

    prior_recipe: str = "emola-2024"
    prior_dim: int = 212
    crop_recipe: str = "square-pad"
    conversation: str = "vicuna_v1"
    real_vocab_size: int | None = None
    inputs: ModelInputs = "both"
    action_unit_reliability: dict[str, str] = field(default_factory=dict)
    display_name: str = ""

    def __post_init__(self, **kwargs: Any) -> None:
        """Complete the sub-configurations and check the fields that EmoLA adds.

        Raises:
            ValueError: for a field that no model could honour; the message names it.
        """
        super().__post_init__(**kwargs)  # type: ignore[no-untyped-call]
        if isinstance(self.vision_config, CLIPVisionConfig):
            self.image_seq_length = _clip_rows(self.vision_config, self.vision_feature_select_strategy)
        get_conversation(self.conversation)
        if self.prior_dim < 1:
            raise ValueError(f"prior_dim must be at least 1, not {self.prior_dim}.")
        self._check_vocabulary()
        self._check_reliability()

    @property
    def image_size(self) -> int:
        """Side in pixels of the square picture that the vision tower reads."""
        return int(self.vision_config.image_size)  # type: ignore[union-attr]

    @property
    def uses_image(self) -> bool:
        """Whether this checkpoint is meant to be given the picture."""
        return self.inputs != "prior"

    @property
    def uses_prior(self) -> bool:
        """Whether this checkpoint is meant to be given the prior."""
        return self.inputs != "image"

    def _check_vocabulary(self) -> None:
        """Raise when the real tokens would not fit into the vocabulary rows."""
        rows = self.get_text_config().vocab_size
        if self.real_vocab_size is not None and not 0 < self.real_vocab_size <= rows:
            raise ValueError(
                f"real_vocab_size must lie between 1 and the {rows} vocabulary rows, not {self.real_vocab_size}."
            )

    def _check_reliability(self) -> None:
        """Raise for a key that is no action-unit number or a level without meaning."""
        for number, level in self.action_unit_reliability.items():
            if not number.isdigit() or level not in RELIABILITY:
                raise ValueError(
                    "action_unit_reliability must map action-unit numbers to one of "
                    f"{', '.join(RELIABILITY)}, not {number!r} to {level!r}."
                )


def _clip_rows(vision_config: CLIPVisionConfig, strategy: str) -> int:
    """Return the rows a CLIP tower gives: one per patch, and the class row when ``strategy`` keeps it."""
    image_size, patch_size = vision_config.image_size, vision_config.patch_size
    if not isinstance(image_size, int) or not isinstance(patch_size, int):
        raise ValueError(f"The vision tower must read square pictures, not {image_size} with patches of {patch_size}.")
    side = image_size // patch_size
    return side * side + (strategy == "full")
