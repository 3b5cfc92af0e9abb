"""Names of the same tensor in the published layouts, and one canonical name for it.

Canonical names are those of transformers' live LLaVA model (``model.language_model.*``, ``model.vision_tower.*``
without a ``vision_model.`` level, ``model.multi_modal_projector.*``, ``lm_head.weight``) plus ``prior_projector.*``.
Sources: the state dict of transformers' LlavaForConditionalGeneration, its table of old hub names
(conversion_mapping.py), and the module tree of the published LLaVA and EmoLA classes.
"""

import re
from collections.abc import Callable
from typing import Final

TARGET_PATHS: Final = {
    "q_proj": "self_attn.q_proj",
    "k_proj": "self_attn.k_proj",
    "v_proj": "self_attn.v_proj",
    "o_proj": "self_attn.o_proj",
    "gate_proj": "mlp.gate_proj",
    "up_proj": "mlp.up_proj",
    "down_proj": "mlp.down_proj",
}
"""The linear layers of one Llama block that EmoLA's LoRA adapts, short name to path inside the block."""

_PROJECTOR_LAYERS: Final = {"0": "linear_1", "2": "linear_2"}
_BUFFER: Final = re.compile(r"(rotary_emb\.inv_freq|embeddings\.position_ids)$")
_CLIP_TEXT_SIDE: Final = re.compile(r"^(text_model\.|text_projection\.|visual_projection\.|logit_scale$)")
_HF_RULES: Final = (
    (re.compile(r"^language_model\.lm_head\."), "lm_head."),
    (
        re.compile(r"^(?:model\.)?language_model\.(?:model\.)?(layers|norm|embed_tokens)\."),
        r"model.language_model.\1.",
    ),
    (re.compile(r"^(?:model\.)?vision_tower\.(?:vision_model\.)?"), "model.vision_tower."),
    (re.compile(r"^(?:model\.)?multi_modal_projector\."), "model.multi_modal_projector."),
    (re.compile(r"^(?:model\.)?prior_projector\."), "prior_projector."),
)
_OWN_PREFIX: Final = r"^(?:base_model\.)?(?:model\.)*"
_VISUAL: Final = re.compile(_OWN_PREFIX + r"mm_projector\.([02])\.(weight|bias)$")
_PRIOR: Final = re.compile(_OWN_PREFIX + r"landmark_feature_projector\.([02])\.(weight|bias)$")
_LORA: Final = re.compile(r"^base_model\.model\.model\.(layers\.\d+\.(?:self_attn|mlp)\.\w+)\.lora_([AB])\.weight$")

KeyMapping = Callable[[str], str | None]
"""Gives the canonical name of a stored one, None for a buffer or part that the model does not need."""


def canonical_from_hf(name: str) -> str | None:
    """Return the canonical name in a folder of transformers' layout, old or new, LLaVA or EmoLA."""
    if _BUFFER.search(name):
        return None
    for pattern, replacement in _HF_RULES:
        if pattern.search(name):
            return pattern.sub(replacement, name)
    return name


def canonical_from_original(name: str) -> str | None:
    """Return the canonical name in an original LLaVA-1.5 folder (no vision tower inside)."""
    if _BUFFER.search(name):
        return None
    visual = _VISUAL.match(name)
    if visual:
        return f"model.multi_modal_projector.{_PROJECTOR_LAYERS[visual[1]]}.{visual[2]}"
    return re.sub(r"^model\.(layers|norm|embed_tokens)\.", r"model.language_model.\1.", name)


def canonical_from_clip(name: str) -> str | None:
    """Return the canonical name of a tensor of a CLIP folder; None for its text side and its projections."""
    if _BUFFER.search(name) or _CLIP_TEXT_SIDE.search(name):
        return None
    return "model.vision_tower." + name.removeprefix("vision_model.")


def canonical_from_released(name: str) -> str | None:
    """Return the canonical name of a projector tensor of a released EmoLA; None for any other name."""
    for pattern, module in ((_VISUAL, "model.multi_modal_projector"), (_PRIOR, "prior_projector")):
        found = pattern.match(name)
        if found:
            return f"{module}.{_PROJECTOR_LAYERS[found[1]]}.{found[2]}"
    return None


def original_name(canonical: str) -> str:
    """Return what a tensor is called in an original LLaVA-1.5 folder, or in the CLIP folder that belongs to it."""
    name = canonical.replace("model.vision_tower.", "vision_model.").replace("model.language_model.", "model.")
    return _with_original_projectors(name)


def released_name(canonical: str) -> str:
    """Return what a projector's tensor is called in a released EmoLA."""
    return f"base_model.model.{_with_original_projectors(canonical)}"


def _with_original_projectors(name: str) -> str:
    """Return ``name`` with both projectors and their layers called as LLaVA and EmoLA call them."""
    for number, layer in _PROJECTOR_LAYERS.items():
        name = name.replace(f"model.multi_modal_projector.{layer}.", f"model.mm_projector.{number}.")
        name = name.replace(f"prior_projector.{layer}.", f"model.landmark_feature_projector.{number}.")
    return name


def lora_target(name: str) -> tuple[str, str] | None:
    """Return (canonical name of the adapted weight, "A" or "B") of a released LoRA tensor; None for any other name."""
    found = _LORA.match(name)
    return (f"model.language_model.{found[1]}.weight", found[2]) if found else None


def released_lora_name(layer: int, path: str, half: str) -> str:
    """Return the released name of one LoRA tensor.

    Args:
        layer: number of the Llama block.
        path: a value of :data:`TARGET_PATHS`.
        half: "A" or "B".
    """
    return f"base_model.model.model.layers.{layer}.{path}.lora_{half}.weight"
