"""Faces are cut out once, as the model expects them; pictures without one are named."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from emola.imaging import open_image
from training.data.samples import Sample
from training.lora import faces as faces_module
from training.lora.faces import cut_faces


@pytest.fixture
def samples(tmp_path: Path, astronaut: Any) -> list[Sample]:
    Image.fromarray(astronaut).save(tmp_path / "astronaut.png")
    Image.new("RGB", (300, 300), (90, 120, 90)).save(tmp_path / "wall.png")
    face = Sample("face", tmp_path / "astronaut.png", None, "What?", "A smile.", "au")
    return [replace(face, id="wall", image=tmp_path / "wall.png"), face, replace(face, id="the same", task="emotion")]


def test_faces_are_cut_once(samples: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut, faults = cut_faces(samples, "aligned-112", tmp_path / "crops")
    assert [(sample.id, sample.image.name) for sample in cut] == [("face", "0000001.png"), ("the same", "0000001.png")]
    assert [path.name for path in (tmp_path / "crops").iterdir()] == ["0000001.png"]
    assert faults == ["wall: There is no face to be found in wall.png."]
    crop = open_image(cut[0].image)
    assert crop.shape == (112, 112, 3)
    assert np.asarray(crop).std() > 30

    def cutting_again_is_wrong(*_: Any) -> None:
        raise AssertionError("what is cut is cut again")

    monkeypatch.setattr(faces_module, "crop_face", cutting_again_is_wrong)
    again, _ = cut_faces(samples, "aligned-112", tmp_path / "crops")
    assert again == cut
