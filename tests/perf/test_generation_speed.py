"""What the prior costs, as ratios against stock LLaVA of the same size on the same machine.

Both sides run in one process and take turns (A-B-A-B); the median of the ratios is compared with a generous bound, so
that another program on the same cores does not decide.
"""

import time
from collections.abc import Callable
from statistics import median

import pytest
import torch
from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration

from emola.model import EmolaConfig, EmolaForConditionalGeneration

PATCHES, PLACEHOLDER, NEW_TOKENS, ROUNDS = 64, 500, 32, 7


@pytest.fixture(scope="module")
def configs() -> tuple[CLIPVisionConfig, LlamaConfig]:
    vision = CLIPVisionConfig(
        image_size=112, patch_size=14, hidden_size=128, intermediate_size=256, num_hidden_layers=4,
        num_attention_heads=4,
    )  # fmt: skip
    text = LlamaConfig(
        vocab_size=512, hidden_size=128, intermediate_size=384, num_hidden_layers=8, num_attention_heads=4,
        pad_token_id=0, bos_token_id=1, eos_token_id=None,
    )  # fmt: skip
    return vision, text


def ratios(first: Callable[[], object], second: Callable[[], object]) -> list[float]:
    """Return seconds of ``first`` over seconds of ``second`` for interleaved rounds, after one warm-up each."""
    first(), second()
    found = []
    for _ in range(ROUNDS):
        seconds = []
        for run in (first, second):
            start = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - start)
        found.append(seconds[0] / seconds[1])
    return found


def test_the_prior_costs_little_beside_stock_llava(configs: tuple[CLIPVisionConfig, LlamaConfig]) -> None:
    vision, text = configs
    torch.manual_seed(0)
    stock = LlavaForConditionalGeneration(
        LlavaConfig(vision_config=vision, text_config=text, image_token_index=PLACEHOLDER)
    ).eval()
    emola = EmolaForConditionalGeneration(
        EmolaConfig(vision_config=vision, text_config=text, image_token_index=PLACEHOLDER, real_vocab_size=500)
    ).eval()
    pixels, prior = torch.randn(1, 3, 112, 112), torch.randn(1, 212)
    tail = list(range(10, 40))

    def generate(model: torch.nn.Module, rows: int, **extra: torch.Tensor) -> torch.Tensor:
        ids = torch.tensor([[1, *[PLACEHOLDER] * rows, *tail]])
        mask = torch.ones_like(ids)
        return model.generate(
            input_ids=ids, attention_mask=mask, pixel_values=pixels, max_new_tokens=NEW_TOKENS, do_sample=False, **extra
        )

    whole = ratios(lambda: generate(emola, PATCHES + 1, prior=prior), lambda: generate(stock, PATCHES))
    print(f"\ngenerate {NEW_TOKENS} tokens, EmoLA / stock LLaVA: {median(whole):.2f}x (1 row more of {PATCHES + 31})")
    assert median(whole) < 1.3


def test_a_batch_costs_less_than_one_prompt_after_the_other(configs: tuple[CLIPVisionConfig, LlamaConfig]) -> None:
    vision, text = configs
    torch.manual_seed(0)
    model = EmolaForConditionalGeneration(
        EmolaConfig(vision_config=vision, text_config=text, image_token_index=PLACEHOLDER, real_vocab_size=500)
    ).eval()
    ids = torch.tensor([[1, *[PLACEHOLDER] * (PATCHES + 1), *range(10, 40)]]).repeat(8, 1)
    pixels, prior = torch.randn(8, 3, 112, 112), torch.randn(8, 212)

    def generate(rows: slice) -> None:
        model.generate(
            input_ids=ids[rows], attention_mask=torch.ones_like(ids[rows]), pixel_values=pixels[rows],
            prior=prior[rows], max_new_tokens=NEW_TOKENS, do_sample=False,
        )  # fmt: skip

    found = ratios(lambda: [generate(slice(i, i + 1)) for i in range(8)], lambda: generate(slice(0, 8)))
    print(f"\n8 faces one by one / in one batch: {median(found):.2f}x")
    assert median(found) > 1.3
