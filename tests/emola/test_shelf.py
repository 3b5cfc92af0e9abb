import threading
from types import SimpleNamespace

import pytest

from emola.errors import CheckpointError, EmolaError, InputError
from emola.shelf import TINY, ModelShelf


def loaded(source):
    return SimpleNamespace(name=source, summary=f"{source} on cpu")


def test_models_wait_then_load_in_the_background():
    gate = threading.Event()

    def slow(source):
        gate.wait(10)
        return loaded(source)

    shelf = ModelShelf(["a", "b"], load=slow)
    assert [shelf.state(name).status for name in shelf.names()] == ["waiting", "waiting"]
    shelf.start("a")
    gate.set()
    assert shelf.get("a").name == "a" and shelf.state("b").status == "waiting", "nobody asked for b"
    assert shelf.get("b").name == "b"
    assert shelf.state("a").status == "ready" and shelf.state("a").sentence == "a on cpu"


def test_get_loads_a_model_that_nobody_started():
    assert ModelShelf(["a"], load=loaded).get("a").name == "a"


def test_a_model_asked_for_twice_at_once_is_loaded_once():
    calls = []

    def count(source):
        calls.append(source)
        return loaded(source)

    shelf = ModelShelf(["a"], load=count)
    threads = [threading.Thread(target=shelf.get, args=("a",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == ["a"]


def test_a_failed_model_says_why_and_the_next_one_still_loads():
    def load(source):
        if source == "broken":
            raise CheckpointError("config.json is missing in broken.")
        return loaded(source)

    shelf = ModelShelf(["broken", "good"], load=load)
    shelf.start("broken")
    assert shelf.get("good").name == "good"
    with pytest.raises(EmolaError, match=r"config\.json is missing"):
        shelf.get("broken")
    assert shelf.state("broken").status == "failed"


def test_an_unexpected_error_is_shown_and_not_waited_for_ever():
    def load(source):
        raise RuntimeError("boom")

    shelf = ModelShelf(["a"], load=load)
    with pytest.raises(EmolaError, match="boom"):
        shelf.get("a")


def test_names_are_short_and_unique():
    shelf = ModelShelf([str(TINY), "folder/one", "other/one", "base+adapters/x"], load=loaded)
    assert shelf.names() == ["EmoLA-tiny", "one", "one (2)", "base + x"]


def test_a_source_that_is_there_is_not_added_again():
    shelf = ModelShelf(["a"], load=loaded)
    assert [shelf.add("runs/x", "adapter 2"), shelf.add("./runs/x", "another")] == ["adapter 2", "adapter 2"]
    assert shelf.names() == ["a", "adapter 2"]


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(InputError, match="choose one of a"):
        ModelShelf(["a"], load=loaded).state("b")


def test_a_loaded_model_is_known_by_its_name():
    shelf = ModelShelf(["a", "b", "c"], load=loaded)
    model = shelf.get("b")
    assert shelf.name_of_loaded(model) == "b"
    assert [shelf.state(name).status for name in shelf.names()] == ["waiting", "ready", "waiting"]
    with pytest.raises(InputError, match="did not come from the shelf"):
        shelf.name_of_loaded(loaded("b"))


def test_a_folder_is_the_same_however_its_path_is_spelled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shelf = ModelShelf([str(tmp_path / "base"), "base+runs/one/adapter"], load=loaded)
    assert shelf.name_of("base") == shelf.name_of("runs/../base") == "base"
    assert shelf.name_of(f"{tmp_path}/base+{tmp_path}/runs/one/adapter") == "base + adapter"
    assert shelf.name_of("other") is None
    assert shelf.source("base + adapter") == "base+runs/one/adapter"
