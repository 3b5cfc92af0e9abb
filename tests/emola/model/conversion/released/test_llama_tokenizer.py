"""A SentencePiece model read without protobuf gives the ids that SentencePiece itself gives."""

import json

import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st

from emola.errors import CheckpointError
from emola.model.conversion.convert import convert_checkpoint
from emola.model.loading import load_model
from emola.model.storage.llama_tokenizer import find_merges, read_llama_tokenizer

SENTENCE = "what emotions are conveyed by this face the inner brows are raised and the lip corners pulled AU12"
WORDS = SENTENCE.split(" ")


def train(folder, size, byte_fallback):
    """Train a small vocabulary the way Llama's was: byte pairs, no normalisation."""
    text = folder / "text.txt"
    text.write_text("\n".join(" ".join(WORDS[i % 9 :]) + f" AU{i}, {WORDS[i % 17]}!" for i in range(300)))
    sentencepiece.SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(folder / "tokenizer"),
        vocab_size=size,
        model_type="bpe",
        byte_fallback=byte_fallback,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        unk_id=0,
        bos_id=1,
        eos_id=2,
        minloglevel=2,
    )
    config = {
        "tokenizer_class": "LlamaTokenizer",
        "bos_token": {"__type": "AddedToken", "content": "<s>", "lstrip": False, "rstrip": False},
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "pad_token": None,
        "model_max_length": 2048,
        "legacy": False,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = train(tmp_path_factory.mktemp("llama"), 400, byte_fallback=True)
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    return read_llama_tokenizer(folder), model


@settings(max_examples=150)
@given(words=st.lists(st.sampled_from([*WORDS, "\n", "\nWhat", "AU1+2", "ß", "naïve", "…", "  ", "12,4"]), min_size=1))
def test_ids_are_sentencepieces_own(pair, words):
    tokenizer, model = pair
    # Not in front: the tokenizers library adds no dummy prefix to a text that starts with a space. No prompt part does.
    text = " ".join(["AU12", *words])
    assert tokenizer.encode(text, add_special_tokens=False) == model.encode(text)


def test_control_tokens_keep_their_places(pair):
    tokenizer, _ = pair
    assert (tokenizer.unk_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id) == (0, 1, 2)
    assert tokenizer.pad_token is None and len(tokenizer) == 400
    assert tokenizer.decode(tokenizer.encode("what emotions", add_special_tokens=False)) == "what emotions"


def test_merges_by_hand():
    vocabulary = {"<s>": 0, "ab": 1, "abc": 2, "a": 3, "b": 4, "c": 5, "bc": 6}
    assert find_merges(vocabulary, {"<s>"}) == [("a", "b"), ("ab", "c"), ("a", "bc"), ("b", "c")]


def test_a_broken_file_is_one_sentence(tmp_path):
    folder = train(tmp_path, 400, byte_fallback=True)
    (folder / "tokenizer.model").write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="SentencePiece model"):
        read_llama_tokenizer(folder)


def test_an_original_base_brings_its_tokenizer_model(factory):
    base, clip = factory.original_base()
    train(base, 97, byte_fallback=False)
    factory.with_processor(clip)
    report = convert_checkpoint(factory.source(), factory.folder / "out", base, vision=clip, merge=True)
    assert report.missing_files == () and (factory.folder / "out" / "tokenizer.json").is_file()
    loaded = load_model(factory.folder / "out", device="cpu")
    model = sentencepiece.SentencePieceProcessor(model_file=str(base / "tokenizer.model"))
    for text in ("what emotions are conveyed", "AU12, lip corners!"):
        assert loaded.processor.tokenizer.encode(text, add_special_tokens=False) == model.encode(text)
