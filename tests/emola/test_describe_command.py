"""``python -m emola``: what a user sees of results and of mistakes; the shipped model on a real photograph."""

import io
import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from emola.__main__ import main
from emola.describe_command import choice_lines, chosen_face
from emola.errors import NoFaceFound
from emola.faces.face import Gate


@pytest.fixture
def picture(astronaut, tmp_path):
    path = tmp_path / "astronaut.png"
    Image.fromarray(astronaut).save(path)
    return path


def test_one_json_document_on_stdout_and_nothing_else(picture, capsys):
    assert main(["describe", str(picture), "--task", "both", "--json"]) == 0
    shown = capsys.readouterr()
    document = json.loads(shown.out)
    assert set(document["text"]) == {"emotion", "au"} and all(document["text"].values())
    assert document["described_face"] == 0 and len(document["faces"]) == 1
    for claim in document["claims"]:
        assert document["text"][claim["task"]][claim["start"] : claim["end"]] == claim["text"]
    assert {12, 25} <= {unit["number"] for unit in document["action_units"]}, "the smile is read"
    assert document["emotion"]["strict"] == "happiness"
    assert document["model"] == "EmoLA-tiny" and document["prior_recipe"] == "mediapipe-106"
    assert document["timings_ms"]["emotion_first_token"] > 0
    assert "EmoLA-tiny" in shown.err


def test_text_streams_to_the_terminal(picture, capsys):
    assert main(["describe", str(picture), "--task", "au"]) == 0
    shown = capsys.readouterr()
    assert "AU12" in shown.out
    assert "Loading weights" not in shown.err and "faces;" not in shown.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.jpg"], "no file"),
        ([".", "--json"], "folder"),
        (["PICTURE", "--face", "2"], "--face 1 to 1"),
        (["PICTURE", "--face", "0"], "--face 1 to 1"),
        (["PICTURE", "--temperature", "-1"], "temperature"),
        (["PICTURE", "--max-new-tokens", "0"], "max_new_tokens"),
        (["PICTURE", "--face-models", "nowhere"], "2d106det.onnx"),
        (["PICTURE", "--question", "  "], "empty"),
        (["PICTURE", "--model", "no/such/folder"], "no/such/folder"),
    ],
)
def test_user_mistakes_end_in_one_sentence(picture, capsys, monkeypatch, arguments, words):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    arguments = [str(picture) if word == "PICTURE" else word for word in arguments]
    assert main(["describe", *arguments]) in (1, 2)
    shown = capsys.readouterr()
    last = shown.err.strip().splitlines()[-1]
    assert words in last and last.endswith(".") and "Traceback" not in shown.err and shown.out == ""


def test_a_picture_without_a_face_exits_2(tmp_path, capsys):
    path = tmp_path / "grey.png"
    Image.fromarray(np.full((200, 200, 3), 120, dtype=np.uint8)).save(path)
    assert main(["describe", str(path), "--json"]) == 2
    assert "No face was found in grey.png" in capsys.readouterr().err


def test_a_refused_face_gives_its_faces_without_text(astronaut, tmp_path, capsys):
    stream = io.BytesIO()
    Image.fromarray(astronaut).resize((150, 150), Image.Resampling.LANCZOS).save(stream, "PNG")
    path = tmp_path / "small.png"
    path.write_bytes(stream.getvalue())
    assert main(["describe", str(path), "--json"]) == 0
    shown = capsys.readouterr()
    document = json.loads(shown.out)
    assert document["text"] == {"emotion": None, "au": None} and document["faces"][0]["gates"][0]["name"] == "tiny"
    assert "not described" in shown.err


def test_an_overlay_that_cannot_be_written_is_said(picture, tmp_path, capsys):
    assert main(["describe", str(picture), "--overlay", str(tmp_path / "no" / "folder.png")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_faces_are_numbered_from_one():
    assert chosen_face([object(), object()], 2, "x") == 1
    with pytest.raises(NoFaceFound, match="it shows 2"):
        chosen_face([object(), object()], 3, "x")


def test_the_choice_among_several_faces_and_what_cannot_be_judged_are_said():
    gates = (Gate("blurred", "It is blurred.", ("brows",)), Gate("tiny", "It is tiny.", (), refuses=True))
    clear, gated = SimpleNamespace(gates=()), SimpleNamespace(gates=gates)
    reason = "Not all of this face can be judged: It is blurred."
    assert choice_lines([clear], 0) == []
    assert choice_lines([clear, gated], 0) == ["2 faces; face 1 is described (--face 2 for the next)."]
    assert choice_lines([clear, gated], 1) == ["2 faces; face 2 is described (--face 1 for the next).", reason]
