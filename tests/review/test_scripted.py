"""The scripted reviewer: what it corrects through the store is, word for word, what was there before the errors."""

import json

from review.loop_releases import corrected_sample
from training.synthetic.dataset import DatasetPlan, make_dataset
from training.synthetic.wrong import WrongPlan


def test_every_planted_error_is_taken_back_word_for_word(tmp_path):
    sample = tmp_path / "sample"
    make_dataset(DatasetPlan(sample, 60, 21, WrongPlan(1.0, 3, habits=True), eval_share=0.0), progress=lambda *_: None)
    correct = {}
    for line in (sample / "train" / "errors.jsonl").read_text().splitlines():
        error = json.loads(line)
        correct[error["task"], error["image"]] = error["correct_text"]
    assert len(correct) > 50
    release = corrected_sample(sample, tmp_path)
    for task in ("au", "emotion"):
        before = json.loads((sample / "train" / f"train_{task}_anno.json").read_text())
        after = {row["image"]: row for row in json.loads((release / "sft" / f"train_{task}_anno.json").read_text())}
        assert len(after) == len(before) == 60
        for row in before:
            said = row["conversations"][-1]["value"]
            assert after[row["image"]]["conversations"][-1]["value"] == correct.get((task, row["image"]), said)
