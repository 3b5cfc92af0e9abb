"""Small fabricated folders of the classic data sets, in the exact layout that each reader documents."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def picture():
    """Write a small picture, with its folders."""

    def write(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), "gray").save(path)

    return write


@pytest.fixture
def text():
    """Write a text file, with its folders."""

    def write(path: Path, content: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    return write


@pytest.fixture
def raf_db(tmp_path: Path, text, picture) -> Path:
    lines = ["train_00001.jpg 5", "train_00002.jpg 4", "test_0001.jpg 7", "train_00003.jpg 1"]
    text(tmp_path / "EmoLabel/list_patition_label.txt", "\n".join(lines) + "\n")
    for name in ("train_00001", "train_00002", "test_0001"):
        picture(tmp_path / f"Image/aligned/{name}_aligned.jpg")
    (tmp_path / "Image/aligned/train_00003_aligned.jpg").write_bytes(b"broken")
    return tmp_path


BP4D_HEADER = "0,1,2,4,6,7,10,12,14,15,17,23,24"


@pytest.fixture
def bp4d(tmp_path: Path, text, picture) -> Path:
    """F001 is in fold 1, F003 in fold 2; frames 7, 8 and 9 of F001 have names padded in three ways."""
    rows = [BP4D_HEADER, "7,1,0,0,1,0,0,1,0,0,0,0,0", "8,0,0,0,0,0,0,0,0,0,0,0,0", "9,1,9,0,0,0,0,0,0,0,0,0,0"]
    text(tmp_path / "AUCoding/AU_OCC/F001_T1.csv", "\n".join(rows))
    text(tmp_path / "AUCoding/AU_OCC/F003_T2.csv", f"{BP4D_HEADER}\n12,0,0,1,0,0,0,0,0,0,1,0,0\n")
    for name in ("0007", "08", "009"):
        picture(tmp_path / f"Sequences/F001/T1/{name}.jpg")
    picture(tmp_path / "Sequences/F003/T2/012.jpg")
    return tmp_path


@pytest.fixture
def disfa(tmp_path: Path, text, picture) -> Path:
    """Three frames of SN001 (fold 1): AU1 at 1, 2, 3; AU12 at 5, 0, 1; the rest at 0."""
    levels = {1: (1, 2, 3), 12: (5, 0, 1)}
    for unit in (1, 2, 4, 6, 9, 12, 25, 26):
        lines = [f"{frame},{level}" for frame, level in enumerate(levels.get(unit, (0, 0, 0)), start=1)]
        text(tmp_path / f"ActionUnit_Labels/SN001/SN001_au{unit}.txt", "\n".join(lines))
    for frame in (1, 2, 3):
        picture(tmp_path / f"Frames/SN001/{frame:05d}.jpg")
    return tmp_path


@pytest.fixture
def gft(tmp_path: Path, text, picture) -> Path:
    header = "frame,AU1,AU2,AU4,AU6,AU10,AU12,AU14,AU15,AU23,AU24"
    text(tmp_path / "AU_OCC/001A.csv", f"{header}\n1,1,0,0,0,0,1,0,0,0,0\n2,,0,0,0,0,1,0,0,0,0\n")
    text(tmp_path / "AU_OCC/002B.csv", f"{header}\n5,0,0,0,0,0,0,0,0,1,1\n")
    text(tmp_path / "train_subjects.txt", "001A\n")
    text(tmp_path / "test_subjects.txt", "002B\n")
    for name in ("001A/1", "001A/2", "002B/5"):
        picture(tmp_path / f"Frames/{name}.jpg")
    return tmp_path


@pytest.fixture
def emotionet(tmp_path: Path, text, picture) -> Path:
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
def affectnet(tmp_path: Path, text, picture) -> Path:
    for split, number, expression in (("train_set", 1, "6"), ("train_set", 2, "7"), ("val_set", 3, "0")):
        picture(tmp_path / f"{split}/images/{number}.jpg")
        (tmp_path / f"{split}/annotations").mkdir(exist_ok=True)
        np.save(tmp_path / f"{split}/annotations/{number}_exp.npy", np.array(expression))
    return tmp_path
