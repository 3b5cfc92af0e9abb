import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from emola import engine
from emola.errors import EmolaError, InputError, PriorError
from emola.model import EmolaProcessor
from emola.settings import GenerationSettings

QUESTION = "What is seen?"


@pytest.fixture
def loaded(tiny_model, byte_tokenizer):
    """A loaded random model that never ends an answer by itself."""
    processor = EmolaProcessor.from_config(tiny_model.config, byte_tokenizer)
    return SimpleNamespace(
        model=tiny_model, processor=processor, name="random", device=torch.device("cpu"), dtype=torch.float32
    )


@pytest.fixture
def prior(make_prior):
    return make_prior(np.linspace(-1, 1, 6, dtype=np.float32))


def ask(loaded, picture, prior, settings, cancel=None, question=QUESTION):
    return engine.stream_text(loaded, picture, prior, question, settings, cancel or threading.Event())


def test_the_pieces_joined_are_what_generate_returns(loaded, picture, prior, monkeypatch):
    monkeypatch.setattr(engine, "UPDATE_INTERVAL_S", 0.0)
    settings = GenerationSettings(max_new_tokens=24)
    pieces = list(ask(loaded, picture, prior, settings))
    inputs = loaded.processor([loaded.processor.build_prompt(QUESTION)], images=[picture], priors=[prior])
    ids = loaded.model.generate(**inputs, max_new_tokens=24, do_sample=False)
    expected = loaded.processor.tokenizer.decode(ids[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    assert "".join(pieces) == expected
    assert len(pieces) > 5


def test_updates_are_bundled(loaded, picture, prior, monkeypatch):
    monkeypatch.setattr(engine, "UPDATE_INTERVAL_S", 60.0)
    assert len(list(ask(loaded, picture, prior, GenerationSettings(max_new_tokens=40)))) == 2


def count_steps(loaded):
    """Count the forward passes of the model from now on."""
    steps = []
    loaded.model.register_forward_hook(lambda *_: steps.append(1))
    return steps


def test_cancel_stops_within_two_tokens(loaded, picture, prior, monkeypatch):
    monkeypatch.setattr(engine, "UPDATE_INTERVAL_S", 0.0)
    steps, cancel = count_steps(loaded), threading.Event()
    pieces = ask(loaded, picture, prior, GenerationSettings(max_new_tokens=900), cancel)
    next(pieces)
    cancel.set()
    at_cancel = len(steps)
    list(pieces)
    assert len(steps) - at_cancel <= 2


def test_closing_the_iterator_stops_the_model(loaded, picture, prior, monkeypatch):
    monkeypatch.setattr(engine, "UPDATE_INTERVAL_S", 0.0)
    steps, cancel = count_steps(loaded), threading.Event()
    pieces = ask(loaded, picture, prior, GenerationSettings(max_new_tokens=900), cancel)
    next(pieces)
    pieces.close()
    ended = len(steps)
    assert not cancel.is_set() and ended < 200
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("emola-generation")]


def test_an_answer_that_ends_leaves_the_event_for_the_next_one(loaded, picture, prior):
    cancel = threading.Event()
    for _ in range(2):
        assert "".join(ask(loaded, picture, prior, GenerationSettings(max_new_tokens=5), cancel))
    assert not cancel.is_set()


def test_sampling_is_repeatable_by_its_seed(loaded, picture, prior):
    def text(seed):
        return "".join(ask(loaded, picture, prior, GenerationSettings(20, temperature=2.0, seed=seed)))

    assert text(1) == text(1) != text(2)


def test_a_prior_alone_and_a_picture_alone_are_enough(loaded, picture, prior):
    settings = GenerationSettings(max_new_tokens=12)
    answers = {"".join(ask(loaded, *given, settings)) for given in ((picture, None), (None, prior), (picture, prior))}
    assert len(answers) == 3


def test_a_long_question_is_refused_in_one_sentence(loaded, picture, prior):
    with pytest.raises(InputError, match="too long"):
        list(ask(loaded, picture, prior, GenerationSettings(), question="why " * 400))


def test_an_answer_ends_where_the_context_ends(loaded, picture, prior):
    question = "x" * 990
    assert len("".join(ask(loaded, picture, prior, GenerationSettings(), question=question))) <= 34


def test_a_question_of_nothing_but_the_placeholder_is_refused(loaded, picture, prior):
    with pytest.raises(InputError, match="empty"):
        list(ask(loaded, picture, prior, GenerationSettings(), question="<image>"))


def test_a_foreign_prior_is_refused(loaded, picture, make_prior):
    foreign = make_prior(np.zeros(6, dtype=np.float32), recipe="mediapipe-106")
    with pytest.raises(PriorError, match="mediapipe-106"):
        list(ask(loaded, picture, foreign, GenerationSettings()))


def test_a_failing_model_reaches_the_reader(loaded, picture, prior):
    def broken(*_):
        raise RuntimeError("kernel died")

    loaded.model.register_forward_hook(broken)
    with pytest.raises(EmolaError, match="kernel died"):
        list(ask(loaded, picture, prior, GenerationSettings()))


def test_two_answers_at_once_do_not_mix(loaded, picture, prior):
    settings = GenerationSettings(max_new_tokens=30)
    alone = ["".join(ask(loaded, picture, prior, settings, question=q)) for q in ("one", "two")]
    results: dict[str, str] = {}
    threads = [
        threading.Thread(
            target=lambda q=q: results.setdefault(q, "".join(ask(loaded, picture, prior, settings, question=q)))
        )
        for q in ("one", "two")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [results["one"], results["two"]] == alone


@pytest.mark.parametrize(("field", "value"), [("max_new_tokens", 0), ("temperature", -1), ("top_p", 0), ("top_p", 1.1)])
def test_settings_refuse_impossible_values(field, value):
    with pytest.raises(ValueError, match=field):
        GenerationSettings(**{field: value})
