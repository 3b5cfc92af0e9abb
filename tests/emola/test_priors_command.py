"""``python -m emola extract-priors`` on small folders, with a fabricated landmark network or MediaPipe."""

import argparse
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from emola.errors import FaceModelError, InputError, PriorError
from emola.faces.priors.recipes import get_recipe
from emola.imaging import open_image
from emola.prior_extraction import ExtractionPlan, extract_priors, is_good
from emola.priors_command import add_parser, list_pictures, pictures_of

HELD = """
import argparse, itertools, sys, time
import numpy as np

calls, save = itertools.count(1), np.save


def save_five(stream, values):
    if next(calls) > 5:
        stream.write(b"half")
        stream.flush()
        time.sleep(600)
    save(stream, values)


np.save = save_five
from emola.priors_command import add_parser

parser = argparse.ArgumentParser()
add_parser(parser.add_subparsers())
options = parser.parse_args(sys.argv[1:])
sys.exit(options.run(options))
"""
"""The command, which stands still in the middle of the sixth file until it is killed."""


def run_command(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(required=True))
    options = parser.parse_args(["extract-priors", *(str(argument) for argument in arguments)])
    return int(options.run(options))


@pytest.fixture(scope="module")
def landmark_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network with the input and output of 2d106det: mean colours of 16 cells through fixed random weights."""
    weights = np.random.default_rng(3).normal(0, 0.1, (48, 212)).astype(np.float32)
    nodes = [
        helper.make_node("Sub", ["data", "mean"], ["centred"], name="_minusscalar0"),
        helper.make_node("Mul", ["centred", "factor"], ["scaled"], name="_mulscalar0"),
        helper.make_node("AveragePool", ["scaled"], ["cells"], kernel_shape=[48, 48], strides=[48, 48]),
        helper.make_node("Flatten", ["cells"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["fc1"]),
    ]
    constants = {"w": weights, "mean": np.float32(127.5), "factor": np.float32(1 / 128)}
    graph = helper.make_graph(
        nodes,
        "fabricated",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, ["N", 3, 192, 192])],
        [helper.make_tensor_value_info("fc1", TensorProto.FLOAT, ["N", 212])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    path = tmp_path_factory.mktemp("pack") / "2d106det.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))
    return path


def write_picture(path: Path, seed: int, size: tuple[int, int] = (20, 30)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three pictures whose names differ by folder or suffix alone, and one that is broken."""
    folder = tmp_path / "data"
    for seed, name in enumerate(("a.jpg", "a.png", "sub/a.jpg")):
        write_picture(folder / name, seed)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff not a picture")
    return folder


def test_every_picture_has_its_own_file_with_the_recipes_numbers(root, landmark_model, capsys):
    assert run_command(root, "--recipe", "emola-2024", "--face-models", landmark_model, "--workers", 1) == 0
    out = root / "priors-emola-2024"
    recipe = get_recipe("emola-2024", landmark_model)
    for name in ("a.jpg", "a.png", "sub/a.jpg"):
        values = np.load(out / f"{name}.npy")
        assert values.dtype == np.float32
        np.testing.assert_array_equal(values, recipe.compute_crop(open_image(root / name)).values)
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.npy")) == [
        "a.jpg.npy",
        "a.png.npy",
        "sub/a.jpg.npy",
    ]
    manifest = json.loads((out / "priors.json").read_text())
    assert (manifest["recipe"], manifest["dim"], manifest["counts"]) == (
        "emola-2024",
        212,
        {"broken image": 1, "made": 3},
    )
    assert manifest["packages"]["numpy"] == np.__version__
    assert json.loads((out / "problems.json").read_text())[0]["image"] == "broken.jpg"
    printed = capsys.readouterr().out
    assert "3 of 4 pictures have a prior" in printed
    assert "broken.jpg" in printed


def test_good_files_are_kept_and_damaged_ones_made_again(root, landmark_model):
    plan = ExtractionPlan("emola-2024", root, root / "out", tuple(list_pictures(root)), landmark_model)
    extract_priors(plan)
    good, short, foreign = (root / "out" / f"{name}.npy" for name in ("a.jpg", "a.png", "sub/a.jpg"))
    expected = [np.load(path) for path in (good, short, foreign)]
    short.write_bytes(short.read_bytes()[:200])
    np.save(foreign, np.full(212, np.nan, np.float32))
    untouched = good.stat().st_mtime_ns
    report = extract_priors(plan)
    assert report.counts == {"broken image": 1, "kept": 1, "made": 2}
    assert good.stat().st_mtime_ns == untouched
    for path, values in zip((good, short, foreign), expected, strict=True):
        np.testing.assert_array_equal(np.load(path), values)


@pytest.mark.parametrize(
    "values",
    [
        np.zeros(212, np.float64),
        np.zeros(211, np.float32),
        np.zeros((1, 212), np.float32),
        np.full(212, np.inf, np.float32),
    ],
    ids=["float64", "too short", "two axes", "infinite"],
)
def test_a_file_of_another_shape_or_kind_is_not_good(tmp_path, values):
    np.save(tmp_path / "x.npy", values)
    assert not is_good(tmp_path / "x.npy", 212)


def test_several_processes_make_the_same_files(tmp_path, landmark_model):
    root = tmp_path / "data"
    for number in range(20):
        write_picture(root / f"{number}.png", number)
    images = tuple(list_pictures(root))
    one = ExtractionPlan("emola-2024", root, tmp_path / "one", images, landmark_model, workers=1)
    two = ExtractionPlan("emola-2024", root, tmp_path / "two", images, landmark_model, workers=2)
    assert extract_priors(one).counts == extract_priors(two).counts == {"made": 20}
    for image in images:
        assert (one.out / f"{image}.npy").read_bytes() == (two.out / f"{image}.npy").read_bytes()


def test_a_killed_run_leaves_whole_files_and_the_next_one_completes_it(tmp_path, landmark_model, repository):
    root = tmp_path / "data"
    for number in range(60):
        write_picture(root / f"{number}.png", number, (400, 400))
    out = root / "priors-emola-2024"
    options = [str(root), "--recipe", "emola-2024", "--face-models", str(landmark_model), "--workers", "1"]
    command = [sys.executable, "-c", HELD, "extract-priors", *options]
    process = subprocess.Popen(command, cwd=repository, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not any(out.glob(".*.npy.part")) or len(list(out.glob("*.npy"))) < 5:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    there = list(out.glob("*.npy"))
    assert len(there) == 5
    assert all(is_good(path, 212) for path in there)
    report = extract_priors(ExtractionPlan("emola-2024", root, out, tuple(list_pictures(root)), landmark_model))
    assert report.counts == {"kept": len(there), "made": 60 - len(there)}
    assert not list(out.glob(".*.npy.part"))


def test_a_folder_of_another_recipe_or_network_is_refused(root, landmark_model, tmp_path):
    out = root / "out"
    images = ("a.jpg",)
    extract_priors(ExtractionPlan("emola-2024", root, out, images, landmark_model))
    with pytest.raises(PriorError, match="emola-2024"):
        extract_priors(ExtractionPlan("mediapipe-106", root, out, images))
    other = tmp_path / "other" / "2d106det.onnx"
    other.parent.mkdir()
    model = onnx.load(str(landmark_model))
    model.producer_name = "another"
    onnx.save(model, str(other))
    with pytest.raises(PriorError, match="landmark_model_sha256"):
        extract_priors(ExtractionPlan("emola-2024", root, out, images, other))


def test_priors_of_unknown_origin_are_not_mixed_in(root, landmark_model):
    out = root / "out"
    out.mkdir()
    np.save(out / "x.npy", np.zeros(212, np.float32))
    with pytest.raises(PriorError, match="nobody knows which recipe"):
        extract_priors(ExtractionPlan("emola-2024", root, out, ("a.jpg",), landmark_model))


def test_the_json_is_written_again_naming_the_priors(tmp_path, landmark_model, capsys):
    root = tmp_path / "data"
    write_picture(root / "FABAInstruct/train/images/7.jpg", 1)
    records = [
        {"id": "1", "image": "FABAInstruct/train/images/7.jpg", "landmark": "old.npy", "conversations": []},
        {"id": "2", "image": "FABAInstruct/train/images/7.jpg", "conversations": []},
        {"id": "3", "image": "FABAInstruct/train/images/missing.jpg", "conversations": []},
    ]
    source = tmp_path / "train_au_anno.json"
    source.write_text(json.dumps(records))
    options = ["--recipe", "emola-2024", "--images", root, "--face-models", landmark_model, "--workers", 1]
    assert run_command(source, *options) == 0
    written = json.loads((root / "priors-emola-2024/train_au_anno.json").read_text())
    assert [record["id"] for record in written] == ["1", "2"]
    landmark = "priors-emola-2024/FABAInstruct/train/images/7.jpg.npy"
    assert {record["landmark"] for record in written} == {landmark}
    assert is_good(root / landmark, 212)
    assert "1 x missing image" in capsys.readouterr().out


@pytest.mark.parametrize("place", ["data/FABAInstruct/train/a.json", "data/FABAInstruct/a.json", "data/a.json"])
def test_the_data_root_is_found_above_a_json(tmp_path, landmark_model, place):
    """FABA-Instruct's paths start two folders above its JSON."""
    write_picture(tmp_path / "data/FABAInstruct/train/images/7.jpg", 1)
    source = tmp_path / place
    source.write_text(json.dumps([{"image": f"FABAInstruct/train/images/{name}.jpg"} for name in ("gone", "7")]))
    assert run_command(source, "--recipe", "emola-2024", "--face-models", landmark_model, "--workers", 1) == 0
    written = json.loads((tmp_path / "data/priors-emola-2024/a.json").read_text())
    assert [record["landmark"] for record in written] == ["priors-emola-2024/FABAInstruct/train/images/7.jpg.npy"]


def test_without_a_prior_no_json_is_written(tmp_path, landmark_model, capsys):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/broken.jpg").write_bytes(b"no picture")
    source = tmp_path / "list.json"
    source.write_text(json.dumps([{"image": "broken.jpg"}]))
    options = ["--recipe", "emola-2024", "--face-models", landmark_model, "--images", tmp_path / "data"]
    assert run_command(source, *options) == 1
    assert not (tmp_path / "data/priors-emola-2024/list.json").exists()
    assert "list.json was not written" in capsys.readouterr().out


@pytest.mark.parametrize("image", ["/etc/passwd", "../secret.jpg", "a/../../b.jpg", "C:\\faces\\a.jpg", "..\\a.jpg"])
def test_a_path_that_leaves_the_data_root_is_refused(tmp_path, image):
    with pytest.raises(InputError, match="inside it"):
        pictures_of([{"image": image}], tmp_path)


def test_a_link_that_leaves_the_data_root_is_refused(tmp_path):
    root = tmp_path / "data"
    root.mkdir()
    write_picture(tmp_path / "secret.png", 1)
    (root / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(InputError, match="through a link"):
        pictures_of([{"image": "link.png"}], root)


def test_two_spellings_of_a_path_are_one_picture(tmp_path):
    assert pictures_of([{"image": "./a//b.jpg"}, {"image": "a/b.jpg"}, {"image": "a\\b.jpg"}], tmp_path) == ["a/b.jpg"]


def test_mediapipe_takes_the_largest_face_and_reports_pictures_without_one(tmp_path, astronaut):
    from emola.faces.analyze import FaceAnalyzer

    root = tmp_path / "data"
    root.mkdir()
    Image.fromarray(astronaut).save(root / "astronaut.png")
    Image.new("RGB", (64, 64), "gray").save(root / "grey.png")
    plan = ExtractionPlan("mediapipe-106", root, root / "out", ("astronaut.png", "grey.png"))
    report = extract_priors(plan)
    assert report.counts == {"made": 1, "no face": 1}
    face = FaceAnalyzer().analyze(astronaut)[0]
    expected = get_recipe("mediapipe-106").compute(astronaut, face).values
    np.testing.assert_allclose(np.load(root / "out/astronaut.png.npy"), expected, atol=1e-5)
    assert json.loads((root / "out/priors.json").read_text())["faces"] == "mediapipe"


def test_wrong_input_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("INSIGHTFACE_HOME", raising=False)
    write_picture(tmp_path / "data/a.png", 1)
    with pytest.raises(PriorError, match="Unknown prior recipe"):
        run_command(tmp_path / "data", "--recipe", "nonsense")
    with pytest.raises(FaceModelError, match=r"2d106det\.onnx"):
        run_command(tmp_path / "data", "--recipe", "emola-2024")
    with pytest.raises(InputError, match="There is no file or folder"):
        run_command(tmp_path / "missing.json", "--recipe", "emola-2024")
    (tmp_path / "list.json").write_text('[{"id": 1}]')
    with pytest.raises(InputError, match="Record 1"):
        run_command(tmp_path / "list.json", "--recipe", "emola-2024")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(InputError, match="names no picture"):
        run_command(tmp_path / "list.json", "--recipe", "emola-2024")
    (tmp_path / "list.json").write_text('[{"image": "nowhere.png"}]')
    with pytest.raises(InputError, match=r"None of the pictures .* was found; .* \(--images\)"):
        run_command(tmp_path / "list.json", "--recipe", "emola-2024")
    with pytest.raises(InputError, match="no folder"):
        run_command(tmp_path / "list.json", "--recipe", "emola-2024", "--images", tmp_path / "none")
    with pytest.raises(InputError, match="a folder of pictures is given alone"):
        run_command(tmp_path / "data", "--recipe", "emola-2024", "--images", tmp_path)
    assert not list(tmp_path.rglob("priors-*")), "what cannot be done leaves nothing behind"
    with pytest.raises(InputError, match="--workers"):
        run_command(tmp_path / "data", "--recipe", "emola-2024", "--workers", 0)
