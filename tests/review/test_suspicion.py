"""What makes a description suspicious, and in which order descriptions are looked at."""

import numpy as np
import pytest

from emola.faces.alignment import base_vertices
from review.claims import parse_claims
from review.intensities import intensity_reasons
from review.learning import auc, calibrate, out_of_fold
from review.lint import lint
from review.other_texts import MentionRates, measure_rates, pair_reasons, pairs_of
from review.ranking import judge_all
from review.shapes import shape_reasons
from review.suspicion import (
    ClaimFacts,
    DescriptionFacts,
    EvidenceFacts,
    FindingFacts,
    Reason,
    judge_suspicion,
    own_reasons,
    weights,
)
from training.synthetic.text import compose_action_units, compose_emotion
from training.synthetic.truth import sample_truth
from training.synthetic.wrong import WrongPlan, choose_wrong

FACES = 200
LOWER_LIP = 14
IRIS_RING = ((0.66, -0.4, 0), (0, 0.26, 0), (-0.66, -0.4, 0), (0, -1.06, 0))


def facts_of(number, image, task, text):
    claims = parse_claims(text, task)
    return DescriptionFacts(
        number,
        image,
        task,
        tuple(ClaimFacts(c.ord, c.kind, c.units, c.emotion, c.side, c.intensity, c.negated) for c in claims),
        tuple(FindingFacts(f.kind, f.message, f.claim_ord) for f in lint(text, claims, task)),
    )


def kinds(reasons):
    return {reason.kind for reason in reasons}


def test_without_reasons_the_score_is_that_of_the_bias():
    assert judge_suspicion([]).score == pytest.approx(1 / (1 + np.exp(-weights()["bias"])))


def test_reasons_add_up_and_further_ones_of_a_kind_count_less():
    one, two = Reason("a", "x", 2.0), Reason("b", "y", 1.0)
    total = weights()["bias"] + 2.0 + 1.0 + weights()["again"] * 2.0
    judged = judge_suspicion([two, one, one])
    assert judged.score == pytest.approx(1 / (1 + np.exp(-total)))
    assert [reason.kind for reason in judged.reasons] == ["a", "a", "b"]


def test_what_speaks_for_a_text_lowers_the_score_and_is_not_listed():
    judged = judge_suspicion([Reason("geometry_supports", "x", -1.0)])
    assert judged.score < judge_suspicion([]).score
    assert judged.reasons == ()


def test_lint_geometry_and_models_are_reasons_in_words():
    facts = DescriptionFacts(
        1,
        1,
        "au",
        (),
        (FindingFacts("name_number", "AU2 is another", 3),),
        (
            EvidenceFacts(3, "geometry", "contradicts", "The lips are closed.", "measurable"),
            EvidenceFacts(3, "model", "contradicts", "The model does not name AU25."),
            EvidenceFacts(3, "geometry", "unclear", "Nothing can be said.", "measurable"),
        ),
    )
    found = own_reasons(facts)
    assert [(r.kind, r.text, r.claim_ord) for r in found] == [
        ("name_number", "AU2 is another.", 3),
        ("geometry_contradicts", "The lips are closed.", 3),
        ("model_contradicts", "The model does not name AU25.", 3),
    ]


RATES = MentionRates(dict.fromkeys(range(9), 0.95), 0.95)


def test_two_texts_about_a_picture_are_held_against_each_other():
    units = facts_of(
        1, 1, "au", "1. AU4 - Brow lowerer: The brows are lowered.\n2. AU12 - Lip corner puller: The left corner is up."
    )
    emotion = facts_of(2, 1, "emotion", "The person is angry. The brows are lowered and the nose is wrinkled.")
    of_units, of_emotion = pair_reasons(units, emotion, RATES)
    assert kinds(of_units) == {"other_text_unit", "other_text_omission"}
    assert kinds(of_emotion) == {"other_text_unit"}
    assert any("AU9" in reason.text for reason in of_emotion)


def test_a_side_that_only_one_text_states_is_a_reason_for_both():
    units = facts_of(1, 1, "au", "1. AU12 - Lip corner puller: The left lip corner is pulled up.")
    emotion = facts_of(2, 1, "emotion", "The person is happy. The right lip corner is pulled up.")
    (own,), (other,) = pair_reasons(units, emotion, RATES)
    assert own.kind == other.kind == "other_text_side"
    assert "says left, the other text about this picture right" in own.text
    assert own.weight == weights()["other_text"]["opposite_sides"]


def test_rates_are_learned_and_a_common_difference_says_nothing():
    units = facts_of(1, 1, "au", "AU4 and AU12 are visible.")
    emotion = facts_of(2, 1, "emotion", "The person is happy. The lip corners are pulled up.")
    rates = measure_rates([(units, emotion)] * 100)
    assert rates.unit_text_names == pytest.approx(101 / 102)
    assert rates.emotion_text_names[2] == pytest.approx(0.5)
    assert [r.weight for r in pair_reasons(units, emotion, rates)[0]] == [0.0]


def test_only_texts_about_one_picture_are_paired():
    a, b, c = (
        DescriptionFacts(i, image, task, ()) for i, image, task in ((1, 1, "au"), (2, 1, "emotion"), (3, 2, "emotion"))
    )
    assert pairs_of([a, b, c]) == [(a, b)]


def test_auc_and_calibration_by_hand():
    assert auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0.0, 0.0, 1.0, 1.0])) == 0.75
    scores, labels = np.array([0.0, 0.0, 1.0, 1.0] * 50), np.array([0.0, 0.0, 0.0, 1.0] * 50)
    slope, offset = calibrate(scores, labels)
    assert 1 / (1 + np.exp(-(slope + offset))) == pytest.approx(0.5, abs=0.02)


def test_no_face_is_scored_by_its_own_label():
    rng = np.random.default_rng(0)
    features, rows = rng.normal(size=(60, 5)), np.arange(60)
    labels = np.zeros(60)
    before = out_of_fold(features, rows, labels)
    labels[7] = 1.0
    assert out_of_fold(features, rows, labels)[7] == before[7] == 0.0


def test_an_intensity_that_stands_out_is_a_reason():
    text = (
        "1. AU4 - Brow lowerer: The brows are lowered, intensity {}.\n"
        "2. AU9 - Nose wrinkler: The nose wrinkles, intensity {}."
    )
    letters = ["B", "C", "D"]
    every = [facts_of(i, i, "au", text.format(letters[i % 3], letters[i % 3])) for i in range(60)]
    every.append(facts_of(99, 99, "au", text.format("B", "E")))
    found = dict(intensity_reasons(every, {}))
    assert set(found) == {99}
    assert "intensity E" in found[99].text or "intensity B" in found[99].text


def meshes_that_open(number):
    """Meshes of the base face in pixels whose lower lip is lowered in every second one, with some noise."""
    rng = np.random.default_rng(3)
    base = base_vertices()
    irises = [base[upper] + shift for upper in (159, 386) for shift in ((0, -0.4, 0), *IRIS_RING)]
    face = np.concatenate([base, np.array(irises)]) * (1.0, -1.0, -1.0)
    meshes = {}
    for image in range(number):
        meshes[image] = (face + rng.normal(scale=0.02, size=face.shape)) * 10 + 100
        meshes[image][LOWER_LIP, 1] += 15.0 * (image % 2)
    return meshes


def test_a_unit_that_the_face_does_not_show_is_a_reason():
    meshes = meshes_that_open(80)
    texts = {image: "AU25 is visible." if image % 2 else "AU4 is visible." for image in meshes}
    texts[10], texts[11] = texts[11], texts[10]
    every = [facts_of(image, image, "au", text) for image, text in texts.items()]
    found = shape_reasons(every, meshes)
    assert "shape_absent" in kinds(found[10])
    assert "shape_omission" in kinds(found[11])
    assert any("AU25" in reason.text for reason in found[10])
    assert "shape_absent" not in kinds(found[13])


def test_too_few_faces_teach_nothing():
    meshes = meshes_that_open(6)
    every = [facts_of(image, image, "au", "AU25 is visible.") for image in meshes]
    assert not shape_reasons(every, meshes)


def test_most_planted_errors_stand_in_the_first_third_without_any_picture():
    truths = [sample_truth(np.random.default_rng([5, i])) for i in range(FACES)]
    descriptions = [(compose_action_units(t, np.random.default_rng([6, i])), t) for i, t in enumerate(truths)]
    descriptions += [(compose_emotion(t, np.random.default_rng([7, i])), t) for i, t in enumerate(truths)]
    wrong = choose_wrong(descriptions, WrongPlan(0.2), (8,))
    every = []
    for number, (description, _) in enumerate(descriptions):
        text = wrong[number].text if number in wrong else description.text
        every.append(facts_of(number, number % FACES, "emotion" if number >= FACES else "au", text))
    judged = judge_all(every, {})
    first = sorted(judged, key=lambda number: (-judged[number].score, number))[: round(0.3 * len(every))]
    assert len(wrong) == 80
    assert len(set(first) & set(wrong)) >= 0.8 * len(wrong)
