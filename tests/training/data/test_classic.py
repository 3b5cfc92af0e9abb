"""The classic data sets on small fabricated folders of the exact layout that each reader documents."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emola.answer import read_action_units, read_emotion
from emola.errors import InputError
from emola.prompt import QUESTIONS
from training.data import registry
from training.data.classic.building import answer_of
from training.data.folds import load_folds, subjects_of
from training.data.registry import DataSpec, open_data
from training.data.samples import read_faba
from training.data.templates import sample_question
from training.data.writing import write_faba
from training.synthetic.text import questions


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), "gray").save(path)


def text(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


@pytest.fixture
def raf_db(tmp_path: Path) -> Path:
    lines = ["train_00001.jpg 5", "train_00002.jpg 4", "test_0001.jpg 7", "train_00003.jpg 1"]
    text(tmp_path / "EmoLabel/list_patition_label.txt", "\n".join(lines) + "\n")
    for name in ("train_00001", "train_00002", "test_0001"):
        picture(tmp_path / f"Image/aligned/{name}_aligned.jpg")
    (tmp_path / "Image/aligned/train_00003_aligned.jpg").write_bytes(b"broken")
    return tmp_path


BP4D_HEADER = "0,1,2,4,6,7,10,12,14,15,17,23,24"


@pytest.fixture
def bp4d(tmp_path: Path) -> Path:
    """F001 is in fold 1, F003 in fold 2; frames 7, 8 and 9 of F001 have names padded in three ways."""
    rows = [BP4D_HEADER, "7,1,0,0,1,0,0,1,0,0,0,0,0", "8,0,0,0,0,0,0,0,0,0,0,0,0", "9,1,9,0,0,0,0,0,0,0,0,0,0"]
    text(tmp_path / "AUCoding/AU_OCC/F001_T1.csv", "\n".join(rows))
    text(tmp_path / "AUCoding/AU_OCC/F003_T2.csv", f"{BP4D_HEADER}\n12,0,0,1,0,0,0,0,0,0,1,0,0\n")
    for name in ("0007", "08", "009"):
        picture(tmp_path / f"Sequences/F001/T1/{name}.jpg")
    picture(tmp_path / "Sequences/F003/T2/012.jpg")
    return tmp_path


@pytest.fixture
def disfa(tmp_path: Path) -> Path:
    """Three frames of SN001 (fold 1): AU1 at 1, 2, 3; AU12 at 5, 0, 1; the rest at 0."""
    levels = {1: (1, 2, 3), 12: (5, 0, 1)}
    for unit in (1, 2, 4, 6, 9, 12, 25, 26):
        lines = [f"{frame},{level}" for frame, level in enumerate(levels.get(unit, (0, 0, 0)), start=1)]
        text(tmp_path / f"ActionUnit_Labels/SN001/SN001_au{unit}.txt", "\n".join(lines))
    for frame in (1, 2, 3):
        picture(tmp_path / f"Frames/SN001/{frame:05d}.jpg")
    return tmp_path


@pytest.fixture
def gft(tmp_path: Path) -> Path:
    header = "frame,AU1,AU2,AU4,AU6,AU10,AU12,AU14,AU15,AU23,AU24"
    text(tmp_path / "AU_OCC/001A.csv", f"{header}\n1,1,0,0,0,0,1,0,0,0,0\n2,,0,0,0,0,1,0,0,0,0\n")
    text(tmp_path / "AU_OCC/002B.csv", f"{header}\n5,0,0,0,0,0,0,0,0,1,1\n")
    text(tmp_path / "train_subjects.txt", "001A\n")
    text(tmp_path / "test_subjects.txt", "002B\n")
    for name in ("001A/1", "001A/2", "002B/5"):
        picture(tmp_path / f"Frames/{name}.jpg")
    return tmp_path


@pytest.fixture
def emotionet(tmp_path: Path) -> Path:
    units = list(range(1, 61))
    header = ",".join(["URL", "orig_url", *(f"'AU {unit}'" for unit in units)])
    codes = {1: "1", 12: "1", 43: "0"}
    first = ",".join(["http://x.org/Images/N_1/N_0001.jpg", "o", *(codes.get(unit, "0") for unit in units)])
    second = ",".join(["http://x.org/Images/N_1/N_0002.jpg", "o", *("999" if unit == 5 else "0" for unit in units)])
    text(tmp_path / "emotionet_facs_24600.csv", "\n".join([header, first, second]))
    automatic = ["http://x.org/Images/N_1/N_0001.jpg", "o", *("1" if unit in (25, 26) else "0" for unit in units)]
    text(tmp_path / "dataFile_0001.txt", "\t".join(automatic))
    picture(tmp_path / "Images/N_1/N_0001.jpg")
    return tmp_path


@pytest.fixture
def affectnet(tmp_path: Path) -> Path:
    for split, number, expression in (("train_set", 1, "6"), ("train_set", 2, "7"), ("val_set", 3, "0")):
        picture(tmp_path / f"{split}/images/{number}.jpg")
        (tmp_path / f"{split}/annotations").mkdir(exist_ok=True)
        np.save(tmp_path / f"{split}/annotations/{number}_exp.npy", np.array(expression))
    return tmp_path


def answers(spec: DataSpec) -> dict[str, str]:
    return {sample.id: sample.answer for sample in open_data(spec)[0]}


def test_raf_db_names_the_emotion_in_one_word_and_lists_the_broken_picture(raf_db):
    samples, report = open_data(DataSpec("raf-db", raf_db))
    assert {sample.id: sample.answer for sample in samples} == {"train_00001": "Sadness", "train_00002": "Happiness"}
    assert (report.rows, report.used, report.counts) == (3, 2, {"broken image": 1})
    assert report.faults[0].id == "train_00003"
    assert samples[0].image == raf_db / "Image/aligned/train_00001_aligned.jpg"
    assert samples[0].labels == {"emotion": "sadness"}
    assert answers(DataSpec("raf-db", raf_db, "test")) == {"test_0001": "Neutral"}


def test_faulty_pictures_are_refused_by_option(raf_db):
    with pytest.raises(InputError, match="train_00003"):
        open_data(DataSpec("raf-db", raf_db, faults="refuse"))


def test_bp4d_takes_the_coded_frames_of_the_fold(bp4d):
    samples, report = open_data(DataSpec("bp4d", bp4d, "test", fold=1))
    assert {sample.id: sample.answer for sample in samples} == {"F001/T1/7": "AU1, AU6, AU12", "F001/T1/8": "No AUs."}
    assert [sample.image.name for sample in samples] == ["0007.jpg", "08.jpg"]
    assert report.counts == {"not coded": 1}
    assert samples[0].labels == {"action_units": [1, 6, 12], "subject": "F001"}
    assert answers(DataSpec("bp4d", bp4d, "train", fold=1)) == {"F003/T2/12": "AU4, AU17"}
    assert len(answers(DataSpec("bp4d", bp4d, "all"))) == 3


def test_frames_not_coded_are_no_fault_that_could_be_refused(bp4d):
    assert len(open_data(DataSpec("bp4d", bp4d, "test", fold=1, faults="refuse"))[0]) == 2


def test_frame_offset_and_thinning(bp4d):
    samples, report = open_data(DataSpec("bp4d", bp4d, "test", fold=1, frame_offset=1))
    assert [(sample.id, sample.image.name) for sample in samples] == [("F001/T1/7", "08.jpg"), ("F001/T1/8", "009.jpg")]
    _, report = open_data(DataSpec("bp4d", bp4d, "test", fold=1, frame_offset=2))
    assert [(fault.id, fault.kind) for fault in report.faults if fault.kind == "missing image"] == [
        ("F001/T1/8", "missing image")
    ]
    assert list(answers(DataSpec("bp4d", bp4d, "test", fold=1, every=2))) == ["F001/T1/7"]


def test_disfa_counts_an_action_unit_from_intensity_two(disfa):
    samples, _ = open_data(DataSpec("disfa", disfa, "test", fold=1))
    assert [sample.answer for sample in samples] == ["AU12", "AU1", "AU1"]
    assert samples[0].labels["intensities"] == {"1": 1, "12": 5}
    assert [sample.image.name for sample in samples] == ["00001.jpg", "00002.jpg", "00003.jpg"]


def test_a_missing_disfa_file_is_named(disfa):
    (disfa / "ActionUnit_Labels/SN001/SN001_au9.txt").unlink()
    with pytest.raises(InputError, match=r"SN001_au9\.txt"):
        open_data(DataSpec("disfa", disfa, "all"))


def test_disfa_files_of_different_length_are_refused(disfa):
    text(disfa / "ActionUnit_Labels/SN001/SN001_au9.txt", "1,0\n2,0\n")
    with pytest.raises(InputError, match="codes 2 frames"):
        open_data(DataSpec("disfa", disfa, "all"))


def test_gft_follows_the_lists_of_subjects(gft):
    samples, report = open_data(DataSpec("gft", gft))
    assert [(sample.id, sample.answer) for sample in samples] == [("001A/1", "AU1, AU12")]
    assert report.counts == {"not coded": 1}
    assert answers(DataSpec("gft", gft, "test")) == {"002B/5": "AU23, AU24"}
    (gft / "test_subjects.txt").unlink()
    with pytest.raises(InputError, match=r"test_subjects\.txt"):
        open_data(DataSpec("gft", gft, "test"))


def test_emotionet_reads_hand_coded_and_automatic_labels(emotionet):
    samples, report = open_data(DataSpec("emotionet", emotionet, "all"))
    assert [(sample.id, sample.answer) for sample in samples] == [("N_0001", "AU1, AU12")]
    assert report.counts == {"not coded": 1}
    assert answers(DataSpec("emotionet", emotionet, "all", file="dataFile_*.txt")) == {"N_0001": "AU25, AU26"}
    with pytest.raises(InputError, match="no published split"):
        open_data(DataSpec("emotionet", emotionet, "train"))


def test_affectnet_leaves_other_classes_out(affectnet):
    samples, report = open_data(DataSpec("affectnet", affectnet))
    assert [(sample.id, sample.answer) for sample in samples] == [("train_set/1", "Anger")]
    assert [(fault.kind, fault.detail) for fault in report.faults] == [("another class", "contempt")]
    assert answers(DataSpec("affectnet", affectnet, "test")) == {"val_set/3": "Neutral"}


def test_affectnets_first_release_keeps_the_face_box(tmp_path):
    header = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"
    rows = [header, "1/a.jpg,1,2,6,5,3.1;4.2,1,0.5,0.1", "1/b.jpg,NULL,NULL,NULL,NULL,,10,-2,-2"]
    text(tmp_path / "Manually_Annotated_file_lists/training.csv", "\n".join(rows))
    picture(tmp_path / "Manually_Annotated_Images/1/a.jpg")
    samples, report = open_data(DataSpec("affectnet", tmp_path))
    assert [(sample.answer, sample.labels["face_box"]) for sample in samples] == [("Happiness", [1, 2, 6, 5])]
    assert report.counts == {"another class": 1}


@pytest.mark.parametrize("name", ["../secret.jpg", "/etc/passwd"])
def test_a_label_file_cannot_lead_out_of_the_data_root(tmp_path, name):
    text(
        tmp_path / "Manually_Annotated_file_lists/training.csv",
        f"subDirectory_filePath,expression\n{name},1\n1/a.jpg,1\n",
    )
    picture(tmp_path / "Manually_Annotated_Images/1/a.jpg")
    picture(tmp_path / "secret.jpg")
    _, report = open_data(DataSpec("affectnet", tmp_path))
    assert report.counts == {("path outside the root" if ".." in name else "missing image"): 1}


def test_priors_are_taken_from_the_folder_that_extract_priors_wrote(raf_db):
    folder = raf_db / "priors"
    for name, values in (("train_00001", np.ones(212)), ("train_00002", np.full(212, np.nan))):
        target = folder / f"Image/aligned/{name}_aligned.jpg.npy"
        target.parent.mkdir(parents=True, exist_ok=True)
        np.save(target, values.astype(np.float32))
    samples, report = open_data(DataSpec("raf-db", raf_db, priors="priors"))
    assert [sample.id for sample in samples] == ["train_00001"]
    assert samples[0].prior == folder / "Image/aligned/train_00001_aligned.jpg.npy"
    assert report.counts["wrong prior"] == 1


def test_the_fingerprint_follows_the_pixels(raf_db):
    first = open_data(DataSpec("raf-db", raf_db))[1].fingerprint
    assert open_data(DataSpec("raf-db", raf_db))[1].fingerprint == first
    Image.new("RGB", (8, 8), "white").save(raf_db / "Image/aligned/train_00001_aligned.jpg")
    assert open_data(DataSpec("raf-db", raf_db))[1].fingerprint != first


def test_folds_hold_every_subject_once():
    assert sorted(len(fold) for fold in load_folds("bp4d").values()) == [13, 14, 14]
    assert [len(fold) for fold in load_folds("disfa").values()] == [9, 9, 9]
    assert len(subjects_of("bp4d", "all", None)) == 41
    assert len(subjects_of("disfa", "all", None)) == 27
    for name in ("bp4d", "disfa"):
        for fold in (1, 2, 3):
            assert not subjects_of(name, "train", fold) & subjects_of(name, "test", fold)
            assert subjects_of(name, "train", fold) | subjects_of(name, "test", fold) == subjects_of(name, "all", None)


def test_an_unknown_name_lists_the_known_and_the_nearest(tmp_path):
    with pytest.raises(InputError, match=r"affectnet, bp4d, disfa, emotionet, gft, raf-db.*did you mean raf-db"):
        open_data(DataSpec("rafdb", tmp_path))


def test_several_mistakes_are_reported_at_once(tmp_path):
    with pytest.raises(InputError) as raised:
        open_data(DataSpec("disfa", tmp_path / "missing", every=0, images="../elsewhere"))
    for part in ("no folder", "every must be", "images must be"):
        assert part in str(raised.value)


@pytest.mark.parametrize("name", sorted(registry.READERS))
def test_an_empty_folder_is_one_sentence_about_the_layout(tmp_path, name):
    with pytest.raises(InputError, match="needs"):
        open_data(DataSpec(name, tmp_path, "all"))


@pytest.mark.parametrize("fold", [None, 0, 4])
def test_a_split_by_subject_needs_a_fold(disfa, fold):
    with pytest.raises(InputError, match="one of 1, 2, 3"):
        open_data(DataSpec("disfa", disfa, "train", fold=fold))


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
