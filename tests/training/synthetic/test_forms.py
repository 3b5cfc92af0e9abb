import json
from pathlib import Path

import numpy as np
import pytest

from emola.answer import read_action_units, read_emotion
from emola.errors import InputError
from emola.taxonomy import Side
from training.synthetic.dataset import DatasetPlan, make_dataset
from training.synthetic.text import compose_action_units, note_action_units, note_emotion
from training.synthetic.truth import Truth, UnitTruth, sample_truth
from training.synthetic.wrong import WrongPlan, plant
from training.synthetic.wrong.marks import apply_edits


@pytest.fixture(scope="module")
def truths():
    rng = np.random.default_rng(5)
    return [sample_truth(rng) for _ in range(400)]


def test_full_texts_are_as_long_as_those_of_faba_instruct_and_read_back(truths) -> None:
    texts = [compose_action_units(truth, np.random.default_rng(n), full=True).text for n, truth in enumerate(truths)]
    several = [len(text.split()) for text, truth in zip(texts, truths, strict=True) if len(truth.visible()) >= 3]
    assert 150 <= np.mean(several) <= 210
    for text, truth in zip(texts, truths, strict=True):
        expected = [(number, unit.side, unit.letter) for number, unit in truth.visible().items()]
        assert [(r.number, r.side, r.intensity) for r in read_action_units(text)] == expected


def test_brief_texts_say_the_same_in_codes(truths) -> None:
    units = {4: UnitTruth(0.5), 12: UnitTruth(0.3, Side.LEFT)}
    assert note_action_units(Truth(units, "sadness", "fear", 0.5)).text == "AU4 (C), AU12 left (B)."
    assert note_emotion(Truth(units, "sadness", "fear", 0.5)).text == "Sadness with fear, moderate."
    rest = Truth({}, "neutral", None, 0.0)
    assert (note_action_units(rest).text, note_emotion(rest).text) == ("No action unit.", "Neutral.")
    for truth in truths:
        assert [r.number for r in read_action_units(note_action_units(truth).text)] == list(truth.visible())
        assert read_emotion(note_emotion(truth).text).label == truth.emotion


@pytest.mark.parametrize("code", ["H1", "H2", "H3", "H4", "H8", "M1"])
def test_errors_are_planted_in_full_texts_too(truths, code) -> None:
    planted = 0
    for number, truth in enumerate(truths[:60]):
        description = compose_action_units(truth, np.random.default_rng(number), full=True)
        answer = plant(description, truth, [code], np.random.default_rng(number))
        if answer is not None:
            planted += 1
            assert apply_edits(answer.text, answer.edits) == description.text
    assert planted > 20


def test_a_data_set_has_the_form_asked_for(tmp_path: Path) -> None:
    make_dataset(DatasetPlan(tmp_path / "brief", 4, 2, form="brief"))
    rows = json.loads((tmp_path / "brief/train/train_au_anno.json").read_text())
    assert all(len(row["conversations"][1]["value"]) < 80 for row in rows)
    assert json.loads((tmp_path / "brief/dataset.json").read_text())["form"] == "brief"
    with pytest.raises(InputError, match="leave --wrong or --form out"):
        make_dataset(DatasetPlan(tmp_path / "x", 4, 2, WrongPlan(0.5), form="brief"))
