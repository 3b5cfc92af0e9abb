import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emola.answer import read_action_units, read_emotion
from emola.taxonomy import ACTION_UNITS, EMOTIONS, Intensity, Side
from training.synthetic.text import ask, describe_action_units, describe_emotion, questions
from training.synthetic.truth import (
    Truth,
    UnitTruth,
    exclusive_pairs,
    intensity_letter,
    label_emotion,
    prototypes,
    sample_truth,
)

SEEDS = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def sampled():
    rng = np.random.default_rng(7)
    return [sample_truth(rng) for _ in range(1500)]


@settings(max_examples=300)
@given(SEEDS)
def test_the_action_unit_text_reads_back_as_the_truth(seed):
    rng = np.random.default_rng(seed)
    truth = sample_truth(rng)
    text = describe_action_units(truth, rng)
    expected = [(number, unit.side, unit.letter) for number, unit in truth.visible().items()]
    assert [(r.number, r.side, r.intensity) for r in read_action_units(text)] == expected
    assert [r.number for r in read_action_units(text, "paper")] == [number for number, *_ in expected]


@settings(max_examples=300)
@given(SEEDS)
def test_the_emotion_text_reads_back_as_the_truth(seed):
    rng = np.random.default_rng(seed)
    truth = sample_truth(rng)
    text = describe_emotion(truth, rng)
    assert read_emotion(text, "strict").label == truth.emotion
    assert read_emotion(text, "paper").label == truth.emotion
    strongest = sorted(truth.visible(), key=lambda n: -truth.action_units[n].intensity)[:4]
    assert {reading.number for reading in read_action_units(text)} == set(strongest)


def test_all_units_are_named_before_the_first_is_described(sampled):
    rng = np.random.default_rng(5)
    for truth in sampled[:300]:
        first = re.split(r"[.:]", describe_action_units(truth, rng))[0]
        assert re.findall(r"AU(\d+)", first) == [str(number) for number in truth.visible()], first


def test_how_a_text_begins_does_not_tell_what_it_will_say(sampled):
    """A greedy answer settles on the most frequent beginning; that must not settle the units or the emotion."""
    rng = np.random.default_rng(6)
    units, emotions = {}, {}
    for truth in sampled:
        begun = re.split(r"AU\d|no action unit", describe_action_units(truth, rng), flags=re.IGNORECASE)[0]
        units.setdefault(bool(truth.visible()), set()).add(begun)
        text = describe_emotion(truth, rng)
        kind = "neutral" if truth.emotion == "neutral" else "mixed" if truth.second_emotion else "single"
        emotions.setdefault(kind, set()).add(re.split(rf"a neutral|{truth.emotion}", text)[0])
    assert units[True] == units[False] and len(units[True]) == 5
    assert emotions["neutral"] == emotions["mixed"] == emotions["single"] and len(emotions["single"]) == 6


@pytest.mark.parametrize("number", ACTION_UNITS)
@pytest.mark.parametrize("side", Side)
def test_every_wording_of_a_unit_reads_back_with_side_and_intensity(number, side):
    if side is not Side.BOTH and number not in (2, 10, 12, 14, 15, 20):
        side = Side.BOTH
    for seed in range(40):
        rng = np.random.default_rng(seed)
        units = {number: UnitTruth(float(rng.uniform(0.15, 1.0)), side)}
        truth = Truth(units, *label_emotion(units))
        (reading,) = read_action_units(describe_action_units(truth, rng))
        assert (reading.number, reading.side, reading.intensity) == (number, side, units[number].letter)


def test_units_below_the_visible_threshold_are_not_named():
    truth = Truth({12: UnitTruth(0.1), 6: UnitTruth(0.14)}, "neutral", None, 0.0)
    for seed in range(30):
        text = describe_action_units(truth, np.random.default_rng(seed))
        assert read_action_units(text) == [] == read_action_units(text, "paper")
        assert len(text.split()) >= 40


def test_uneven_sides_are_said_in_the_right_order():
    text = describe_action_units(
        Truth({12: UnitTruth(0.7, asymmetry=0.5)}, "happiness", None, 0.7), np.random.default_rng(0)
    )
    assert "more on the left than on the right" in text


def test_texts_have_the_lengths_and_the_vocabulary_of_a_tiny_model(sampled):
    rng = np.random.default_rng(3)
    emotion_texts = [describe_emotion(truth, rng) for truth in sampled]
    unit_texts = [describe_action_units(truth, rng) for truth in sampled]
    assert 40 <= np.mean([len(text.split()) for text in emotion_texts]) <= 60
    lengths = [len(text.split()) for text in unit_texts]
    assert 80 <= np.mean(lengths) <= 130
    assert np.percentile(lengths, 99) <= 150
    everything = [*emotion_texts, *unit_texts, *questions("emotion"), *questions("au")]
    assert 450 <= len({word for text in everything for word in re.findall(r"\w+", text.lower())}) <= 900


def test_the_same_state_gives_the_same_text(sampled):
    texts = [describe_action_units(sampled[0], np.random.default_rng(5)) for _ in range(2)]
    assert texts[0] == texts[1]
    assert texts[0] != describe_action_units(sampled[0], np.random.default_rng(6))


def test_sampled_faces_are_anatomically_possible(sampled):
    for truth in sampled:
        units = truth.visible()
        assert not any(a in units and b in units for a, b in exclusive_pairs())
        assert 25 in units or not {26, 27, 16} & set(units)
        assert all(0.0 < unit.intensity <= 1.0 for unit in truth.action_units.values())
        assert (truth.emotion, truth.second_emotion, truth.strength) == label_emotion(truth.action_units)


def test_sampling_covers_every_unit_every_emotion_and_both_sides(sampled):
    assert {number for truth in sampled for number in truth.visible()} == set(ACTION_UNITS)
    assert {truth.emotion for truth in sampled} == set(EMOTIONS)
    assert {unit.side for truth in sampled for unit in truth.visible().values()} == set(Side)
    one_sided = np.mean([unit.side is not Side.BOTH for truth in sampled for unit in truth.visible().values()])
    assert 0.005 < one_sided < 0.1


def test_every_full_prototype_is_labelled_with_its_own_emotion():
    for prototype in prototypes():
        units = {n: UnitTruth((low + high) / 2) for n, probability, low, high in prototype.units if probability > 0.5}
        assert label_emotion(units)[0] == prototype.emotion, prototype.name


def test_a_lone_lowered_brow_is_neutral_and_far_combinations_too():
    assert label_emotion({4: UnitTruth(0.5)})[0] == "neutral"
    assert (
        label_emotion({2: UnitTruth(0.5), 14: UnitTruth(0.5), 16: UnitTruth(0.6), 43: UnitTruth(0.9)})[0] == "neutral"
    )


def test_sides_and_letters_follow_facs():
    uneven = UnitTruth(0.8, asymmetry=0.5)
    assert (uneven.left, uneven.right) == (0.8, pytest.approx(0.4))
    assert (UnitTruth(0.6, Side.LEFT).left, UnitTruth(0.6, Side.LEFT).right) == (0.6, 0.0)
    assert "".join(intensity_letter(x) for x in (0.15, 0.2, 0.4, 0.6, 0.8, 1.0)) == "ABCDEE"
    assert UnitTruth(0.59).letter is Intensity.C


@pytest.mark.parametrize("task", ["emotion", "au"])
def test_there_are_fifty_different_questions_a_task(task):
    assert len(set(questions(task))) == 50
    assert ask(task, np.random.default_rng(0)) in questions(task)


def test_an_unknown_task_is_refused():
    with pytest.raises(ValueError, match="'emotion' or 'au'"):
        questions("pose")


@pytest.mark.parametrize(
    ("occlusion", "parts"),
    [("sunglasses", "eyes"), ("hair", "brows"), ("hand", "mouth"), ("cut", "mouth"), ("mask", "nose and the mouth")],
)
@pytest.mark.parametrize("units", [{}, {12: 0.6}, {1: 0.5, 4: 0.5}])
def test_what_is_covered_is_said_and_never_called_at_rest(occlusion, parts, units):
    hidden = Truth({}, "neutral", None, 0.0, occlusion).hidden
    shown = {number: UnitTruth(level) for number, level in units.items() if number not in hidden}
    truth = Truth(shown, *label_emotion(shown), occlusion)
    for seed in range(25):
        rng = np.random.default_rng(seed)
        for text in (describe_action_units(truth, rng), describe_emotion(truth, rng)):
            assert re.search(rf"The {parts} cannot be (seen|judged)|said of the {parts} here", text), text
            rests = re.findall(r"[^.\n]*(?:rest|relaxed|smooth|usual place|straight ahead)[^.\n]*", text)
            covered = [part for part in ("eyes", "brow", "mouth", "lip") if part in parts.replace("brows", "brow")]
            assert not [rest for rest in rests for part in covered if part in rest.lower()], text
            assert {reading.number for reading in read_action_units(text)} == set(shown)
