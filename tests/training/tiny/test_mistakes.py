"""What a user can get wrong on the two command lines is told in one sentence, with exit code 2."""

import json
from pathlib import Path
from typing import Any

import pytest

from training.synthetic.__main__ import main as synthetic
from training.tiny.__main__ import main as tiny
from training.tiny.photo_labels import read_labels

FACE = {"faces": 1, "expression": "happiness", "aus_sure": [12], "aus_likely": []}


@pytest.fixture
def place(tmp_path: Path, repository: Path) -> Path:
    """A folder with everything that the command lines below name."""
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "dataset.json").write_text('{"version": 2, "se')
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "dataset.json").write_text("[]")
    (tmp_path / "bad.yaml").write_text("cache: [x\nout: y")
    (tmp_path / "binary.yaml").write_bytes(bytes(range(128, 256)))
    (tmp_path / "list.yaml").write_text("- a\n- b\n")
    (tmp_path / "good.yaml").write_text((repository / "training/configs/tiny.yaml").read_text())
    for name, content in (("model", "{"), ("trained", '{"seed": 9}'), ("listed", "[9]")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{")
        (tmp_path / name / "training.json").write_text(content)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "labels.json").write_text('{"photos": ')
    return tmp_path


MAKE = ("make", "--out", "new", "--n", "2", "--workers", "1")


@pytest.mark.parametrize(
    ("command", "arguments", "told"),
    [
        (synthetic, [*MAKE, "--seed", "-1"], "seed must be at least 0"),
        (synthetic, [*MAKE, "--workers", "0"], "--workers must be at least 1, not 0"),
        (synthetic, [*MAKE, "--workers", "-4"], "--workers must be at least 1, not -4"),
        (synthetic, [*MAKE, "--habits"], "give their share with --wrong"),
        (synthetic, [*MAKE, "--errors", "3"], "give their share with --wrong"),
        (synthetic, [*MAKE[:2], "torn", *MAKE[3:]], "dataset.json is damaged"),
        (synthetic, [*MAKE[:2], "list", *MAKE[3:]], "holds another data set"),
        (synthetic, ["sheet", "--out", "new.jpg", "--seed", "-1"], "--seed must be at least 0"),
        (tiny, ["--config", "none.yaml"], "no configuration file"),
        (tiny, ["--config", "bad.yaml"], "bad.yaml cannot be read as YAML"),
        (tiny, ["--config", "binary.yaml"], "binary.yaml cannot be read as YAML"),
        (tiny, ["--config", "list.yaml"], "list.yaml must hold"),
        (tiny, ["--config", "good.yaml", "train_faces=0"], "train_faces must be at least 1"),
        (tiny, ["--config", "good.yaml", "out=torn"], "holds something else"),
        (tiny, ["evaluate", "--model", "torn"], "holds no model"),
        (tiny, ["evaluate", "--model", "torn", "--threads", "0"], "--threads must be at least 1"),
        (tiny, ["evaluate", "--model", "torn", "--n", "0"], "--n must be at least 1"),
        (tiny, ["evaluate", "--model", "torn", "--seed", "-9"], "--seed must be at least 0"),
        (tiny, ["evaluate", "--model", "model"], "training.json cannot be read as JSON"),
        (tiny, ["evaluate", "--model", "listed"], "must hold a JSON object"),
        (tiny, ["evaluate", "--model", "trained"], "was trained on the series 9"),
        (tiny, ["evaluate", "--model", "trained", "--seed", "8"], "config.json cannot be read as JSON"),
        (tiny, ["evaluate", "--model", "model", "--photos", "torn"], "labels.json is missing"),
        (tiny, ["evaluate", "--model", "model", "--photos", "broken"], "labels.json cannot be read as JSON"),
    ],
)
def test_a_mistake_is_one_sentence(command, arguments, told, place: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(place)
    before = set(place.rglob("*"))
    assert command(arguments) == 2
    error = capsys.readouterr().err
    assert told in error and "Traceback" not in error
    assert set(place.rglob("*")) == before, "nothing was begun"


@pytest.mark.parametrize(
    ("photos", "told"),
    [
        (None, "must hold an object 'photos'"),
        ([FACE], "must hold an object 'photos'"),
        ({"a.jpg": "smile"}, "a.jpg: 'faces' must be the number of faces"),
        ({"a.jpg": {**FACE, "faces": "1"}}, "a.jpg: 'faces' must be the number of faces"),
        ({"a.jpg": {"faces": 1}}, "a.jpg: 'expression' must be the name of an emotion"),
        ({"a.jpg": {**FACE, "aus_sure": 12}}, "a.jpg: 'aus_sure' must be a list of action-unit numbers"),
        ({"a.jpg": {**FACE, "aus_likely": [[1]]}}, "a.jpg: 'aus_likely' must be a list of action-unit numbers"),
        ({"b.jpg": FACE}, "b.jpg: there is no such picture"),
        ({f"{n}.jpg": FACE for n in range(7)}, "; 4.jpg: there is no such picture; and 2 more."),
        ({"a.jpg": {"faces": 6}}, "no photograph with one face"),
    ],
)
def test_labels_of_another_form_are_one_sentence(photos: Any, told: str, tmp_path: Path, capsys) -> None:
    (tmp_path / "a.jpg").write_bytes(b"not looked at yet")
    (tmp_path / "labels.json").write_text(json.dumps({} if photos is None else {"photos": photos}))
    assert tiny(["evaluate", "--model", str(tmp_path), "--photos", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert told in error and "Traceback" not in error


def test_labels_give_the_single_faces_and_their_known_units(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"not looked at here")
    photos = {"group.jpg": {"faces": 3}, "a.jpg": {**FACE, "aus_sure": [12, 99], "notes": "a smile"}}
    (tmp_path / "labels.json").write_text(json.dumps({"about": "mine", "photos": photos}))
    (label,) = read_labels(tmp_path)
    assert label.path == tmp_path / "a.jpg" and label.expression == "happiness"
    assert label.sure == {12} and label.likely == frozenset()
