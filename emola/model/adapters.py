"""Put a peft adapter on a model: checked by name and shape beforehand, so that nothing is left at its random start.

An adapter has two parts. LoRA pairs go through peft. Modules saved whole (``modules_to_save``: both projectors) simply
take the place of the base's tensors while these are loaded, so a base without a prior projector needs none.
"""

import copy
from pathlib import Path
from typing import Any, Final, cast

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict

from emola.errors import CheckpointError
from emola.model.adapter_fields import check_fields
from emola.model.configuration import EmolaConfig
from emola.model.modeling import EmolaForConditionalGeneration
from emola.model.storage.json_file import read_json_object
from emola.model.storage.problems import Problems
from emola.model.storage.released import count_non_finite
from emola.model.storage.shards import PUBLISHED_DTYPES, WeightFiles

ADAPTER_CONFIG: Final = "adapter_config.json"
PEFT_PREFIX: Final = "base_model.model."
_PEFT_HONOURS: Final = frozenset(
    {
        "use_rslora",
        "use_dora",
        "lora_bias",
        "modules_to_save",
        "exclude_modules",
        "layers_to_transform",
        "layers_pattern",
        "rank_pattern",
        "alpha_pattern",
    }
)


class Adapter:
    """A peft LoRA adapter in a folder.

    Attributes:
        folder: where it is.
        fields: content of its ``adapter_config.json``.
        weights: its tensors.

    Raises:
        CheckpointError: if files are missing, damaged, or hold code.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fields = read_json_object(folder / ADAPTER_CONFIG)
        files = [folder / f"adapter_model{suffix}" for suffix in (".safetensors", ".bin")]
        found = [path for path in files if path.is_file()]
        if not found:
            raise CheckpointError(f"{folder} holds no adapter_model.safetensors, so there is no adapter in it.")
        self.weights = WeightFiles(found[:1])

    @property
    def base(self) -> str | None:
        """The folder or hub id of the model it was trained on, as it says itself."""
        return self.fields.get("base_model_name_or_path") or None

    @property
    def number_count(self) -> int:
        """How many numbers it holds."""
        return sum(info.number_count for info in self.weights.infos.values())

    def check(self, config: EmolaConfig, problems: Problems) -> None:
        """Note every field that is not honoured, and every tensor that does not fit a model of ``config``."""
        before = len(problems)
        check_fields(self.fields, problems, also_honoured=_PEFT_HONOURS)
        if len(problems) > before:
            return
        expected = self._expected_shapes(config)
        for name, shape in expected.items():
            if name not in self.weights.infos:
                problems.add(f"missing tensor {name} of shape {shape} in {self.folder}")
        for name, info in self.weights.infos.items():
            if name not in expected:
                problems.add(f"unexpected tensor {name} in {info.file.name}")
            elif info.shape != expected[name]:
                problems.add(f"tensor {name} in {info.file.name} has shape {info.shape}, expected {expected[name]}")
            elif info.dtype not in PUBLISHED_DTYPES:
                problems.add(f"tensor {name} in {info.file.name} holds {info.dtype}, expected floating point")
            elif bad := count_non_finite(self.weights.read(name)):
                problems.add(f"tensor {name} in {info.file.name} holds {bad} numbers that are NaN or infinite")

    def modules(self) -> dict[str, torch.Tensor]:
        """Return the tensors of modules saved whole, under the model's own names."""
        names = [name for name in self.weights.infos if not _is_lora(name)]
        return {name.removeprefix(PEFT_PREFIX): self.weights.read(name) for name in names}

    def apply(self, model: EmolaForConditionalGeneration, *, merge: bool) -> EmolaForConditionalGeneration:
        """Return ``model`` with the LoRA in it; its whole modules must be in already.

        Args:
            model: a model whose tensors :meth:`check` was run against.
            merge: add the LoRA to the weights; otherwise it stays beside them, as a quantised model needs it.

        Raises:
            CheckpointError: if a merged weight overflows the model's dtype.
        """
        lora = self._lora_config()
        lora.modules_to_save = None
        adapted = get_peft_model(model, lora)
        tensors = {name: self.weights.read(name) for name in self.weights.infos if _is_lora(name)}
        set_peft_model_state_dict(adapted, tensors)
        if not merge:
            return cast(EmolaForConditionalGeneration, adapted.get_base_model())
        try:
            return cast(EmolaForConditionalGeneration, cast(Any, adapted).merge_and_unload(safe_merge=True))
        except ValueError as error:
            raise CheckpointError(f"{self.folder} cannot be merged in {model.dtype}: {error}") from error

    def _expected_shapes(self, config: EmolaConfig) -> dict[str, tuple[int, ...]]:
        """Return name and shape of every tensor the adapter of a model of ``config`` must hold."""
        try:
            with torch.device("meta"):
                adapted = get_peft_model(EmolaForConditionalGeneration(copy.deepcopy(config)), self._lora_config())
                expected: dict[str, Any] = get_peft_model_state_dict(adapted, save_embedding_layers=False)
        except (ValueError, TypeError, KeyError, RuntimeError) as error:
            raise CheckpointError(f"The adapter {self.folder} fits no layer of the model: {error}") from error
        return {name: tuple(tensor.shape) for name, tensor in expected.items()}

    def _lora_config(self) -> LoraConfig:
        """Return peft's configuration; every weight will be loaded, so none needs a start value."""
        try:
            lora: LoraConfig = LoraConfig.from_pretrained(str(self.folder))
        except (ValueError, TypeError, KeyError) as error:
            raise CheckpointError(f"The {ADAPTER_CONFIG} of {self.folder} cannot be used: {error}") from error
        lora.base_model_name_or_path = None  # else peft warns that the model has another name
        lora.init_lora_weights = False
        lora.inference_mode = True
        return lora


def _is_lora(name: str) -> bool:
    """Return whether a tensor belongs to a LoRA layer rather than to a module saved whole."""
    return ".lora_" in name
