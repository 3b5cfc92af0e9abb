"""Take the state of a run out of the model and the optimizer, however they are wrapped, and put it back.

One way serves a single process, DDP and FSDP: the full tensors, gathered on the first process. DeepSpeed keeps its
optimizer in parts of its own and writes them itself.
"""

from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedType
from torch import nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)

from training.lora.checkpoints import read_state, write_state
from training.lora.trainable import part_of

_GATHER = StateDictOptions(full_state_dict=True, cpu_offload=True, ignore_frozen_params=True)
_SPREAD = StateDictOptions(full_state_dict=True, ignore_frozen_params=True, strict=False)
_DEEPSPEED_TAG = "state"


def save_state(folder: Path, accelerator: Accelerator, model: Any, optimizer: Any) -> None:
    """Write what is trained and the optimizer's state; every process must call this.

    Args:
        folder: an existing, empty folder.
        accelerator: that wrapped model and optimizer.
        model: as wrapped.
        optimizer: as wrapped.
    """
    if accelerator.distributed_type == DistributedType.DEEPSPEED:
        model.save_checkpoint(str(folder), tag=_DEEPSPEED_TAG, exclude_frozen_parameters=True)
        return
    whole, trained = get_model_state_dict(model, options=_GATHER), _trained_names(accelerator, model)
    state = {
        "model": {name: tensor for name, tensor in whole.items() if name in trained},  # tied weights come in twice
        "optimizer": get_optimizer_state_dict(model, optimizer.optimizer, options=_GATHER),
    }
    if accelerator.is_main_process:
        write_state(folder, state)


def load_state(folder: Path, accelerator: Accelerator, model: Any, optimizer: Any) -> None:
    """Put back what :func:`save_state` wrote; every process must call this.

    Raises:
        ResourceError: if the checkpoint is damaged.
        ValueError: if it does not hold every trained parameter.
    """
    if accelerator.distributed_type == DistributedType.DEEPSPEED:
        model.load_checkpoint(str(folder), tag=_DEEPSPEED_TAG, load_module_strict=False)
        return
    state = read_state(folder)
    trained = _trained_names(accelerator, model)
    if trained != set(state["model"]):
        raise ValueError(f"{folder} holds other parameters than are trained: {sorted(trained ^ set(state['model']))}.")
    set_model_state_dict(model, state["model"], options=_SPREAD)
    set_optimizer_state_dict(model, optimizer.optimizer, state["optimizer"], options=_SPREAD)


def _trained_names(accelerator: Accelerator, model: Any) -> set[str]:
    """Return the names of the parameters that are trained."""
    parameters = accelerator.unwrap_model(model).named_parameters()
    return {name for name, parameter in parameters if parameter.requires_grad}


def adapter_tensors(model: nn.Module) -> dict[str, torch.Tensor]:
    """Return LoRA and both projectors whole and on the CPU, trained or not; every process must call this."""
    tensors = {}
    for name, parameter in model.named_parameters():
        if part_of(name) is not None:
            whole = parameter.full_tensor() if hasattr(parameter, "full_tensor") else parameter
            tensors[name] = whole.detach().cpu()
    return tensors
