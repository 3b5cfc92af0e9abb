"""Classic data sets as instructions in the form of FABA-Instruct."""

import json
import subprocess
import sys

import pytest

from emola.answer import read_action_units, read_emotion
from emola.errors import InputError
from emola.prompt import QUESTIONS
from training.data.__main__ import main
from training.data.classic.building import answer_of
from training.data.registry import DataSpec, open_data
from training.data.samples import read_faba
from training.data.templates import sample_question
from training.data.writing import write_faba
from training.synthetic.text import questions


def test_the_published_answer_forms_are_read_back_by_both_protocols():
    for emotion in ("happiness", "sadness", "surprise", "anger", "neutral", "disgust", "fear"):
        assert read_emotion(answer_of({"emotion": emotion}), "strict").label == emotion
    for protocol in ("strict", "paper"):
        for units in ([1, 2, 4], [12], []):
            found = read_action_units(answer_of({"action_units": units}), protocol)
            assert [reading.number for reading in found] == units


def test_questions_are_drawn_evenly_by_seed_and_id():
    for task in ("emotion", "au"):
        drawn = [sample_question(task, str(number), seed=3) for number in range(5000)]
        assert set(drawn) == set(questions(task))
        assert len(set(questions(task))) == 50
        assert max(drawn.count(question) for question in set(drawn)) < 160
        assert drawn[:50] == [sample_question(task, str(number), seed=3) for number in range(50)]
        assert drawn[:50] != [sample_question(task, str(number), seed=4) for number in range(50)]


def test_a_written_json_is_read_back_as_the_same_samples(raf_db, bp4d):
    for spec in (DataSpec("raf-db", raf_db), DataSpec("bp4d", bp4d, "all")):
        samples, _ = open_data(spec)
        write_faba(samples, spec.root, spec.root / "train.json", "train")
        read, report = read_faba(spec.root / "train.json", spec.root, samples[0].task, prior_dim=None)
        assert not report.faults
        assert [(s.id, s.image, s.question, s.answer) for s in read] == [
            (s.id, s.image, s.question, s.answer) for s in samples
        ]


def test_the_evaluation_form_has_the_labels_and_the_fixed_question(bp4d):
    spec = DataSpec("bp4d", bp4d, "test", fold=1, questions="fixed")
    write_faba(open_data(spec)[0], bp4d, bp4d / "test.json", "eval")
    records = json.loads((bp4d / "test.json").read_text())
    assert [(record["label"], record["gpt4"]) for record in records] == [
        ("1, 6, 12", "AU1, AU6, AU12"),
        ("", "No AUs."),
    ]
    read, report = read_faba(bp4d / "test.json", bp4d, "au", prior_dim=None)
    assert not report.faults
    assert [sample.labels for sample in read] == [{"action_units": [1, 6, 12]}, {"action_units": []}]
    assert {sample.question for sample in read} == {QUESTIONS["au"]}


def test_faba_is_opened_by_the_same_door(raf_db):
    samples, _ = open_data(DataSpec("raf-db", raf_db))
    write_faba(samples, raf_db, raf_db / "train.json", "train")
    read, _ = open_data(DataSpec("faba", raf_db, file="train.json", task="emotion", prior_dim=None))
    assert [sample.id for sample in read] == [sample.id for sample in samples]
    with pytest.raises(InputError, match="as file, and its task"):
        open_data(DataSpec("faba", raf_db))


def test_the_command_writes_a_json_and_names_mistakes_without_a_traceback(raf_db, repository):
    command = [
        sys.executable,
        "-m",
        "training.data",
        "raf-db",
        "--root",
        str(raf_db),
        "--out",
        str(raf_db / "out.json"),
    ]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "2 of 3 records can be used" in done.stdout
    assert len(json.loads((raf_db / "out.json").read_text())) == 2
    command[3] = "rafdb"
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "did you mean raf-db" in done.stderr


def test_the_command_says_that_faba_needs_no_conversion(raf_db, capsys):
    """The unknown-name error lists faba, so the command and its help know it too."""
    assert main(["rafdb", "--root", str(raf_db), "--out", str(raf_db / "out.json")]) == 2
    complaint = capsys.readouterr().err
    assert "known are faba" in complaint and complaint.endswith("did you mean raf-db?\n")
    assert main(["faba", "--root", str(raf_db), "--out", str(raf_db / "out.json")]) == 2
    assert "has this form already" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "faba  " in capsys.readouterr().out
