"""The schedule is transformers' cosine."""

import pytest
import torch
from transformers import get_cosine_schedule_with_warmup

from training.lora.schedule import rate_factor, set_rates


@pytest.mark.parametrize(("total", "warmup", "rising"), [(248, 0.03, 8), (12, 0.0, 0), (7, 0.5, 4)])
def test_it_equals_transformers_cosine(total: int, warmup: float, rising: int) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = get_cosine_schedule_with_warmup(optimizer, rising, total)
    for step in range(total):
        assert rate_factor(step, total, warmup) == pytest.approx(schedule.get_last_lr()[0], abs=1e-9)
        optimizer.step()
        schedule.step()


def test_each_part_keeps_its_own_peak() -> None:
    groups = [
        {"params": [torch.nn.Parameter(torch.zeros(1))], "peak_rate": 1e-4, "part": "lora"},
        {"params": [torch.nn.Parameter(torch.zeros(1))], "peak_rate": 2e-5, "part": "visual_projector"},
    ]
    optimizer = torch.optim.AdamW(groups)
    assert set_rates(optimizer, 0.5) == {"lora": 5e-5, "visual_projector": 1e-5}
    assert [group["lr"] for group in optimizer.param_groups] == [5e-5, 1e-5]
