"""A tiny random EmoLA (4 patch rows, 6 prior numbers) and tokenizers whose ids are assigned by hand."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers
from transformers import CLIPVisionConfig, LlamaConfig, LlamaTokenizer, PreTrainedTokenizerFast

from emola.model import EmolaConfig, EmolaForConditionalGeneration

REAL_VOCABULARY = 260  # <pad> <s> </s> <unk> and 256 bytes
IMAGE_TOKEN_INDEX = 260
VOCABULARY_ROWS = 264
PATCHES = 4
PRIOR_DIM = 6

# Pieces of the Llama 2 vocabulary with their real ids, as published token lists of LLaVA prompts show them.
LLAMA_PIECES = {
    "▁A": 319, "▁chat": 13563, "▁between": 1546, "▁a": 263, "▁curious": 12758, "▁user": 1404, "▁human": 5199,
    "▁and": 322, "▁an": 385, "▁artificial": 23116, "▁intelligence": 21082, "▁assistant": 20255, ".": 29889,
    "▁The": 450, "▁gives": 4076, "▁helpful": 8444, ",": 29892, "▁detailed": 13173, "▁pol": 1248, "ite": 568,
    "▁answers": 6089, "▁to": 304, "▁the": 278, "'": 29915, "s": 29879, "▁questions": 5155, "▁US": 3148, "ER": 1001,
    ":": 29901, "▁": 29871, "Please": 12148, "▁describe": 8453, "▁this": 445, "▁image": 1967, "▁in": 297,
    "▁detail": 9493, "SS": 1799, "IST": 9047, "ANT": 13566, "▁Sure": 18585, "▁here": 1244,
}  # fmt: skip


@dataclass
class FakePrior:
    """Stands in for ``emola.faces.priors``' Prior: the processor needs these two attributes only."""

    values: Any
    recipe: str = "emola-2024"


@dataclass
class TinyInputs:
    """Model inputs for one prompt."""

    input_ids: torch.Tensor
    pixel_values: torch.Tensor
    prior: torch.Tensor
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def both(self) -> dict[str, torch.Tensor]:
        return {
            "input_ids": self.input_ids,
            "attention_mask": torch.ones_like(self.input_ids),
            "pixel_values": self.pixel_values,
            "prior": self.prior,
        }


@pytest.fixture
def make_prior() -> type[FakePrior]:
    return FakePrior


@pytest.fixture
def tiny_config() -> EmolaConfig:
    vision = CLIPVisionConfig(
        image_size=28, patch_size=14, hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=2
    )
    text = LlamaConfig(
        vocab_size=VOCABULARY_ROWS,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        initializer_range=0.2,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=None,
        max_position_embeddings=1024,
    )
    return EmolaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=IMAGE_TOKEN_INDEX,
        prior_dim=PRIOR_DIM,
        real_vocab_size=REAL_VOCABULARY,
        conversation="plain",
    )


@pytest.fixture
def tiny_model(tiny_config: EmolaConfig) -> EmolaForConditionalGeneration:
    torch.manual_seed(0)
    model = EmolaForConditionalGeneration(tiny_config).eval()
    with torch.no_grad():
        for parameter in model.prior_projector.parameters():
            parameter.normal_(0, 0.5)
    return model


@pytest.fixture
def make_inputs() -> Callable[..., TinyInputs]:
    def make(rows: int = PATCHES + 1, words: int = 4, seed: int = 1) -> TinyInputs:
        generator = torch.Generator().manual_seed(seed)
        tail = torch.randint(4, REAL_VOCABULARY, (words,), generator=generator).tolist()
        return TinyInputs(
            input_ids=torch.tensor([[1, 50, 60, *[IMAGE_TOKEN_INDEX] * rows, *tail]]),
            pixel_values=torch.randn(1, 3, 28, 28, generator=generator),
            prior=torch.randn(1, PRIOR_DIM, generator=generator),
        )

    return make


def _spell(pieces: Iterable[str]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Return vocabulary and merges that spell each piece from left to right; helper pieces get ids above 33000."""
    vocabulary = {"<unk>": 0, "<s>": 1, "</s>": 2, **{f"<0x{byte:02X}>": byte + 3 for byte in range(256)}}
    vocabulary.update(LLAMA_PIECES)
    merges: dict[tuple[str, str], None] = {}
    for piece in pieces:
        for end in range(1, len(piece) + 1):
            vocabulary.setdefault(piece[:end], 33000 + len(vocabulary))
            vocabulary.setdefault(piece[end - 1], 33000 + len(vocabulary))
            if end > 1:
                merges[piece[: end - 1], piece[end - 1]] = None
    return vocabulary, list(merges)


@pytest.fixture(params=["llama class", "tokenizer.json of llava-hf"])
def llama_tokenizer(request: pytest.FixtureRequest) -> PreTrainedTokenizerFast:
    """Llama-style: dummy prefix, byte fallback, real ids; built as transformers does and as old hub files are."""
    vocabulary, merges = _spell(LLAMA_PIECES)
    if request.param == "llama class":
        tokenizer = LlamaTokenizer(vocab=vocabulary, merges=merges)
    else:
        backend = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, byte_fallback=True, fuse_unk=True))
        backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        backend.decoder = decoders.Sequence(
            [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
        )
        backend.add_special_tokens([AddedToken(t, special=True) for t in ("<unk>", "<s>", "</s>")])
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_object=backend, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
        )
    return tokenizer


@pytest.fixture
def picture() -> np.ndarray:
    """A colourful RGB picture that is not square and not symmetric."""
    rows, columns = np.mgrid[0:45, 0:61]
    return np.stack([rows * 5, columns * 4, (rows * columns) % 256], axis=2).astype(np.uint8)
