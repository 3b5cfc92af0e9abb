"""Where a model goes and in which numbers: device, dtype and quantisation, chosen or as asked."""

from importlib.util import find_spec
from typing import Any, Final, Literal, get_args

import torch

from emola.errors import InputError, ResourceError

Quantization = Literal["4bit", "8bit"]
DTYPES: Final = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_SHORT: Final = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
_UNQUANTIZED: Final = ["lm_head", "vision_tower", "multi_modal_projector", "prior_projector"]


def choose_device(device: str | torch.device = "auto") -> torch.device:
    """Return the device asked for, or with "auto" the first there is of CUDA, MPS and CPU.

    Raises:
        InputError: if the name means nothing.
        ResourceError: if this machine does not have it.
    """
    if device == "auto":
        found = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
        return torch.device(found)
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise InputError(f"There is no device called {device!r}; use auto, cpu, cuda, cuda:1 or mps.") from error
    if chosen.type == "cuda" and not (torch.cuda.is_available() and (chosen.index or 0) < torch.cuda.device_count()):
        raise ResourceError(f"The device {device} was asked for, but PyTorch finds no such GPU; use auto or cpu.")
    if chosen.type == "mps" and not torch.backends.mps.is_available():
        raise ResourceError("The device mps was asked for, but PyTorch finds none; use auto or cpu.")
    if chosen.type not in ("cpu", "cuda", "mps"):
        raise InputError(f"Models run on cpu, cuda or mps, not on {chosen}.")
    return chosen


def choose_dtype(dtype: str | torch.dtype, device: torch.device) -> torch.dtype:
    """Return the dtype asked for, or with "auto" the device's best.

    That is bfloat16 on a GPU that computes in it, else float16; float16 on MPS; float32 on the CPU.

    Raises:
        InputError: if the name means nothing.
    """
    if isinstance(dtype, torch.dtype):
        dtype = str(dtype).removeprefix("torch.")
    if dtype == "auto":
        if device.type == "cpu":
            return torch.float32
        has_bfloat16 = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if has_bfloat16 else torch.float16
    name = _SHORT.get(dtype, dtype)
    if name not in DTYPES:
        raise InputError(f"There is no dtype called {dtype!r}; use auto, {', '.join(DTYPES)}.")
    return DTYPES[name]


def quantization_config(quantization: str | None, device: torch.device, dtype: torch.dtype) -> Any:
    """Return transformers' configuration for bitsandbytes, or None without quantisation.

    Only the language model's linear layers are quantised; vision tower, projectors and head keep ``dtype``.

    Raises:
        InputError: if the name means nothing, or bitsandbytes is not installed.
        ResourceError: if the device is no CUDA GPU.
    """
    if quantization is None:
        return None
    if quantization not in get_args(Quantization):
        raise InputError(f"There is no quantisation called {quantization!r}; use 4bit, 8bit or none.")
    if device.type != "cuda":
        raise ResourceError(f"{quantization} quantisation needs a CUDA GPU, and the model goes to {device}.")
    if find_spec("bitsandbytes") is None:
        raise InputError(f"{quantization} quantisation needs bitsandbytes: pip install bitsandbytes.")
    from transformers import BitsAndBytesConfig  # only where it is wanted: its import looks for the package

    configure: Any = BitsAndBytesConfig
    if quantization == "8bit":
        return configure(load_in_8bit=True, llm_int8_skip_modules=_UNQUANTIZED)
    return configure(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
        llm_int8_skip_modules=_UNQUANTIZED,
    )
