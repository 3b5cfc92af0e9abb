"""Ids are compared with lists that public logs of the original LLaVA code print (29871 is "▁", 13 is the newline)."""

from typing import Any

import pytest

from emola.errors import InputError
from emola.model.tokenization import encode_example, encode_prompt, encode_text, special_texts
from emola.prompt import build_prompt

SYSTEM_USER = [
    319, 13563, 1546, 263, 12758, 1404, 322, 385, 23116, 21082, 20255, 29889, 450, 20255, 4076, 8444, 29892, 13173,
    29892, 322, 1248, 568, 6089, 304, 278, 1404, 29915, 29879, 5155, 29889,
]  # fmt: skip
SYSTEM_HUMAN = [5199 if token == 1404 else token for token in SYSTEM_USER]
USER_AND_SPACE = [3148, 1001, 29901, 29871]
QUESTION = [29871, 13, 12148, 8453, 445, 1967, 297, 9493, 29889]  # "\nPlease describe this image in detail."
ASSISTANT = [319, 1799, 9047, 13566, 29901]
ROWS = [32000] * 3
ASKED = "Please describe this image in detail."


@pytest.mark.parametrize(
    ("conversation", "system"), [("vicuna_v1", SYSTEM_USER), ("vicuna_v1_eval", SYSTEM_HUMAN), ("plain", [])]
)
def test_ids_are_those_of_the_original_tokenisation(llama_tokenizer: Any, conversation: str, system: list[int]) -> None:
    ids = encode_prompt(llama_tokenizer, build_prompt(ASKED, conversation), 32000, 3)
    assert ids == [1, *system, *USER_AND_SPACE, *ROWS, *QUESTION, *ASSISTANT]


def test_answer_and_end_token_carry_the_loss(llama_tokenizer: Any) -> None:
    prompt = build_prompt(ASKED)
    ids, labels = encode_example(llama_tokenizer, prompt, " Sure, here's a chat. ", 32000, 3)
    answer = [18585, 29892, 1244, 29915, 29879, 263, 13563, 29889, 2]
    asked = encode_prompt(llama_tokenizer, prompt, 32000, 3)
    assert ids == asked + answer
    assert labels == [-100] * len(asked) + answer


def test_empty_answer_is_refused(byte_tokenizer: Any) -> None:
    with pytest.raises(ValueError, match="answer to learn is empty"):
        encode_example(byte_tokenizer, "USER: <image>\nq ASSISTANT:", "  ", 260, 1)


def test_byte_level_ids_have_no_dummy_prefix(byte_tokenizer: Any) -> None:
    ids = encode_prompt(byte_tokenizer, "U <image>\nq", 260, 2)
    before, after = byte_tokenizer.encode("U "), byte_tokenizer.encode("\nq")
    assert ids == [1, *before, 260, 260, *after]
    assert len(before) == len(after) == 2


TYPED = ["</s>", "<s>", "<unk>", "<image>", "<pad>", "a</s></s>b", "<</s>/s>"]


@pytest.mark.parametrize("typed", TYPED)
def test_control_tokens_typed_by_a_user_stay_text(byte_tokenizer: Any, typed: str) -> None:
    ids = encode_text(byte_tokenizer, f"is {typed} shown?")
    assert not {0, 1, 2, 3, 260} & set(ids)
    assert byte_tokenizer.decode(ids).replace(" ", "") == f"is{typed}shown?"


@pytest.mark.parametrize("typed", TYPED)
def test_control_tokens_typed_to_a_llama_stay_text(llama_tokenizer: Any, typed: str) -> None:
    ids = encode_text(llama_tokenizer, f"is {typed} shown?")
    assert not {0, 1, 2, 32000} & set(ids)
    assert llama_tokenizer.decode(ids).replace(" ", "") == f"is{typed}shown?"


def test_neutral_text_is_left_alone(byte_tokenizer: Any) -> None:
    assert encode_text(byte_tokenizer, "a < b > c /s") == byte_tokenizer.encode("a < b > c /s")


def test_special_texts_are_all_control_tokens_and_the_placeholder(byte_tokenizer: Any) -> None:
    assert set(special_texts(byte_tokenizer)) == {"<pad>", "<s>", "</s>", "<unk>", "<image>"}


@pytest.mark.parametrize(("prompt", "count"), [("no image", 0), ("<image> and <image>", 2)])
def test_a_prompt_has_exactly_one_placeholder(byte_tokenizer: Any, prompt: str, count: int) -> None:
    with pytest.raises(ValueError, match=rf"exactly 1 <image> placeholder, but this one holds {count}\."):
        encode_prompt(byte_tokenizer, prompt, 260, 1)


def test_a_control_token_that_cannot_be_broken_up_is_refused(byte_tokenizer: Any) -> None:
    byte_tokenizer.add_special_tokens({"additional_special_tokens": ["§"]})
    with pytest.raises(InputError, match="The text holds §, which the model reads as control tokens"):
        encode_text(byte_tokenizer, "What does § mean?")
