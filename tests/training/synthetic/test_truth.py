import numpy as np
import pytest

from training.synthetic.truth import Truth, UnitTruth, label_emotion, label_margin, prototypes, sample_truth


def shown(**units: float) -> dict[int, UnitTruth]:
    return {int(name[2:]): UnitTruth(value) for name, value in units.items()}


@pytest.fixture(scope="module")
def sampled() -> list[Truth]:
    rng = np.random.default_rng(11)
    return [sample_truth(rng) for _ in range(1500)]


def test_label_follows_the_nearest_prototype() -> None:
    assert label_emotion(shown(AU6=0.8, AU12=0.9, AU25=0.5))[0] == "happiness"
    assert label_emotion(shown(AU1=0.8, AU4=0.7, AU15=0.8))[0] == "sadness"
    assert label_emotion(shown(AU12=0.1)) == ("neutral", None, 0.0)  # below what can be seen
    assert label_emotion({}) == ("neutral", None, 0.0)


def test_margin_by_hand() -> None:
    assert label_margin({}) == 1.0
    rest_of = next(p for p in prototypes() if p.name == "eyes closed")
    assert rest_of.units[0][0] == 43
    assert label_margin(shown(AU43=1.0)) == pytest.approx(1.0 - 0.45, abs=0.2)  # "crying" is the next one


def test_sampled_faces_are_clear(sampled) -> None:
    intensities = [unit.intensity for truth in sampled for unit in truth.visible().values()]
    traces = np.mean(np.array(intensities) < 0.2)
    assert 0.002 < traces < 0.03 and np.mean(np.array(intensities) >= 0.3) > 0.95
    assert np.mean([label_margin(truth.action_units) >= 0.06 for truth in sampled]) > 0.99
    assert all(truth.emotion == label_emotion(truth.action_units)[0] for truth in sampled)


def test_every_unit_and_emotion_is_seen_often_enough(sampled) -> None:
    counts = np.zeros(64)
    for truth in sampled:
        counts[list(truth.visible())] += 1
    assert counts[[1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 16, 17, 20, 23, 24, 25, 26, 27, 43]].min() > 0.03 * len(sampled)
    emotions = [truth.emotion for truth in sampled]
    assert min(emotions.count(name) for name in set(emotions)) > 0.08 * len(sampled) and len(set(emotions)) == 7


def test_what_is_covered_is_neither_shown_nor_named(sampled) -> None:
    covered = [truth for truth in sampled if truth.occlusion]
    assert 0.05 < len(covered) / len(sampled) < 0.12
    assert {truth.occlusion for truth in covered} == {"mask", "scarf", "hand", "sunglasses", "hair", "cut"}
    assert all(truth.hidden and not truth.hidden & set(truth.action_units) for truth in covered)
    assert all(not truth.hidden for truth in sampled if not truth.occlusion)
