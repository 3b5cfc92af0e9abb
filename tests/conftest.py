"""Pictures and places that several tests share; nothing here reads the network."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

settings.register_profile("any machine", deadline=None)  # a busy machine fails a deadline, not a property
settings.load_profile("any machine")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def astronaut() -> NDArray[np.uint8]:
    """A real photograph, RGB uint8 (512, 512, 3): one smiling frontal face."""
    from skimage import data

    return data.astronaut()


@pytest.fixture(scope="session")
def insightface_pictures() -> Path:
    """Folder of the real pictures inside the insightface package (t1.jpg holds six faces)."""
    import insightface

    return Path(insightface.__file__).parent / "data" / "images"


@pytest.fixture(scope="session")
def photos() -> Path:
    """Folder of labelled real photographs kept outside the repository; the test is skipped without it."""
    folder = REPOSITORY.parent / "shared" / "photos"
    if not (folder / "labels.json").is_file():
        pytest.skip("the real photographs are not on this machine")
    return folder


@pytest.fixture(scope="session")
def make_byte_tokenizer() -> Callable[[], Any]:
    """Make byte-level tokenizers without merges: 4 control tokens, one id a byte, ``<image>`` as 260."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    def make() -> PreTrainedTokenizerFast:
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
        vocabulary = {token: index for index, token in enumerate(["<pad>", "<s>", "</s>", "<unk>", *alphabet])}
        backend = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
        backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        backend.decoder = decoders.ByteLevel()
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_object=backend, pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="<unk>"
        )
        tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"]})
        return tokenizer

    return make


@pytest.fixture
def byte_tokenizer(make_byte_tokenizer: Callable[[], Any]) -> Any:
    """A byte-level tokenizer of this test's own."""
    return make_byte_tokenizer()
