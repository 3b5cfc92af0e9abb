"""Which fields of a peft LoRA configuration are honoured, which must keep their default, which change no number.

The table covers every field of peft 0.21's LoraConfig; a field it does not know must be empty. peft fills a missing
``lora_alpha`` with 8, which is never what a checkpoint was trained with, so a missing field is an error.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from emola.model.storage.key_mapping import TARGET_PATHS
from emola.model.storage.problems import Problems

HONOURED: Final = frozenset({"peft_type", "r", "lora_alpha", "target_modules"})
IRRELEVANT: Final = frozenset(
    {
        "task_type",
        "auto_mapping",
        "peft_version",
        "base_model_name_or_path",
        "revision",
        "inference_mode",
        "lora_dropout",
        "megatron_core",
        "eva_config",
        "velora_config",
        "qalora_group_size",
        "ensure_weight_tying",
        "merge_weights",
    }
)
"""Book-keeping, training only, or without effect unless a field of :data:`MUST_BE_DEFAULT` is set."""

MUST_BE_DEFAULT: Final[dict[str, tuple[Any, ...]]] = {
    "bias": ("none",),
    "fan_in_fan_out": (False,),
    "use_rslora": (False,),
    "use_dora": (False,),
    "use_qalora": (False,),
    "use_bdlora": (None, False),
    "lora_bias": (False,),
    "modules_to_save": (None, []),
    "exclude_modules": (None, []),
    "target_parameters": (None, []),
    "layers_to_transform": (None,),
    "layers_pattern": (None, []),
    "rank_pattern": (None, {}),
    "alpha_pattern": (None, {}),
    "layer_replication": (None, []),
    "megatron_config": (None, {}),
    "trainable_token_indices": (None, [], {}),
    "alora_invocation_tokens": (None, []),
    "loftq_config": (None, {}),
    "corda_config": (None, {}),
    "lora_ga_config": (None, {}),
    "monteclora_config": (None, {}),
    "arrow_config": (None, {}),
    "kasa_config": (None, {}),
    # The other initialisations (pissa, olora, corda, loftq, lora_ga) change the base's weights as well.
    "init_lora_weights": (True, False, "gaussian", "eva", "orthogonal", "mica"),
}
_EMPTY: Final[tuple[Any, ...]] = (None, False, "", [], {})
_UNADAPTED: Final = ("lm_head", "model.embed_tokens", "model.norm", "model.mm_projector.0", "model.mm_projector.2")


@dataclass(frozen=True)
class LoraFields:
    """What the numbers of a plain LoRA depend on.

    Attributes:
        rank: rows of every A and columns of every B.
        alpha: numerator of the scale.
        paths: adapted linear layers as paths inside one Llama block, for example "self_attn.q_proj".
    """

    rank: int
    alpha: int | float
    paths: tuple[str, ...]

    @property
    def scale(self) -> float:
        """The factor in ``W + scale * B @ A`` (Hu et al. 2021, section 4.1)."""
        return self.alpha / self.rank


def check_fields(fields: dict[str, Any], problems: Problems, also_honoured: frozenset[str] = frozenset()) -> None:
    """Note every field that would change the numbers and is not honoured.

    Args:
        fields: the content of an ``adapter_config.json``.
        problems: where faults are noted.
        also_honoured: fields of :data:`MUST_BE_DEFAULT` that the caller does honour.
    """
    if fields.get("peft_type") != "LORA":
        problems.add(f"adapter field peft_type is {fields.get('peft_type')!r}, expected 'LORA'")
    if _positive(fields.get("r")) is None or not isinstance(fields["r"], int):
        problems.add(f"adapter field r must be a positive whole number, {_found(fields, 'r')}")
    if _positive(fields.get("lora_alpha")) is None:
        problems.add(f"adapter field lora_alpha must be a positive number, {_found(fields, 'lora_alpha')}")
    for name, value in fields.items():
        if name in HONOURED or name in IRRELEVANT or name in also_honoured:
            continue
        if name in MUST_BE_DEFAULT:
            if not _is_one_of(value, MUST_BE_DEFAULT[name]):
                problems.add(f"adapter field {name} is {value!r}, which is not supported and would change the numbers")
        elif not _is_one_of(value, _EMPTY):
            problems.add(f"adapter field {name} ({value!r}) is not known and could change the numbers")


def read_lora_fields(fields: dict[str, Any], problems: Problems) -> LoraFields | None:
    """Return rank, alpha and targets of a released adapter; None (and a note of the faults) when they are unusable."""
    before = len(problems)
    check_fields(fields, problems)
    paths = _target_paths(fields.get("target_modules"), problems)
    if _positive(fields.get("r")) is None or _positive(fields.get("lora_alpha")) is None or not paths:
        return None
    return LoraFields(fields["r"], fields["lora_alpha"], paths) if len(problems) == before else None


def _target_paths(targets: Any, problems: Problems) -> tuple[str, ...]:
    """Return the adapted paths by peft's rules: a list holds names or ends of names, a text is a pattern."""
    if isinstance(targets, str) and targets != "all-linear":
        return _paths_by_pattern(targets, problems)
    if not isinstance(targets, list) or not targets or not all(isinstance(target, str) for target in targets):
        problems.add(f"adapter field target_modules must list the adapted layers by name, found {targets!r}")
        return ()
    known = {
        target: [path for path in TARGET_PATHS.values() if f".{path}".endswith(f".{target}")] for target in targets
    }
    for target in [target for target, paths in known.items() if not paths]:
        problems.add(f"adapter field target_modules names {target!r}, expected only {', '.join(TARGET_PATHS)}")
    hits = {path for paths in known.values() for path in paths}
    return tuple(path for path in TARGET_PATHS.values() if path in hits)


def _paths_by_pattern(pattern: str, problems: Problems) -> tuple[str, ...]:
    """Return the adapted paths of a ``target_modules`` that is a regular expression."""
    try:
        compiled = re.compile(pattern)
    except re.error:
        problems.add(f"adapter field target_modules is no regular expression: {pattern!r}")
        return ()
    hits = tuple(path for path in TARGET_PATHS.values() if compiled.fullmatch(f"model.layers.0.{path}"))
    strays = [name for name in _UNADAPTED if compiled.fullmatch(name)]
    if strays or not hits:
        problems.add(
            f"adapter field target_modules {pattern!r} must match layers of the language model only, but it matches "
            f"{', '.join(strays) or 'none of them'}"
        )
    return hits


def _positive(value: Any) -> float | None:
    """Return ``value`` if it is a positive finite number, else None."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and 0 < value < float("inf") else None


def _found(fields: dict[str, Any], name: str) -> str:
    """Return words for what a field holds."""
    return f"found {fields[name]!r}" if name in fields else "and it is missing"


def _is_one_of(value: Any, allowed: tuple[Any, ...]) -> bool:
    """Return whether ``value`` equals an allowed one of the same type (so that 0 is not False, nor 1 True)."""
    return any(type(value) is type(option) and value == option for option in allowed)
