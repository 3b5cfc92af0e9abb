"""Any data set by name: what all readers share, and how mistakes are told."""

import numpy as np
import pytest
from PIL import Image

from emola.errors import InputError
from training.data import registry
from training.data.folds import load_folds, subjects_of
from training.data.registry import DataSpec, open_data


def test_faulty_pictures_are_refused_by_option(raf_db):
    with pytest.raises(InputError, match="train_00003"):
        open_data(DataSpec("raf-db", raf_db, faults="refuse"))


@pytest.mark.parametrize("name", ["../secret.jpg", "/etc/passwd"])
def test_a_label_file_cannot_lead_out_of_the_data_root(tmp_path, name, text, picture):
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


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("affectnet", "Manually_Annotated_file_lists"),
        ("bp4d", "AUCoding"),
        ("disfa", "ActionUnit_Labels"),
        ("emotionet", "EmotioNet_FACS_aws_2020_24600.csv"),
        ("gft", "AU_OCC"),
        ("raf-db", "EmoLabel/list_patition_label.txt"),
    ],
)
def test_the_path_that_was_looked_for_is_named_whole(tmp_path, name, missing):
    with pytest.raises(InputError) as raised:
        open_data(DataSpec(name, tmp_path, "all"))
    assert str(tmp_path / missing) in str(raised.value)


def test_the_list_of_subjects_that_was_looked_for_is_named_whole(gft):
    (gft / "test_subjects.txt").unlink()
    with pytest.raises(InputError) as raised:
        open_data(DataSpec("gft", gft, "test"))
    assert str(gft / "test_subjects.txt") in str(raised.value)
