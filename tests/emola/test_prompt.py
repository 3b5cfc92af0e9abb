import pytest
from hypothesis import given
from hypothesis import strategies as st

from emola.errors import InputError
from emola.prompt import CONVERSATIONS, IMAGE_TOKEN, QUESTIONS, build_prompt, get_conversation

TRAINED = (
    "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, "
    "and polite answers to the user's questions. USER: <image>\nWhat is the emotion of this face? ASSISTANT:"
)


def test_vicuna_v1_is_the_prompt_that_emola_was_trained_with() -> None:
    assert build_prompt("What is the emotion of this face?") == TRAINED


def test_published_evaluation_says_human_where_training_said_user() -> None:
    asked = build_prompt(QUESTIONS["emotion"], "vicuna_v1_eval")
    assert asked == (
        "A chat between a curious human and an artificial intelligence assistant. The assistant gives helpful, "
        "detailed, and polite answers to the human's questions. "
        "USER: <image>\nWhat emotions are conveyed by this face? ASSISTANT:"
    )


def test_plain_has_no_system_sentence() -> None:
    assert build_prompt(QUESTIONS["au"], "plain") == "USER: <image>\nWhat AUs are conveyed by this face? ASSISTANT:"


def test_placeholder_of_a_training_question_moves_to_the_front() -> None:
    assert build_prompt("What is the emotion of this face?\n<image>") == TRAINED
    assert build_prompt("<image>\nWhat is the emotion of this face?") == TRAINED


@given(st.lists(st.sampled_from(["<image>", "<ima", "ge>", "<", "image>", "x", " "]), max_size=8))
def test_no_question_can_add_a_placeholder(pieces: list[str]) -> None:
    for conversation in CONVERSATIONS:
        assert build_prompt("q" + "".join(pieces), conversation).count(IMAGE_TOKEN) == 1


@pytest.mark.parametrize("question", ["", "  \n", "<image>", " <im<image>age> "])
def test_empty_question_is_refused(question: str) -> None:
    with pytest.raises(InputError, match="question is empty"):
        build_prompt(question)


def test_unknown_template_is_refused_with_the_known_names() -> None:
    with pytest.raises(ValueError, match="'vicuna_v2'; known are vicuna_v1, vicuna_v1_eval, plain"):
        get_conversation("vicuna_v2")
