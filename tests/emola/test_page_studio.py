"""What the page talks to, with a real shelf and a stand-in for the networks."""

import threading
import types
from importlib.metadata import version

import numpy as np
import pytest

from emola.describe import Describer
from emola.errors import EmolaError, ImageError, InputError
from emola.faces.face import Face, Gate
from emola.page import WAITING_EVERY_S, next_look, status_html
from emola.page_results import answer_html
from emola.page_studio import Studio
from emola.page_visits import Answer
from emola.settings import GenerationSettings
from emola.shelf import ModelShelf

SETTINGS = GenerationSettings()


def make_face(*gates):
    points = np.zeros((106, 2), dtype=np.float32)
    return Face((0, 0, 9, 9), 0.9, points, "insightface-106", None, None, 9.0, gates, "insightface:buffalo_l")


class Analyzer:
    backend = "insightface:buffalo_l"

    def __init__(self, faces):
        self.faces = faces

    def analyze(self, _image):
        return self.faces


def make_studio(faces, load):
    studio = Studio(ModelShelf(["some/model"], load=load))
    studio._analyzer = Analyzer(faces)
    studio._describer = Describer(studio.shelf)
    return studio


def never(_source):
    threading.Event().wait()


def fail(_source):
    raise EmolaError("The folder has no config.json.")


@pytest.fixture
def picture():
    return np.zeros((20, 20, 3), dtype=np.uint8)


def test_waiting_for_a_model_is_told_and_can_be_stopped(picture):
    studio = make_studio([make_face()], never)
    studio.shelf.start("model")
    visit = studio.visits.get("a")
    studio.open_picture(visit, picture, "x")
    cancel = visit.begin()
    states = studio.answer(visit, "first", "both", "model", SETTINGS)
    assert "model" in next(states)
    cancel.set()
    assert list(states) == []


def test_model_that_failed_says_why(picture):
    studio = make_studio([make_face()], fail)
    sentences = []
    studio.load_now(sentences.append)
    visit = studio.visits.get("a")
    studio.open_picture(visit, picture, "x")
    visit.begin()
    with pytest.raises(EmolaError, match=r"no config\.json"):
        list(studio.answer(visit, "first", "both", "model", SETTINGS))
    assert sentences[-1] == "The folder has no config.json."


def test_models_found_later_wait_until_they_are_chosen(picture):
    asked = []

    def load(source):
        asked.append(source)
        return types.SimpleNamespace(summary="EmoLA-tiny: small")

    adapters = {f"base+run{i}": f"run {i} <new>" for i in range(3)}
    studio = Studio(ModelShelf(["some/base"], load=load), find_models=lambda: adapters)
    studio._analyzer, studio._describer = Analyzer([]), None
    assert studio.model_names() == ["base", "run 0 <new>", "run 1 <new>", "run 2 <new>"]
    studio.load_now(lambda _: None)
    assert asked == ["some/base"] and next_look(studio) == WAITING_EVERY_S
    page = status_html(studio)
    assert "base · EmoLA-tiny: small" in page and "3 models are loaded when they are chosen." in page
    studio.shelf.get("run 1 <new>")
    page = status_html(studio)
    assert "run 1 &lt;new&gt; · EmoLA-tiny: small" in page and "2 models are loaded" in page
    studio.shelf.get("run 0 <new>")
    assert "run 2 &lt;new&gt; has not been loaded yet." in status_html(studio)
    studio.shelf.get("run 2 <new>")
    assert next_look(studio) is None and asked == ["some/base", "base+run1", "base+run0", "base+run2"]


@pytest.mark.parametrize("known", [True, False])
def test_an_adapter_is_compared_with_its_own_base(known, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    models = ["another/model", *[str(tmp_path / "base")] * known]
    found = {f"base+{tmp_path}/adapter": "pilot-1, seed 1"}
    studio = Studio(ModelShelf(models, load=never), find_models=lambda: found)
    assert studio.beside_base("base+adapter") == ("pilot-1, seed 1", "base")
    assert sorted(studio.shelf.names()) == ["base", "model", "pilot-1, seed 1"]


def test_the_origin_of_a_model_is_shown_beside_its_state_with_short_hashes():
    origin = {"release": "<b>pilot</b>", "manifest_sha256": "0123456789abcdef" * 4}
    shelf = ModelShelf(["base", "base+adapter"], load=lambda source: types.SimpleNamespace(summary=f"{source}: small"))
    studio = Studio(shelf, origin_of=lambda source: origin if "+" in source else {})
    shelf.get("base"), shelf.get("base + adapter")
    page = status_html(studio)
    assert page.count("manifest sha256") == 1 and "release &lt;b&gt;pilot&lt;/b&gt;" in page
    assert f'<abbr title="{"0123456789abcdef" * 4}">0123456789</abbr>' in page
    assert studio.origin("base") == {} and studio.origin("base + adapter") == origin


def test_only_an_adapter_without_an_origin_is_looked_up_again():
    asked, known = [], {}
    studio = Studio(ModelShelf(["base", "base+new"]), origin_of=lambda source: asked.append(source) or known)
    for _ in range(2):
        assert studio.origin("base") == studio.origin("base + new") == {}
    assert asked == ["base", "base+new", "base+new"]
    known = {"release": "pilot-1"}
    for _ in range(2):
        assert studio.origin("base") == {} and studio.origin("base + new") == known
    assert asked[3:] == ["base+new"]


def test_refused_face_says_the_gate_before_any_model_is_asked(picture):
    gate = Gate("tiny", "The face is 9 px; it needs 24 px.", ("eyes",), refuses=True)
    studio = make_studio([make_face(gate)], never)
    visit = studio.visits.get("a")
    studio.open_picture(visit, picture, "x")
    with pytest.raises(InputError, match="9 px"):
        next(studio.answer(visit, "first", "both", "model", SETTINGS))


def test_no_picture_and_no_face_are_told_apart_from_an_answer(picture):
    studio = make_studio([], never)
    visit = studio.visits.get("a")
    with pytest.raises(InputError, match="no face"):
        next(studio.answer(visit, "first", "both", "model", SETTINGS))
    studio.open_picture(visit, picture, "x")
    with pytest.raises(InputError, match="no face"):
        next(studio.answer(visit, "first", "both", "model", SETTINGS))


def test_broken_picture_is_named_as_the_visitor_knows_it(tmp_path):
    upload = tmp_path / "0123abcd.png"
    upload.write_bytes(b"not a picture")
    studio = make_studio([], never)
    with pytest.raises(ImageError, match=r"holiday\.png"):
        studio.open_picture(studio.visits.get("a"), upload, "holiday.png")


def test_new_picture_stops_the_answer_about_the_old_one(picture):
    studio = make_studio([make_face()], never)
    visit = studio.visits.get("a")
    cancel = visit.begin()
    visit.answers["first"] = Answer("model", SETTINGS, picture=None)
    studio.open_picture(visit, picture, "x")
    assert cancel.is_set() and not visit.answers


@pytest.mark.parametrize("index", [-1, 1])
def test_face_that_is_not_there_cannot_be_chosen(picture, index):
    studio = make_studio([make_face()], never)
    visit = studio.visits.get("a")
    studio.open_picture(visit, picture, "x")
    with pytest.raises(InputError):
        studio.choose_face(visit, index)


def test_answer_streams_and_ends_with_its_reading(picture, monkeypatch):
    config = types.SimpleNamespace(action_unit_reliability={}, inputs="both")
    loaded = types.SimpleNamespace(summary="a model.", model=types.SimpleNamespace(config=config), config=config)
    studio = make_studio([make_face()], lambda _source: loaded)
    studio._origin_of = lambda source: {"data": f"learnt by {source}"}
    pieces = iter(["He looks ", "happy."])
    studio._describer = Describer(studio.shelf, streamer=lambda *_: pieces)
    monkeypatch.setattr(Describer, "prepare", lambda *_: (None, None))
    studio.load_now(lambda _: None)
    visit = studio.visits.get("a")
    studio.open_picture(visit, picture, "x")
    visit.begin()
    *_, last = studio.answer(visit, "first", "emotion", "model", SETTINGS)
    assert last.texts == {"emotion": "He looks happy."} and not last.stopped
    assert last.reading.emotion_strict.label == "happiness" and visit.answers["first"] is last
    assert last.origin == {"data": "learnt by some/model"}
    assert "data learnt by some/model" in answer_html(last, "first")


@pytest.mark.parametrize("backend", ["mediapipe", "mediapipe + 2d106det.onnx", "insightface:buffalo_l"])
def test_the_face_backend_is_named_with_its_package(backend):
    studio = Studio(ModelShelf([]))
    studio._analyzer = types.SimpleNamespace(backend=backend)
    package = "insightface" if backend.startswith("insightface") else "mediapipe"
    assert studio.face_backend() == f"{backend}, {package} {version(package)}"
