"""The classic data sets, read from folders of the layout that each is published in."""

import pytest

from emola.errors import InputError
from training.data.folds import load_folds
from training.data.registry import DataSpec, open_data


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


def test_bp4d_takes_the_coded_frames_of_the_fold(bp4d):
    samples, report = open_data(DataSpec("bp4d", bp4d, "test", fold=1))
    assert {sample.id: sample.answer for sample in samples} == {"F001/T1/7": "AU1, AU6, AU12", "F001/T1/8": "No AUs."}
    assert [sample.image.name for sample in samples] == ["0007.jpg", "08.jpg"]
    assert report.counts["not coded"] == 1
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


def test_disfa_files_of_different_length_are_refused(disfa, text):
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


def test_affectnets_first_release_keeps_the_face_box(tmp_path, text, picture):
    header = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"
    rows = [header, "1/a.jpg,1,2,6,5,3.1;4.2,1,0.5,0.1", "1/b.jpg,NULL,NULL,NULL,NULL,,10,-2,-2"]
    text(tmp_path / "Manually_Annotated_file_lists/training.csv", "\n".join(rows))
    picture(tmp_path / "Manually_Annotated_Images/1/a.jpg")
    samples, report = open_data(DataSpec("affectnet", tmp_path))
    assert [(sample.answer, sample.labels["face_box"]) for sample in samples] == [("Happiness", [1, 2, 6, 5])]
    assert report.counts == {"another class": 1}


def test_affectnets_validation_list_comes_without_a_header_too(tmp_path, text, picture):
    rows = ["2/b.jpg,1,2,6,5,3.1;4.2,6,0.5,0.1", "2/c.jpg,1,2,6,5,3.1;4.2,0,0,0"]
    text(tmp_path / "Manually_Annotated_file_lists/validation.csv", "\n".join(rows))
    for name in ("2/b.jpg", "2/c.jpg"):
        picture(tmp_path / "Manually_Annotated/Manually_Annotated_Images" / name)
    samples, _ = open_data(DataSpec("affectnet", tmp_path, "test"))
    assert [(sample.id, sample.answer) for sample in samples] == [("2/b.jpg", "Anger"), ("2/c.jpg", "Neutral")]


def test_emotionets_list_is_found_under_its_published_name(emotionet):
    (emotionet / "emotionet_facs_24600.csv").rename(emotionet / "EmotioNet_FACS_aws_2020_24600.csv")
    assert answers(DataSpec("emotionet", emotionet, "all")) == {"N_0001": "AU1, AU12"}


@pytest.mark.parametrize("name", ["disfa", "bp4d"])
def test_missing_and_unknown_subjects_are_listed_and_are_no_rows(name, request, text):
    root = request.getfixturevalue(name)
    if name == "disfa":
        (root / "ActionUnit_Labels" / "SN099").mkdir()
    else:
        text(root / "AUCoding/AU_OCC/F099_T1.csv", "0,1\n")
    samples, report = open_data(DataSpec(name, root, "test", fold=1))
    subjects = sorted(load_folds(name)[1])
    listed = [fault.id for fault in report.faults if fault.kind == "missing subject"]
    assert len(subjects) > 5 and listed == [one for one in subjects if one not in ("SN001", "F001")]
    assert [fault.id for fault in report.faults if fault.kind == "unknown subject"] == [subjects[0][:-2] + "99"]
    assert report.rows == 3 and len(samples) >= 2
    assert f"{len(listed)} x missing subject" in report.summary()
