import re
import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emola.answer import read_action_units, read_emotion
from emola.taxonomy import Side
from training.synthetic.text.action_units import UnitDescription, compose_action_units
from training.synthetic.text.emotions import compose_emotion
from training.synthetic.truth import Truth, UnitTruth, exclusive_pairs, label_emotion, sample_truth
from training.synthetic.wrong import CODES, WrongPlan, choose_wrong, plant
from training.synthetic.wrong.habits import by_habit, habits
from training.synthetic.wrong.marks import Edit, apply_edits, edits_to

FACES = 100


def compose(seed: int):
    rng = np.random.default_rng(seed)
    truth = sample_truth(rng)
    return compose_action_units(truth, rng), compose_emotion(truth, rng), truth


@pytest.fixture(scope="module")
def descriptions():
    made = (compose(seed) for seed in range(FACES))
    return [(text, truth) for units, emotion, truth in made for text in (units, emotion)]


@pytest.fixture(scope="module")
def wrong(descriptions):
    """Return every description in which one error was planted: code, description, truth, answer."""
    found = []
    for code in CODES:
        for number, (description, truth) in enumerate(descriptions):
            answer = plant(description, truth, [code], np.random.default_rng(number))
            if answer is not None:
                found.append((code, description, truth, answer))
    return found


def of_code(wrong, *codes):
    return [(description, truth, answer, *answer.errors) for code, description, truth, answer in wrong if code in codes]


def numbers(text: str) -> set[int]:
    return {reading.number for reading in read_action_units(text)}


def test_edits_give_back_the_correct_text_and_cover_the_wrong_words(wrong) -> None:
    assert {code for code, *_ in wrong} == set(CODES)
    for code, description, _, answer in wrong:
        (error,) = answer.errors
        assert error.code == code and answer.correct_text == description.text != answer.text
        assert apply_edits(answer.text, answer.edits) == answer.correct_text
        assert unicodedata.is_normalized("NFC", answer.text) and not re.search("[\ue000-\uf8ff]", answer.text)
        assert 0 <= error.start <= error.end <= len(answer.text)
        assert (error.start == error.end) == (code == "M1")
        near = [edit for edit in answer.edits if edit.start <= error.end + 4 and error.start - 4 <= edit.end]
        assert near, (code, answer)


def test_outside_the_offsets_only_consequences_change(wrong) -> None:
    for code, _, _, answer in wrong:
        (error,) = answer.errors
        rest = {
            answer.text[edit.start : edit.end] for edit in answer.edits if edit.start > error.end + 1
        }  # a space behind is part of the last word
        if code in ("H3", "H4", "H5", "H9", "H0", "S1"):
            assert not rest, (code, rest)


def test_an_absent_unit_is_claimed_at_its_place(wrong) -> None:
    for description, truth, answer, error in of_code(wrong, "H1"):
        assert error.action_unit not in truth.action_units and error.action_unit not in truth.hidden
        assert error.said["action_unit"] == error.action_unit and error.right == {}
        assert not any(error.action_unit in pair and set(pair) & set(truth.visible()) for pair in exclusive_pairs())
        span = answer.text[error.start : error.end]
        assert error.action_unit in numbers(span)
        assert numbers(answer.text) >= numbers(description.text) | {error.action_unit}
        if isinstance(description, UnitDescription):
            listed = [int(n) for n in re.findall(r"AU(\d+)(?: - | \()", answer.text)]
            assert listed == sorted(listed) and span.startswith(f"AU{error.action_unit}")


def test_a_covered_unit_is_claimed_only_where_the_face_is_covered(wrong) -> None:
    found = of_code(wrong, "H7")
    assert found
    for _, truth, answer, error in found:
        assert error.action_unit in truth.hidden
        assert numbers(answer.text[error.start : error.end]) == {error.action_unit}


def test_another_unit_is_named_or_numbered(wrong) -> None:
    renamed = 0
    for description, truth, answer, error in of_code(wrong, "H2"):
        said, right = error.said["action_unit"], error.right["action_unit"]
        assert right == error.action_unit and right in truth.visible() and said not in truth.visible()
        if answer.text[error.start : error.end].startswith("AU"):
            assert numbers(answer.text) == numbers(description.text) - {right} | {said}
            assert f"AU{right}" not in re.findall(r"AU\d+", answer.text)
        else:
            renamed += 1
            assert re.search(rf"AU{right}\W+$", answer.text[: error.start])
    assert renamed


def test_the_side_is_the_wrong_one(wrong) -> None:
    kinds: Counter[Side] = Counter()
    for _, truth, answer, error in of_code(wrong, "H3"):
        unit = truth.visible()[error.action_unit]
        said, right = Side(error.said["side"]), Side(error.right["side"])
        assert said is not right and said.value in answer.text[error.start : error.end]
        stronger = {1.0: Side.LEFT, -1.0: Side.RIGHT, 0.0: Side.BOTH}[float(np.sign(unit.asymmetry))]
        assert right in (unit.side, stronger)
        kinds[right] += 1
    assert set(kinds) == set(Side)


def test_the_intensity_is_two_letters_off(wrong) -> None:
    for _, truth, answer, error in of_code(wrong, "H4"):
        right = truth.visible()[error.action_unit].letter
        assert error.right == {"intensity": right}
        assert abs("ABCDE".index(error.said["intensity"]) - "ABCDE".index(right)) >= 2
        (reading,) = [r for r in read_action_units(answer.text) if r.number == error.action_unit]
        assert reading.intensity == error.said["intensity"]


def test_the_emotion_is_one_the_units_do_not_show(wrong) -> None:
    for _, truth, answer, error in of_code(wrong, "H6"):
        assert answer.text[error.start : error.end] == error.said["emotion"] == read_emotion(answer.text).label
        assert error.right == {"emotion": truth.emotion} != error.said


def test_a_visible_unit_is_left_out_without_a_trace(wrong) -> None:
    for description, truth, answer, error in of_code(wrong, "M1"):
        unit = truth.visible()[error.action_unit]
        assert error.right == {"action_unit": error.action_unit, "side": unit.side, "intensity": unit.letter}
        assert numbers(answer.text) == numbers(description.text) - {error.action_unit}
        assert not re.search(rf"AU{error.action_unit}\b", answer.text)
        listed = [int(n) for n in re.findall(r"^(\d+)\. ", answer.text, re.MULTILINE)]
        assert listed == list(range(1, len(listed) + 1))


def test_a_part_that_moves_is_called_at_rest(wrong) -> None:
    for _, truth, answer, error in of_code(wrong, "H8"):
        assert error.action_unit in truth.visible()
        assert re.search(r"\b(?:rest|smooth|relaxed|usual place)\b", answer.text[error.start : error.end])


def test_sentences_beside_the_matter_change_no_label(wrong) -> None:
    for description, truth, answer, error in of_code(wrong, "H5", "H9", "H0"):
        assert numbers(answer.text) == numbers(description.text)
        assert error.action_unit is None and error.said == error.right == {}
        if not isinstance(description, UnitDescription):
            assert read_emotion(answer.text).label == truth.emotion


@settings(max_examples=150)
@given(st.integers(0, 2**32 - 1), st.permutations(CODES), st.integers(1, 4))
def test_several_errors_can_be_told_apart(seed, codes, count) -> None:
    units, emotion, truth = compose(seed)
    for description in (units, emotion):
        answer = plant(description, truth, codes[:count], np.random.default_rng(seed))
        if answer is None:
            continue
        assert [error.code for error in answer.errors] == codes[:count]
        assert apply_edits(answer.text, answer.edits) == description.text
        concerned = [error.action_unit for error in answer.errors if error.action_unit is not None]
        assert len(concerned) == len(set(concerned))


@given(st.text("ab ,.\n", max_size=40), st.text("ab ,.\n", max_size=40))
def test_edits_turn_any_text_into_any_other(wrong_text, correct) -> None:
    edits = edits_to(correct, wrong_text)
    assert apply_edits(wrong_text, edits) == correct
    assert list(edits) == sorted(edits, key=lambda edit: edit.start)


def test_edits_are_words() -> None:
    assert edits_to("2. AU6 is faint.", "3. AU6 is strong.") == (Edit(0, 1, "2"), Edit(10, 16, "faint"))


def test_the_share_is_exact_and_the_codes_are_even(descriptions) -> None:
    answers = choose_wrong(descriptions, WrongPlan(0.3), (5,))
    assert len(answers) == round(0.3 * len(descriptions))
    counts = Counter(error.code for answer in answers.values() for error in answer.errors)
    everywhere = [counts[code] for code in CODES if code != "H7"]
    assert max(everywhere) - min(everywhere) <= 3 and counts["H7"] > 0
    assert (
        answers == choose_wrong(descriptions, WrongPlan(0.3), (5,)) != choose_wrong(descriptions, WrongPlan(0.3), (6,))
    )


def test_more_errors_are_planted_where_they_fit(descriptions) -> None:
    answers = choose_wrong(descriptions, WrongPlan(0.1, 3), (5,))
    assert {len(answer.errors) for answer in answers.values()} == {3}


def test_uncovered_faces_get_no_claim_about_covered_regions() -> None:
    units = {12: UnitTruth(0.7), 25: UnitTruth(0.5)}
    truth = Truth(units, *label_emotion(units))
    rng = np.random.default_rng(0)
    assert plant(compose_action_units(truth, rng), truth, ["H7"], rng) is None
    assert plant(compose_emotion(truth, rng), truth, ["H2"], rng) is None


@pytest.mark.parametrize("codes", [[], ["H1", "H1"], ["H12"]])
def test_impossible_codes_are_refused(codes) -> None:
    units, _, truth = compose(1)
    with pytest.raises(ValueError, match="different ones of H1"):
        plant(units, truth, codes, np.random.default_rng(0))


def test_habits_are_said_where_the_face_gives_occasion_and_nowhere_else(descriptions) -> None:
    tried, made = Counter(), Counter()
    for number, (description, truth) in enumerate(descriptions):
        task = "au" if isinstance(description, UnitDescription) else "emotion"
        due = [h for h in habits() if h.task == task and h.has_occasion(truth.visible(), truth.emotion)]
        answer = by_habit(description, truth, 3, np.random.default_rng(number))
        errors = answer.errors if answer else ()
        assert len(errors) <= min(3, len(due))
        for error in errors:
            said = {error.action_unit, error.said.get("emotion")} - {None}
            (habit,) = [h for h in due if h.code == error.code and said == {h.wish.unit or h.wish.emotion}]
            made[habit.name] += 1
        tried.update(habit.name for habit in due)
        if answer:
            assert apply_edits(answer.text, answer.edits) == description.text == answer.correct_text
    assert set(made) == {habit.name for habit in habits()}
    assert sum(made.values()) > 0.75 * sum(tried.values())


def test_only_descriptions_with_an_occasion_become_wrong_by_habit(descriptions) -> None:
    every = choose_wrong(descriptions, WrongPlan(1.0, 3, habits=True), (1,))
    some = choose_wrong(descriptions, WrongPlan(0.3, 3, habits=True), (1,))
    assert 0.3 * len(descriptions) == len(some) < len(every) < len(descriptions)
    assert set(some) < set(every) and all(some[position] == every[position] for position in some)
