"""FABA-Instruct files are read with every fault counted and named."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from emola.errors import InputError
from training.data.records import RecordFault, safe_path
from training.data.samples import DataReport, Sample, read_faba


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    Image.new("RGB", (8, 8), (200, 150, 120)).save(folder / "face.png")
    (folder / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut off")
    np.save(folder / "prior.npy", np.arange(6, dtype=np.float32))
    np.save(folder / "short.npy", np.zeros(5))
    np.save(folder / "nan.npy", np.array([0, 1, 2, np.nan, 4, 5]))
    np.save(folder / "huge.npy", np.full(6, 1e300))
    np.save(folder / "words.npy", np.array(["a"] * 6))
    (folder / "text.npy").write_text("no array")
    Image.new("RGB", (8, 8)).save(tmp_path / "outside.png")
    (folder / "link.png").symlink_to(tmp_path / "outside.png")
    (folder / "inside.png").symlink_to(folder / "face.png")
    return folder


def record(**changes: Any) -> dict[str, Any]:
    turns = [{"from": "human", "value": "What now?\n<image>"}, {"from": "gpt", "value": " A smile. "}]
    base = {"id": "a", "source": "s", "image": "face.png", "landmark": "prior.npy", "conversations": turns}
    return {**base, **changes}


def read(root: Path, *records: Any, **options: Any) -> tuple[list[Sample], DataReport]:
    path = root.parent / "file.json"
    path.write_text(json.dumps(records))
    return read_faba(path, root, options.pop("task", "au"), **{"prior_dim": 6, **options})


def turns(question: Any, answer: Any) -> list[dict[str, Any]]:
    return [{"from": "human", "value": question}, {"from": "gpt", "value": answer}]


def test_a_training_record(root: Path) -> None:
    samples, report = read(root, record())
    assert samples == [Sample("a", root / "face.png", root / "prior.npy", "What now?", "A smile.", "au", "s", {})]
    assert (report.rows, report.used, report.faults) == (1, 1, ())


@pytest.mark.parametrize(
    ("task", "label", "labels"),
    [
        ("emotion", 0, {"emotion": "happiness"}),
        ("emotion", "6", {"emotion": "fear"}),
        ("emotion", "Anger", {"emotion": "anger"}),
        ("au", "12, 1, 2,12", {"action_units": [1, 2, 12]}),
        ("au", "", {"action_units": []}),
    ],
)
def test_an_evaluation_record(root: Path, task: Any, label: Any, labels: dict[str, Any]) -> None:
    given_record = {"image": "face.png", "label": label, "gpt4": "Joy.", "landmark": "prior.npy"}
    (sample,), _ = read(root, given_record, task=task)
    assert sample.labels == labels
    assert (sample.id, sample.answer) == ("face.png", "Joy.")
    assert sample.question in ("What emotions are conveyed by this face?", "What AUs are conveyed by this face?")


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"image": "gone.png"}, "missing image"),
        ({"image": "."}, "missing image"),
        ({"image": "cut.jpg"}, "broken image"),
        ({"image": 5}, "wrong type"),
        ({"landmark": None}, "wrong type"),
        ({"landmark": "gone.npy"}, "missing prior"),
        ({"landmark": "short.npy"}, "wrong prior"),
        ({"landmark": "nan.npy"}, "wrong prior"),
        ({"landmark": "huge.npy"}, "wrong prior"),
        ({"landmark": "words.npy"}, "wrong prior"),
        ({"landmark": "text.npy"}, "wrong prior"),
        ({"conversations": turns("Why?", "  ")}, "empty answer"),
        ({"conversations": turns("<image>\n", "So.")}, "empty question"),
        ({"conversations": turns("Why?", "So.") * 2}, "wrong conversation"),
        ({"conversations": turns("Why?", 7)}, "wrong conversation"),
        ({"conversations": "Why?"}, "wrong conversation"),
        ({"id": ["a"]}, "wrong type"),
        ({"id": True}, "wrong type"),
        ({"image": "/etc/hostname"}, "path outside the root"),
        ({"image": "../outside.png"}, "path outside the root"),
        ({"image": "x/../face.png"}, "path outside the root"),
        ({"image": "..\\outside.png"}, "path outside the root"),
        ({"image": "C:\\outside.png"}, "path outside the root"),
        ({"image": "link.png"}, "path outside the root"),
        ({"landmark": "../x.npy"}, "path outside the root"),
        ({"image": "a\0b"}, "path outside the root"),
        ({"image": "n" * 5000}, "path outside the root"),
        ({"label": "joy"}, "wrong label"),
        ({"weight": "much"}, "wrong weight"),
        ({"weight": 0}, "wrong weight"),
        ({"weight": 1.5}, "wrong weight"),
        ({"weight": float("nan")}, "wrong weight"),
        ({"weight": True}, "wrong weight"),
    ],
)
def test_each_fault_has_its_name(root: Path, changes: dict[str, Any], kind: str) -> None:
    samples, report = read(root, record(**changes))
    assert samples == []
    assert [fault.kind for fault in report.faults] == [kind]
    assert report.counts == {kind: 1}


def test_a_record_keeps_its_weight(root: Path) -> None:
    samples, report = read(root, record(weight=0.6), record(id="b"))
    assert [sample.weight for sample in samples] == [0.6, 1.0]
    assert report.fingerprint != read(root, record(), record(id="b"))[1].fingerprint


def test_faults_are_counted_and_listed_by_name(root: Path) -> None:
    good = record()
    samples, report = read(root, good, record(), record(id="b", image="gone.png"), "nonsense", record(id=7))
    assert [sample.id for sample in samples] == ["a", "7"]
    assert [(fault.id, fault.kind) for fault in report.faults] == [
        ("a", "duplicate id"),
        ("b", "missing image"),
        ("record 4", "wrong type"),
    ]
    summary = report.summary()
    assert "2 of 5 records can be used" in summary
    assert "b: there is no gone.png" in summary
    assert json.loads(json.dumps(report.to_json()))["counts"] == {
        "duplicate id": 1,
        "missing image": 1,
        "wrong type": 1,
    }


def test_long_lists_are_cut_in_the_summary_only(root: Path) -> None:
    _, report = read(root, *(record(id=str(number), image="gone.png") for number in range(9)))
    assert "and 4 more" in report.summary()
    assert len(report.faults) == 9


def test_faults_can_be_refused(root: Path) -> None:
    with pytest.raises(InputError, match="1 records with faults, and they are refused"):
        read(root, record(), record(id="b", image="gone.png"), faults="refuse")


def test_a_link_that_stays_inside_is_followed(root: Path) -> None:
    (sample,), _ = read(root, record(image="inside.png"))
    assert sample.image == root / "face.png"


def test_priors_can_be_left_out(root: Path) -> None:
    (sample,), _ = read(root, {key: value for key, value in record().items() if key != "landmark"}, prior_dim=None)
    assert sample.prior is None


def test_the_fingerprint_sees_texts_pictures_and_priors(root: Path) -> None:
    marks = [read(root, record())[1].fingerprint, read(root, record())[1].fingerprint]
    marks.append(read(root, record(conversations=turns("What now?", "A frown.")))[1].fingerprint)
    Image.new("RGB", (8, 8), (1, 2, 3)).save(root / "face.png")
    marks.append(read(root, record())[1].fingerprint)
    np.save(root / "prior.npy", np.ones(6))
    marks.append(read(root, record())[1].fingerprint)
    assert marks[0] == marks[1]
    assert len(set(marks)) == 4


@pytest.mark.parametrize("content", ["{", "{}", "3", "\udcff"])
def test_a_file_that_is_no_list_is_refused(root: Path, content: str) -> None:
    path = root / "file.json"
    path.write_text(content, errors="surrogateescape")
    with pytest.raises(InputError, match=r"file\.json"):
        read_faba(path, root, "au")


def test_missing_places_are_named(root: Path) -> None:
    with pytest.raises(InputError, match="no data file"):
        read_faba(root / "none.json", root, "au")
    with pytest.raises(InputError, match="no data root"):
        read_faba(root / "none.json", root / "nowhere", "au")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(["id", "image", "landmark", "conversations", "label", "gpt4", "source"])


@given(records=st.lists(st.dictionaries(keys, json_values, max_size=7) | json_values, max_size=4))
def test_no_record_is_lost_or_breaks_the_reader(records: list[Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("open")
    path = folder / "file.json"
    path.write_text(json.dumps(records))
    samples, report = read_faba(path, folder, "emotion", prior_dim=6, workers=1)
    assert samples == []
    assert len(report.faults) == report.rows == len(records)


@given(written=st.text(alphabet="ab./\\~:\0 ", max_size=20))
def test_no_path_leaves_the_root(written: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.getbasetemp().resolve()
    try:
        path = safe_path(root, written)
    except RecordFault:
        return
    assert path.is_relative_to(root)
