"""What is a face and what only looks like one; faces that are small, tight or lying among large pictures."""

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest

from emola.imaging import open_image


@pytest.fixture(scope="module")
def look_alikes():
    spec = importlib.util.find_spec("gradio")
    return Path(spec.origin).parent / "media_assets" / "images"


@pytest.mark.parametrize("name", ["groot.jpeg", "lion.jpg", "cheetah.jpg", "tower.jpg", "hf-logo_transpng.png"])
def test_puppets_animals_and_smileys_are_no_faces(analyzer, look_alikes, name):
    assert analyzer.analyze(open_image(look_alikes / name)) == []


@pytest.mark.parametrize("name", ["motorcycle_right.png", "cell.png", "clock_motion.png", "ihc.png", "color.png"])
def test_textures_that_excite_the_detectors_are_no_faces(analyzer, name):
    import skimage

    assert analyzer.analyze(open_image(Path(skimage.__file__).parent / "data" / name)) == []


@pytest.mark.parametrize("margin", [0.0, 0.1, 0.3])
def test_a_face_that_fills_its_picture_is_found(analyzer, astronaut, margin):
    (face,) = analyzer.analyze(astronaut)
    x0, y0, x1, y1 = face.box
    space = margin * face.size_px
    tight = astronaut[round(y0 - space) : round(y1 + space), round(x0 - space) : round(x1 + space)]
    (found,) = analyzer.analyze(np.ascontiguousarray(tight))
    assert found.size_px == pytest.approx(face.size_px, rel=0.08)


def test_small_faces_of_a_large_picture_are_found(analyzer, astronaut):
    """Six portraits with faces of 55 pixels, 1/29 of the picture's longer side."""
    portrait = cv2.resize(astronaut[:300, 75:375], (150, 150), interpolation=cv2.INTER_AREA)
    image = np.full((1200, 1600, 3), 130, dtype=np.uint8)
    places = [(60, 80), (700, 30), (1400, 100), (130, 900), (820, 640), (1380, 1010)]
    for x, y in places:
        image[y : y + 150, x : x + 150] = portrait
    centres = sorted(((f.box[0] + f.box[2]) / 2, (f.box[1] + f.box[3]) / 2) for f in analyzer.analyze(image))
    expected = sorted((x + 75, y + 60) for x, y in places)
    assert len(centres) == 6 and np.abs(np.subtract(centres, expected)).max() < 15


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_picture_on_its_side_or_head_is_read(analyzer, astronaut, quarters):
    (face,) = analyzer.analyze(np.ascontiguousarray(np.rot90(astronaut, quarters)))
    assert "tilt" in [gate.name for gate in face.gates]
    turned = (face.pose.roll + 90 * quarters + 180) % 360 - 180
    assert abs(turned) < 15


def test_a_picture_of_twelve_megapixels_gives_the_same_face(analyzer, astronaut):
    (small,) = analyzer.analyze(astronaut)
    (large,) = analyzer.analyze(cv2.resize(astronaut, (3464, 3464), interpolation=cv2.INTER_CUBIC))
    assert np.abs(large.landmarks / (3464 / 512) - small.landmarks).max() < 2


def test_the_same_face_is_not_counted_twice(analyzer, insightface_pictures):
    faces = analyzer.analyze(open_image(insightface_pictures / "t1.jpg"))
    centres = np.array([[(f.box[0] + f.box[2]) / 2, (f.box[1] + f.box[3]) / 2] for f in faces])
    distances = np.linalg.norm(centres[:, None] - centres[None], axis=2) + 1e6 * np.eye(len(faces))
    assert distances.min() > max(face.size_px for face in faces)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_group_picture_on_its_side_or_head_keeps_its_six_faces(analyzer, insightface_pictures, quarters):
    image = open_image(insightface_pictures / "t1.jpg")
    assert len(analyzer.analyze(np.ascontiguousarray(np.rot90(image, quarters)))) == 6
