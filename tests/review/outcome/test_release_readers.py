"""A release as training and the benchmark read it: the two sides share no code, only these files."""

import json

import numpy as np
import pytest
from PIL import Image as Picture
from sqlalchemy import select

from review.records import EmotionState, VerdictState
from review.schema import Image
from training.benchmark.data_source import open_source
from training.benchmark.report_release import read_release
from training.data.samples import read_faba
from training.lora.pairs import read_pairs

REWRITTEN = VerdictState("wrong", "H2", 2, 10, "AU10 - Upper Lip Raiser: The upper lip is drawn up.")
EMOTION_TEXT = "The face shows sadness. The corners of the mouth are pulled down."


@pytest.fixture
def folder(describe, make_campaign, make_user, review, release, database, tmp_path):
    """A release of two trained and two evaluated texts, with their pictures and priors on disk."""
    (tmp_path / "landmarks").mkdir()
    (tmp_path / "images").mkdir()
    np.save(tmp_path / "landmarks" / "1.npy", np.zeros(212, np.float32))
    for split in ("train", "eval"):
        for task in ("au", "emotion"):
            options = {} if task == "au" else {"text": EMOTION_TEXT, "task": "emotion"}
            label = {"au": "4, 9", "emotion": "1"}[task] if split == "eval" else None
            number = describe(split=split, label=label, **options)
            wrong = {9: REWRITTEN} if task == "au" else None
            emotion = EmotionState("disgust") if task == "emotion" else None
            review(make_campaign(ids=(number,)), make_user(), number, wrong=wrong, emotion=emotion)
    with database.read() as session:
        for name in session.scalars(select(Image.rel_path)):
            Picture.new("RGB", (24, 24), (200, 150, 120)).save(tmp_path / name)
    return release()


def test_training_data(folder, tmp_path):
    for task in ("au", "emotion"):
        path = folder / f"sft/train_{task}_anno.json"
        samples, report = read_faba(path, tmp_path, task, faults="refuse")
        (record,) = json.loads(path.read_text())
        assert report.used == 1
        assert samples[0].answer == record["conversations"][1]["value"].strip()
        assert "<image>" not in samples[0].question


def test_preference_pairs(folder, tmp_path):
    pairs, report = read_pairs(folder / "preference/pairs.jsonl", tmp_path, 212)
    assert (report.faults, len(pairs)) == ((), 1)
    pair = pairs[0]
    parts = [pair.chosen[start:end] for start, end in pair.chosen_segments]
    assert "AU10 - Upper Lip Raiser: The upper lip is drawn up." in parts[0]


def test_benchmark_questions_and_both_labels(folder, tmp_path):
    source = open_source(str(folder), "both", tmp_path)
    assert {question.task: question.label for question in source.questions} == {"au": [4, 10, 15], "emotion": "Disgust"}
    assert all(question.fault is None and question.image.is_file() for question in source.questions)
    (revision,) = read_release(folder, "au").values()
    assert (revision.new["label"], revision.old["label"]) == ([4, 10, 15], "4, 9")
    assert "AU9" in revision.old["reference"]
    assert "AU10" in revision.new["reference"]
    (revision,) = read_release(folder, "emotion").values()
    assert (revision.new["label"], revision.old["label"]) == ("Disgust", "1")
