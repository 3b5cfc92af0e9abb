"""Two processes equal one with the double batch; sharded parameters keep the numbers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import distributed
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

from training.config import LoraSettings, OptimizerSettings
from training.lora.loss import answer_loss
from training.lora.state import adapter_tensors
from training.lora.trainable import adapt, find_parts, optimizer_groups

Write = Callable[..., Path]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_processes_equal_one_with_the_double_batch(
    settings: dict[str, Any], write_config: Write, start: Callable[..., Any], tmp_path: Path
) -> None:
    config = str(write_config(settings))
    alone, pair = tmp_path / "alone", tmp_path / "pair"
    one = start("--config", config, f"run.out={alone}")
    assert one.wait() == 0, one.communicate()[1]
    launcher = ("accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--mixed_precision", "no")
    two = start("--config", config, f"run.out={pair}", "optimizer.micro_batch_size=2", launcher=launcher)
    printed, complaints = two.communicate()
    assert two.returncode == 0, complaints
    assert printed.count("samples to train on") == 1
    assert "2 processes" in printed
    expected = load_file(alone / "adapter" / "adapter_model.safetensors")
    found = load_file(pair / "adapter" / "adapter_model.safetensors")
    assert expected.keys() == found.keys()
    for name, tensor in expected.items():
        torch.testing.assert_close(
            found[name], tensor, atol=1e-5, rtol=0, msg=lambda text, name=name: f"{name}: {text}"
        )


@pytest.fixture
def process_group(tmp_path: Path) -> Iterator[None]:
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path / 'rendezvous'}", rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


@pytest.mark.usefixtures("process_group")
def test_sharding_by_fsdp_keeps_the_numbers(make_model: Callable[[], Any], make_batch: Callable[..., Any]) -> None:
    """What accelerate_fsdp.yaml does, as far as one CPU shows it: the parameters shard, train and gather."""
    batch, results = make_batch(), []
    for sharded in (False, True):
        model = adapt(make_model(), LoraSettings(rank=4, alpha=8, dropout=0.0), "base", seed=3)
        if sharded:
            mesh = init_device_mesh("cpu", (1,))
            base: Any = model.get_base_model()
            for layer in base.model.language_model.layers:
                fully_shard(layer, mesh=mesh)
            fully_shard(model, mesh=mesh)
        optimizer = torch.optim.AdamW(optimizer_groups(find_parts(model), OptimizerSettings(learning_rate=1e-2)))
        for _ in range(3):
            loss = answer_loss(model, batch)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        results.append((float(loss.detach()), adapter_tensors(model)))
    (loss_whole, whole), (loss_sharded, parts) = results
    assert loss_sharded == pytest.approx(loss_whole, abs=1e-4)
    assert whole.keys() == parts.keys()
    for name, tensor in whole.items():
        torch.testing.assert_close(parts[name], tensor, atol=1e-5, rtol=0)
