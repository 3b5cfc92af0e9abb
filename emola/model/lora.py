"""Which parts of the model LoRA training touches: the language model's linears, and both projectors in full.

Source: EmoLA's training scripts (rank 128, alpha 256, dropout 0.05, every linear of the language model but the head).
The vision tower has layers called ``q_proj`` too, hence a pattern that starts at the language model.
"""

from typing import Final

from peft import LoraConfig

LORA_TARGET_MODULES: Final = (
    r".*\blanguage_model\.layers\.\d+\.(self_attn\.(q_proj|k_proj|v_proj|o_proj)|mlp\.(gate_proj|up_proj|down_proj))"
)
"""Full-match pattern for the seven linears of every language-model layer, and nothing else."""

TRAINED_PROJECTORS: Final = ("multi_modal_projector", "prior_projector")
"""Modules trained in full beside LoRA and saved with the adapter."""


def lora_config(rank: int = 128, alpha: int = 256, dropout: float = 0.05) -> LoraConfig:
    """Return the peft configuration EmoLA was trained with, or the same with other sizes.

    Args:
        rank: rank of the update matrices.
        alpha: the update is scaled by alpha / rank.
        dropout: probability of dropping an input of the update while training.
    """
    return LoraConfig(
        r=rank,
        lora_alpha=alpha,
        lora_dropout=dropout,
        bias="none",
        target_modules=LORA_TARGET_MODULES,
        modules_to_save=list(TRAINED_PROJECTORS),
    )
