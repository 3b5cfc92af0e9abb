"""The ZeroGPU shim: nothing off a Space; on one, the model goes by name and stopping ends the stream."""

import sys
import threading
import types

import pytest

from emola.errors import CheckpointError
from emola.settings import GenerationSettings
from emola.shelf import ModelShelf
from emola.spaces_gpu import gpu, on_zero_gpu, text_streamer


@pytest.fixture
def space(monkeypatch):
    """A ZeroGPU Space whose decorator records the reservation and runs the function in place."""
    reserved = []

    def decorate(duration):
        def wrap(function):
            def run(*arguments):
                reserved.append(duration(*arguments) if callable(duration) else duration)
                return function(*arguments)

            return run

        return wrap

    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setitem(sys.modules, "spaces", types.SimpleNamespace(GPU=decorate))
    return reserved


def test_nothing_is_wrapped_off_a_space(monkeypatch):
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)

    def function():
        return 1

    assert not on_zero_gpu() and gpu(60)(function) is function
    assert text_streamer(ModelShelf([])) is None


def test_stream_on_a_space_finds_the_model_by_name_and_stops(space, monkeypatch):
    model = types.SimpleNamespace(summary="a model.")
    loaded = []

    def load(source):
        loaded.append(source)
        if source != "some/model":
            raise CheckpointError("config.json is missing.")
        return model

    shelf = ModelShelf(["a/broken-one", "some/model", "an/adapter"], load=load)
    assert shelf.get("model") is model
    asked = []

    def pieces(loaded, crop, prior, question, settings, cancel):
        asked.append((loaded, question))
        yield from ("one ", "two ", "three")

    monkeypatch.setitem(sys.modules, "emola.engine", types.SimpleNamespace(stream_text=pieces))
    cancel = threading.Event()
    stream = text_streamer(shelf)(model, None, None, "What?", GenerationSettings(max_new_tokens=100), cancel)
    assert next(stream) == "one "
    cancel.set()
    assert list(stream) == []
    assert asked == [(model, "What?")] and space == [13]
    assert loaded == ["some/model"], "the others of the shelf wait until somebody wants them"
