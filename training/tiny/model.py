"""The classes of EmoLA at a size of a few megabytes."""

import torch
from transformers import LlamaConfig

from emola.model import EmolaConfig, EmolaForConditionalGeneration
from training.tiny.config import HEAD_WIDTH, TinyConfig
from training.tiny.tower import ROWS_OF_IMAGE, vision_config

MAX_POSITIONS = 640


def emola_config(config: TinyConfig, vocabulary: int, ids: dict[str, int]) -> EmolaConfig:
    """Return the configuration of the whole model.

    Args:
        config: sizes.
        vocabulary: number of tokens.
        ids: numbers of ``<unk>``, ``<s>``, ``</s>`` and ``<image>``.
    """
    text = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=config.text_width,
        intermediate_size=config.text_hidden,
        num_hidden_layers=config.text_layers,
        num_attention_heads=config.text_width // HEAD_WIDTH,
        num_key_value_heads=config.text_width // HEAD_WIDTH,
        max_position_embeddings=MAX_POSITIONS,
        pad_token_id=ids["<unk>"],
        bos_token_id=ids["<s>"],
        eos_token_id=ids["</s>"],
        tie_word_embeddings=True,
    )
    return EmolaConfig(
        vision_config=vision_config(config),
        text_config=text,
        image_token_index=ids["<image>"],
        image_seq_length=ROWS_OF_IMAGE,
        vision_feature_layer=-1,
        vision_feature_select_strategy="default",
        tie_word_embeddings=True,
        prior_recipe="mediapipe-106",
        crop_recipe="aligned-112",
        conversation="plain",
        display_name="EmoLA-tiny",
    )


def build_model(config: TinyConfig, vocabulary: int, ids: dict[str, int]) -> EmolaForConditionalGeneration:
    """Return the model with random weights from the configured seed."""
    torch.manual_seed(config.seed)
    return EmolaForConditionalGeneration(emola_config(config, vocabulary, ids))
