import cv2
import numpy as np
import pytest

from emola.faces.analyze import face_from_mesh
from emola.faces.face import Pose
from emola.faces.gates import ALL_REGIONS, find_gates, sharpness


def names(face):
    return [gate.name for gate in face.gates]


@pytest.fixture
def texture():
    """A sharp picture (500, 500): random brightness, so that nothing counts as blurred."""
    return np.random.default_rng(0).integers(0, 255, (500, 500, 3), dtype=np.uint8)


def test_a_frontal_large_face_meets_no_gate(texture, posed_mesh):
    assert face_from_mesh(texture, posed_mesh(), 0.9).gates == ()


@pytest.mark.parametrize(
    ("yaw", "gate", "refused"), [(34, None, 0), (36, "profile", 0), (-50, "profile", 0), (65, "profile", 1)]
)
def test_profile(texture, posed_mesh, yaw, gate, refused):
    face = face_from_mesh(texture, posed_mesh(yaw=yaw), 0.9)
    assert names(face) == ([gate] if gate else []) and face.refused == bool(refused)


def test_pitch_blocks_brows_and_jaw_only(texture, posed_mesh):
    (gate,) = face_from_mesh(texture, posed_mesh(pitch=20), 0.9).gates
    assert gate.name == "pitch" and set(gate.blocks) == {"brows", "jaw"} and "20 degrees up" in gate.reason


def test_tilt(texture, posed_mesh):
    assert names(face_from_mesh(texture, posed_mesh(roll=50), 0.9)) == ["tilt"]
    assert names(face_from_mesh(texture, posed_mesh(roll=40), 0.9)) == []


@pytest.mark.parametrize(("scale", "expected", "refused"), [(7.0, [], 0), (5.0, ["tiny"], 0), (2.0, ["tiny"], 1)])
def test_tiny_counts_the_longer_side_in_pixels(texture, posed_mesh, scale, expected, refused):
    """The base mesh is 16.8 units high: 7, 5 and 2 pixels a unit make 117, 84 and 34 pixels."""
    face = face_from_mesh(texture, posed_mesh(scale=scale), 0.9)
    assert names(face) == expected and face.refused == bool(refused)


def test_a_face_cut_at_the_bottom_loses_chin_and_keeps_its_brows(texture, posed_mesh):
    mesh = posed_mesh(scale=15, centre=(250, 500 - 8 * 15))
    face = face_from_mesh(texture, mesh, 0.9)
    (gate,) = face.gates
    assert gate.name == "cut" and "chin" in gate.blocks and "brows" not in gate.blocks and not face.refused


def test_a_face_mostly_outside_is_refused(texture, posed_mesh):
    face = face_from_mesh(texture, posed_mesh(scale=15, centre=(0, 250)), 0.9)
    assert names(face) == ["cut"] and face.refused


def test_without_a_mesh_nothing_can_be_judged(texture):
    gates = find_gates(texture, (100, 100, 300, 300), None, Pose(0, 0, 0))
    assert [gate.name for gate in gates] == ["no_mesh"] and gates[0].blocks == ALL_REGIONS


def test_sharpness_ignores_contrast_and_brightness(texture):
    box = (50, 50, 400, 400)
    dull = (texture // 4 + 90).astype(np.uint8)
    assert sharpness(dull, box) == pytest.approx(sharpness(texture, box), rel=0.05)


def test_a_real_face_is_sharp_and_blurred_after_blurring(analyzer, astronaut):
    (face,) = analyzer.analyze(astronaut)
    width = face.box[2] - face.box[0]
    blurred = cv2.GaussianBlur(astronaut, (0, 0), 0.03 * width)
    assert "blurred" not in names(face)
    (blurred_face,) = analyzer.analyze(blurred)
    assert "blurred" in names(blurred_face)
