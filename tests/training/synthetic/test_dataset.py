import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from emola.faces.priors.mediapipe_106 import load_table, mediapipe_106_from_vertices
from emola.taxonomy import EMOTIONS
from training.synthetic.__main__ import main
from training.synthetic.dataset import DatasetPlan, make_dataset
from training.synthetic.face import plan_face

HELD = """
import itertools, sys, time
import numpy as np

calls, save = itertools.count(1), np.save


def save_three(stream, values):
    if next(calls) > 3:
        time.sleep(600)
    save(stream, values)


np.save = save_three
from training.synthetic.__main__ import main

sys.exit(main(sys.argv[1:]))
"""
"""The command, which stands still with the fourth face half written until it is killed."""


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("faces") / "set"
    make_dataset(DatasetPlan(folder, 24, 7))
    return folder


def test_records_have_the_form_of_faba_instruct(dataset: Path) -> None:
    train = json.loads((dataset / "train/train_au_anno.json").read_text())
    assert len(train) == 23
    assert set(train[0]) == {"source", "image", "id", "conversations", "landmark"}
    human, model = train[0]["conversations"]
    assert human["from"] == "human" and human["value"].endswith("\n<image>") and model["from"] == "gpt"
    unseen = json.loads((dataset / "eval/eval_emotion_anno.json").read_text())
    assert len(unseen) == 1 and set(unseen[0]) == {"image", "label", "gpt4", "landmark"}
    for row in train + unseen:
        assert (dataset / row["image"]).is_file() and (dataset / row["landmark"]).is_file()


def test_truth_labels_and_priors_are_those_of_the_rendered_face(dataset: Path) -> None:
    rows = [json.loads(line) for line in (dataset / "train/truth.jsonl").read_text().splitlines()]
    for row in rows:
        index = int(row["id"].split("-")[1])
        truth, scene = plan_face(7, index)
        named = {unit["number"] for unit in row["action_units"] if unit["named"]}
        assert named == set(truth.visible()) and row["emotion"] == truth.emotion
        assert row["pose_deg"]["yaw"] == pytest.approx(scene.camera.pose.yaw, abs=0.01)
        assert all(0 <= unit["intensity"] <= 5 for unit in row["action_units"])
        prior = np.load(dataset / f"train/landmarks/{row['id']}.npy")
        assert prior.dtype == np.float32 and prior.shape == (212,)
        assert np.array_equal(prior, mediapipe_106_from_vertices(scene.mesh, load_table()))
    truth = plan_face(7, 0)[0]
    units = json.loads((dataset / "eval/eval_au_anno.json").read_text())[0]["label"]
    assert units == ", ".join(map(str, truth.visible()))
    emotion = json.loads((dataset / "eval/eval_emotion_anno.json").read_text())[0]["label"]
    assert EMOTIONS[int(emotion)] == truth.emotion


def test_missing_faces_come_back_identical(dataset: Path, tmp_path: Path) -> None:
    before = contents(dataset)
    removed = sorted((dataset / "train/images").glob("*.jpg"))[3:6]
    for path in removed:
        path.unlink()
    (dataset / "train/truth.jsonl").unlink()
    make_dataset(DatasetPlan(dataset, 24, 7), workers=2)
    assert contents(dataset) == before


def test_killed_run_continues_to_the_same_files(dataset: Path, tmp_path: Path, repository: Path) -> None:
    folder = tmp_path / "killed"
    command = [sys.executable, "-c", HELD, "make", "--out", str(folder)]
    command += ["--n", "24", "--seed", "7", "--workers", "1"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, cwd=repository, stderr=subprocess.DEVNULL, env=environment) as process:
        deadline = time.monotonic() + 120
        while len(list(folder.glob("*/images/*.jpg"))) < 4 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    assert len(list(folder.glob("*/landmarks/*.npy"))) == 3 and not (folder / "train/truth.jsonl").exists()
    assert main(["make", "--out", str(folder), "--n", "24", "--seed", "7", "--workers", "1"]) == 0
    finished = {name: digest for name, digest in contents(folder).items() if not Path(name).name.startswith(".")}
    assert finished == contents(dataset)


def test_another_data_set_in_the_folder_is_refused(dataset: Path, capsys) -> None:
    assert main(["make", "--out", str(dataset), "--n", "24", "--seed", "8", "--workers", "1"]) == 2
    assert "holds another data set (other seed); choose" in capsys.readouterr().err


def test_bad_requests_are_one_sentence(tmp_path: Path, capsys) -> None:
    assert main(["make", "--out", str(tmp_path / "x"), "--n", "0"]) == 2
    assert main(["sheet", "--out", str(tmp_path / "sheet.txt")]) == 2
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note").write_text("mine")
    assert main(["make", "--out", str(tmp_path / "full"), "--n", "4"]) == 2
    errors = capsys.readouterr().err
    assert "must be at least 1" in errors and "must end in .png" in errors and "not an empty folder" in errors
    assert "Traceback" not in errors


def test_a_disk_that_takes_no_more_ends_in_a_sentence_and_leaves_whole_files(tmp_path: Path, capsys) -> None:
    """The system's own limit on file sizes stands in for a full disk: pictures are larger than it, priors are not."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1500, limits[1]))
    try:
        code = main(["make", "--out", str(tmp_path / "x"), "--n", "2", "--workers", "1"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert code == 1
    assert "could not be written: File too large." in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "x").rglob("*") if path.is_file()] == ["dataset.json"]
    assert main(["make", "--out", str(tmp_path / "x"), "--n", "2", "--workers", "1"]) == 0
