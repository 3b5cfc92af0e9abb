"""The size of the CLIP tower of EmoLA-tiny."""

from transformers import CLIPVisionConfig

from training.tiny.config import HEAD_WIDTH, TinyConfig

PATCH = 14
CROP = 112
ROWS_OF_IMAGE = (CROP // PATCH) ** 2
"""Rows that one picture takes in the prompt; the prior takes one more."""


def vision_config(config: TinyConfig) -> CLIPVisionConfig:
    """Return the configuration of the tower: 112 px pictures in patches of 14 px."""
    return CLIPVisionConfig(
        hidden_size=config.vision_width,
        intermediate_size=4 * config.vision_width,
        num_hidden_layers=config.vision_layers,
        num_attention_heads=config.vision_width // HEAD_WIDTH,
        image_size=CROP,
        patch_size=PATCH,
        projection_dim=config.vision_width,
        hidden_act="gelu",
    )
