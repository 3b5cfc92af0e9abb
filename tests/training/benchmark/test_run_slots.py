import pytest
import torch

from emola.model.loading import load_model
from emola.settings import GenerationSettings
from training.benchmark.slots import Job, SlotDecoder
from training.benchmark.token_choice import TokenChoice, random_stream

ENDS = frozenset({2, *range(40, 64)})
GREEDY = GenerationSettings(max_new_tokens=40)


@pytest.fixture(scope="module")
def loaded(model_folder):
    return load_model(model_folder, device="cpu", dtype="float32")


@pytest.fixture(scope="module")
def jobs(loaded):
    """Thirteen questions of different lengths about different faces."""
    found = []
    for index in range(13):
        generator = torch.Generator().manual_seed(index)
        words = torch.randint(70, 260, (1 + 5 * (index % 4),), generator=generator).tolist()
        ids = torch.tensor([[1, *[260] * 5, *words]])
        inputs = {
            "input_ids": ids,
            "pixel_values": torch.randn(1, 3, 28, 28, generator=generator),
            "prior": torch.randn(1, 212, generator=generator),
        }
        found.append(Job(("au", str(index)), inputs))
    return found


def decode(loaded, jobs, slots, settings=GREEDY, context=192, ends=ENDS):
    decoder = SlotDecoder(
        loaded.model,
        TokenChoice(settings),
        end_ids=ends,
        pad_id=0,
        slots=slots,
        max_new_tokens=settings.max_new_tokens,
        context=context,
    )
    finished = list(decoder.decode(jobs))
    assert len(finished) == len(jobs)
    return {done.key: (done.ids, done.ended) for done in finished}


def test_answers_differ_in_length_so_that_slots_are_refilled(loaded, jobs):
    lengths = {len(ids) for ids, _ in decode(loaded, jobs, 1).values()}
    assert len(lengths) > 5


@pytest.mark.parametrize("slots", [2, 5, 13, 32])
def test_batched_answers_equal_those_of_batch_size_one_token_for_token(loaded, jobs, slots):
    assert decode(loaded, jobs, slots) == decode(loaded, jobs, 1)


def test_greedy_answers_equal_those_of_generate(loaded, jobs):
    found = decode(loaded, jobs, 4)
    for job in jobs:
        ids = loaded.model.generate(
            **job.inputs,
            attention_mask=torch.ones_like(job.inputs["input_ids"]),
            do_sample=False,
            max_new_tokens=40,
            eos_token_id=sorted(ENDS),
        )[0, job.inputs["input_ids"].shape[1] :].tolist()
        said, ended = found[job.key]
        assert ids == said + ids[len(said) :]
        assert ended == (ids[-1] in ENDS) and len(ids) == len(said) + ended


def test_sampled_answers_depend_on_the_question_and_the_seed_alone(loaded, jobs):
    settings = GenerationSettings(max_new_tokens=20, temperature=1.0, top_p=0.9, seed=3)
    alone = decode(loaded, jobs, 1, settings)
    assert decode(loaded, list(reversed(jobs)), 5, settings) == alone
    other = GenerationSettings(max_new_tokens=20, temperature=1.0, top_p=0.9, seed=4)
    assert decode(loaded, jobs, 5, other) != alone
    assert decode(loaded, jobs, 5, GenerationSettings(max_new_tokens=20)) != alone


def test_answers_stop_at_the_limit_and_at_the_end_of_the_context(loaded, jobs):
    found = decode(loaded, jobs, 4, GenerationSettings(max_new_tokens=7), ends=frozenset())
    assert all(len(ids) == 7 and not ended for ids, ended in found.values())
    found = decode(loaded, jobs, 4, context=25, ends=frozenset())
    for job in jobs:
        assert len(found[job.key][0]) == 25 - job.inputs["input_ids"].shape[1]


def test_no_question_gives_no_answer(loaded):
    assert decode(loaded, [], 4) == {}


def test_drawn_tokens_follow_the_distribution():
    choice = TokenChoice(GenerationSettings(temperature=1.0, top_p=1.0))
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.2]]))
    stream = random_stream(0, ("au", "x"))
    drawn = [int(choice.scores(logits, [stream]).argmax()) for _ in range(4000)]
    shares = torch.bincount(torch.tensor(drawn), minlength=3) / 4000
    assert torch.allclose(shares, torch.tensor([0.5, 0.3, 0.2]), atol=0.03)


def test_top_p_leaves_only_the_likely_tokens():
    choice = TokenChoice(GenerationSettings(temperature=1.0, top_p=0.5))
    logits = torch.log(torch.tensor([[0.6, 0.3, 0.1]]))
    stream = random_stream(0, ("au", "x"))
    assert {int(choice.scores(logits, [stream]).argmax()) for _ in range(50)} == {0}
