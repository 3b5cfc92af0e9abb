"""Model packs on disk: what is found, and the one sentence for everything that is wrong."""

import logging

import numpy as np
import pytest

from emola.errors import FaceModelError
from emola.faces.packs import find_pack, graph_task, read_pack


@pytest.fixture(autouse=True)
def empty_home(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("INSIGHTFACE_HOME", raising=False)
    return home


def sentence(error: pytest.ExceptionInfo[FaceModelError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert text.endswith(".")
    return text


def test_complete_pack_lists_its_files_and_tasks(tmp_path, fabricate):
    folder = fabricate.pack(tmp_path / "buffalo_l")
    pack = find_pack(folder)
    assert pack.name == "buffalo_l"
    assert [file.name for file in pack.files] == ["2d106det.onnx", "det_10g.onnx", "w600k_r50.onnx"]
    assert {task: file.name for task, file in pack.tasks.items()} == {
        "landmark_2d_106": "2d106det.onnx",
        "detection": "det_10g.onnx",
        "recognition": "w600k_r50.onnx",
    }
    assert pack.landmark_model == folder / "2d106det.onnx"
    assert pack.has_detector


def test_tasks_equal_those_of_insightface_itself(tmp_path, fabricate):
    from insightface.app import FaceAnalysis

    folder = fabricate.pack(tmp_path / "buffalo_l")
    app = FaceAnalysis(name=str(folder), providers=["CPUExecutionProvider"])
    theirs = {task: model.model_file for task, model in app.models.items()}
    assert theirs == {task: str(file) for task, file in read_pack(folder).tasks.items()}


def test_old_graphs_that_list_weights_as_inputs_are_routed_by_their_picture(tmp_path, fabricate):
    import onnx

    path = fabricate.landmark_network(tmp_path / "2d106det.onnx")
    model = onnx.load(str(path))
    weight = onnx.helper.make_tensor_value_info("w", onnx.TensorProto.FLOAT, [48, 212])
    model.graph.input.insert(0, weight)
    onnx.save(model, str(path))
    assert graph_task(path) == "landmark_2d_106"


def test_landmark_network_without_a_stated_output_shape_is_recognised(tmp_path, fabricate):
    path = fabricate.landmark_network(tmp_path / "2d106det.onnx", states_output=False)
    assert graph_task(path) == "landmark_2d_106"


def test_unknown_network_has_no_task(tmp_path, fabricate):
    path = fabricate.landmark_network(tmp_path / "x.onnx", size=100, constant=np.zeros(7), outputs=7)
    assert graph_task(path) is None


def test_nothing_asked_for_and_nothing_there_is_none():
    assert find_pack(None) is None


def test_home_folder_is_searched_and_the_default_pack_wins(empty_home, fabricate):
    fabricate.pack(empty_home / ".insightface" / "models" / "antelopev2")
    fabricate.pack(empty_home / ".insightface" / "models" / "buffalo_l")
    assert find_pack(None).name == "buffalo_l"


def test_broken_pack_in_the_home_folder_is_logged_and_skipped(empty_home, fabricate, caplog):
    (empty_home / ".insightface" / "models" / "buffalo_l").mkdir(parents=True)
    with caplog.at_level(logging.WARNING):
        assert find_pack(None) is None
    assert "2d106det.onnx" in caplog.text
    fabricate.pack(empty_home / ".insightface" / "models" / "zebra")
    assert find_pack(None).name == "zebra"


def test_environment_variable_may_hold_models_or_a_pack(tmp_path, monkeypatch, fabricate):
    fabricate.pack(tmp_path / "root" / "models" / "buffalo_s")
    monkeypatch.setenv("INSIGHTFACE_HOME", str(tmp_path / "root"))
    assert find_pack(None).name == "buffalo_s"
    monkeypatch.setenv("INSIGHTFACE_HOME", str(tmp_path / "root" / "models" / "buffalo_s"))
    assert find_pack(None).name == "buffalo_s"


def test_environment_variable_without_a_pack_is_an_error_that_names_it(tmp_path, monkeypatch):
    monkeypatch.setenv("INSIGHTFACE_HOME", str(tmp_path / "nowhere"))
    with pytest.raises(FaceModelError) as error:
        find_pack(None)
    assert sentence(error).startswith("INSIGHTFACE_HOME: ")
    assert str(tmp_path / "nowhere" / "2d106det.onnx") in str(error.value)


def test_folder_asked_for_wins_over_the_environment(tmp_path, monkeypatch, fabricate):
    monkeypatch.setenv("INSIGHTFACE_HOME", str(tmp_path / "nowhere"))
    assert find_pack(fabricate.pack(tmp_path / "mine")).name == "mine"


def test_bare_landmark_file_is_a_pack_without_detector(tmp_path, fabricate):
    path = fabricate.landmark_network(tmp_path / "only" / "2d106det.onnx")
    for given in (path, path.parent):
        pack = find_pack(given)
        assert pack.landmark_model == path
        assert not pack.has_detector
        assert list(pack.tasks) == ["landmark_2d_106"]


def test_missing_folder(tmp_path):
    with pytest.raises(FaceModelError) as error:
        find_pack(tmp_path / "gone")
    assert str(tmp_path / "gone" / "2d106det.onnx") in sentence(error)


def test_empty_folder(tmp_path):
    with pytest.raises(FaceModelError) as error:
        find_pack(tmp_path)
    assert str(tmp_path / "2d106det.onnx") in sentence(error)


def test_zip_that_was_never_unpacked(tmp_path):
    (tmp_path / "buffalo_l.zip").write_bytes(b"PK")
    with pytest.raises(FaceModelError) as error:
        find_pack(tmp_path)
    assert "unpack buffalo_l.zip" in sentence(error)


@pytest.mark.parametrize("root", [False, True])
def test_nested_pack_names_the_inner_folder(tmp_path, fabricate, root):
    outer = tmp_path / "models" / "antelopev2"
    fabricate.pack(outer / "antelopev2")
    with pytest.raises(FaceModelError) as error:
        find_pack(tmp_path if root else outer)
    text = sentence(error)
    assert str(outer / "2d106det.onnx") in text
    assert f"in {outer / 'antelopev2'}" in text


def test_pack_without_detector(tmp_path, fabricate):
    (fabricate.pack(tmp_path) / "det_10g.onnx").unlink()
    with pytest.raises(FaceModelError) as error:
        find_pack(tmp_path)
    assert str(tmp_path / "det_10g.onnx") in sentence(error)


def test_pack_without_landmarks(tmp_path, fabricate):
    (fabricate.pack(tmp_path) / "2d106det.onnx").unlink()
    with pytest.raises(FaceModelError) as error:
        find_pack(tmp_path)
    assert str(tmp_path / "2d106det.onnx") in sentence(error)


@pytest.mark.parametrize("with_networks", [False, True])
def test_manifest_pack_is_refused_with_its_reason(tmp_path, fabricate, with_networks):
    (tmp_path / "manifest.json").write_text('{"manifest_version": 2}')
    if with_networks:
        fabricate.detector(tmp_path / "detection.onnx")
    with pytest.raises(FaceModelError) as error:
        find_pack(tmp_path)
    assert "manifest pack" in sentence(error)
    assert str(tmp_path / "2d106det.onnx") in str(error.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>404</html>", b"version https://git-lfs.github.com/spec/v1\n", "cut"],
    ids=["empty", "html", "lfs", "cut"],
)
def test_corrupt_file_is_named_with_its_size(tmp_path, fabricate, content):
    bad = fabricate.pack(tmp_path) / "2d106det.onnx"
    content = bad.read_bytes()[:20000] if content == "cut" else content
    bad.write_bytes(content)
    with pytest.raises(FaceModelError) as error:
        find_pack(tmp_path)
    assert f"{bad} ({len(content)} bytes)" in sentence(error)


def test_other_files_are_refused(tmp_path, fabricate):
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    other = fabricate.detector(tmp_path / "det.onnx")
    for path in (text, other):
        with pytest.raises(FaceModelError) as error:
            find_pack(path)
        assert "2d106det.onnx" in sentence(error)


def test_first_usable_pack_of_a_root_is_taken(tmp_path, fabricate, caplog):
    fabricate.pack(tmp_path / "models" / "buffalo_l" / "buffalo_l")
    fabricate.pack(tmp_path / "models" / "buffalo_s")
    assert find_pack(tmp_path).name == "buffalo_s"
    assert "skipped" in caplog.text
