"""Does a released EmoLA fit its base, and does this project do what its configuration asks? One sentence per fault."""

from collections.abc import Mapping
from typing import Any, Final, cast

from transformers import LlavaConfig

from emola.model.storage.problems import Problems

RELEASED_TYPE: Final = "emollava"
RECIPE: Final = "emola-2024"
PRIOR_DIM: Final = 212
"""How many numbers the recipe of the released checkpoints gives: x and y of 106 points."""

_REQUIRED: Final[Mapping[str, Any]] = {
    "model_type": RELEASED_TYPE,
    "mm_projector_type": "mlp2x_gelu",
    "mm_vision_select_feature": "patch",
    "image_aspect_ratio": "pad",
    "landmark_feature_hidden_size": PRIOR_DIM,
}
_OFF: Final = ("mm_use_im_start_end", "mm_use_im_patch_token")
_TEXT_FIELDS: Final = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "rms_norm_eps")
_TEXT_DEFAULTS: Final[Mapping[str, Any]] = {
    "hidden_act": "silu",
    "attention_bias": False,
    "tie_word_embeddings": False,
    "rope_theta": 10000.0,
    "rope_scaling": None,
}
"""What the Llama of the release takes when its config.json leaves a field out."""


def check_released_config(released: Mapping[str, Any], problems: Problems) -> None:
    """Note every field of a released ``config.json`` that asks for something this project does not do."""
    for name, expected in _REQUIRED.items():
        if released.get(name) != expected:
            problems.add(f"released config {name} is {released.get(name)!r}, expected {expected!r}")
    for name in _OFF:
        if released.get(name):
            problems.add(f"released config {name} is {released[name]!r}, which changes the prompt; expected false")
    if not isinstance(released.get("vocab_size"), int):
        problems.add(f"released config vocab_size is {released.get('vocab_size')!r}, expected a number of tokens")


def check_fit(released: Mapping[str, Any], base: LlavaConfig, problems: Problems) -> None:
    """Note every field in which a released EmoLA and its base disagree.

    Args:
        released: content of the released ``config.json``.
        base: the base's configuration in transformers' terms.
        problems: where faults are noted.
    """
    found = _released_values(released)
    for name, expected in _base_values(base).items():
        if found[name] != expected:
            problems.add(f"released config {name} is {found[name]!r}, but the base has {expected!r}")
    rows, tokens = base.get_text_config().vocab_size, released.get("vocab_size")
    if isinstance(tokens, int) and rows < tokens:
        problems.add(f"released config vocab_size is {tokens}, but the base has only {rows} vocabulary rows")
    if base.projector_hidden_act != "gelu" or not base.multimodal_projector_bias:
        problems.add(f"the base's projector is {base.projector_hidden_act!r}, expected 'gelu' with biases")


def _released_values(released: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a released configuration that its base must share."""
    values = {name: released.get(name) for name in _TEXT_FIELDS}
    values |= {name: released.get(name, default) for name, default in _TEXT_DEFAULTS.items()}
    values["num_key_value_heads"] = released.get("num_key_value_heads") or released.get("num_attention_heads")
    values["mm_hidden_size"] = released.get("mm_hidden_size")
    values["mm_vision_select_layer"] = released.get("mm_vision_select_layer")
    values["mm_vision_select_feature"] = released.get("mm_vision_select_feature")
    return values


def _base_values(base: LlavaConfig) -> dict[str, Any]:
    """Return the same fields of the base, under the released names."""
    text = base.get_text_config()
    values = {name: getattr(text, name) for name in (*_TEXT_FIELDS, "num_key_value_heads", "hidden_act")}
    rope = text.rope_parameters
    is_patch = base.vision_feature_select_strategy == "default"
    return values | {
        "attention_bias": text.attention_bias,
        "tie_word_embeddings": bool(base.tie_word_embeddings),
        "rope_theta": rope["rope_theta"],
        "rope_scaling": None if rope.get("rope_type", "default") == "default" else dict(rope),
        "mm_hidden_size": cast(Any, base.vision_config).hidden_size,
        "mm_vision_select_layer": base.vision_feature_layer,
        "mm_vision_select_feature": "patch" if is_patch else "cls_patch",
    }
