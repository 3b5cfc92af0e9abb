import numpy as np
import pytest

from emola.taxonomy import ACTION_UNITS
from training.synthetic.deform import SEALED_GAP, deform
from training.synthetic.fields import INDEX, NUMBERS, displacement
from training.synthetic.mesh import (
    LOWER_LID_RIGHT,
    LOWER_LIP_INNER,
    UPPER_LID_RIGHT,
    UPPER_LIP_INNER,
    load_base_mesh,
)

BASE = load_base_mesh()
RIGHT = BASE.vertices[:, 0] < -0.5
LEFT = BASE.vertices[:, 0] > 0.5


def activation(units: dict[int, float], side: str = "both") -> np.ndarray:
    values = np.zeros((20, 2))
    for number, strength in units.items():
        values[INDEX[number]] = (strength * (side != "left"), strength * (side != "right"))
    return values


def moved(units: dict[int, float], side: str = "both") -> np.ndarray:
    return deform(BASE.vertices, activation(units, side)) - BASE.vertices


def lip_gap(mesh: np.ndarray) -> float:
    return float((mesh[list(UPPER_LIP_INNER), 1] - mesh[list(LOWER_LIP_INNER), 1]).max())


# Vertex, axis, sign of the movement, least size: what the FACS manual says of each unit.
SIGNATURES = {
    1: (55, 1, 1, 0.4),
    2: (70, 1, 1, 0.4),
    4: (55, 1, -1, 0.3),
    5: (159, 1, 1, 0.15),
    6: (50, 1, 1, 0.3),
    7: (145, 1, 1, 0.1),
    9: (64, 1, 1, 0.2),
    10: (39, 1, 1, 0.1),
    12: (61, 1, 1, 0.5),
    14: (61, 0, -1, 0.1),
    15: (61, 1, -1, 0.4),
    16: (17, 1, -1, 0.1),
    17: (199, 1, 1, 0.2),
    20: (61, 0, -1, 0.5),
    23: (61, 0, 1, 0.2),
    24: (0, 1, -1, 0.1),
    25: (14, 1, -1, 0.3),
    26: (152, 1, -1, 0.6),
    27: (152, 1, -1, 1.5),
    43: (159, 1, -1, 0.3),
}


def test_every_action_unit_has_a_signature() -> None:
    assert set(SIGNATURES) == set(ACTION_UNITS) == set(NUMBERS)


@pytest.mark.parametrize("number", NUMBERS)
def test_action_unit_moves_its_vertices_the_right_way(number: int) -> None:
    vertex, axis, sign, least = SIGNATURES[number]
    assert moved({number: 1.0})[vertex, axis] * sign >= least


@pytest.mark.parametrize("number", NUMBERS)
def test_both_sides_move_as_mirror_images(number: int) -> None:
    change = moved({number: 0.8})
    mirrored = change[BASE.mirror] * (-1, 1, 1)
    assert np.abs(change - mirrored).max() < 0.02  # the photographs' triangulation of the lips is not quite symmetric


def test_nothing_moves_without_action_units() -> None:
    assert not displacement(np.zeros((20, 2))).any()
    assert np.array_equal(deform(BASE.vertices, np.zeros((20, 2))), BASE.vertices)


@pytest.mark.parametrize("number", [2, 6, 12, 14, 15])
def test_one_sided_unit_stays_on_its_side(number: int) -> None:
    change = np.linalg.norm(moved({number: 1.0}, "right"), axis=1)
    assert change[RIGHT].max() > 5 * change[BASE.vertices[:, 0] > 2].max()
    mirrored = np.linalg.norm(moved({number: 1.0}, "left"), axis=1)
    assert mirrored[LEFT].max() == pytest.approx(change[RIGHT].max(), abs=0.02)


@pytest.mark.parametrize("units", [{9: 1.0}, {10: 1.0}, {9: 1.0, 10: 1.0}, {26: 1.0}, {16: 1.0}, {12: 1.0}])
def test_lips_stay_closed_without_lips_part(units: dict[int, float]) -> None:
    assert lip_gap(deform(BASE.vertices, activation(units))) <= max(SEALED_GAP, lip_gap(BASE.vertices)) + 1e-6


def test_lips_part_opens_wider_with_intensity() -> None:
    gaps = [lip_gap(deform(BASE.vertices, activation({25: level}))) for level in (0.2, 0.5, 1.0)]
    assert gaps[0] > 0.1 and gaps[0] < gaps[1] < gaps[2]


def test_closed_eyes_bring_the_lids_together() -> None:
    mesh = deform(BASE.vertices, activation({43: 1.0}))
    assert (mesh[list(UPPER_LID_RIGHT), 1] - mesh[list(LOWER_LID_RIGHT), 1]).max() < 0.12
    wink = deform(BASE.vertices, activation({43: 1.0}, "right"))
    assert np.array_equal(wink[386], BASE.vertices[386])


def test_lips_and_lids_never_cross() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        mesh = deform(BASE.vertices, rng.uniform(0, 1.2, (20, 2)) * (rng.random((20, 1)) < 0.4))
        for upper, lower in ((UPPER_LIP_INNER[1:-1], LOWER_LIP_INNER[1:-1]), (UPPER_LID_RIGHT, LOWER_LID_RIGHT)):
            assert (mesh[list(upper), 1] > mesh[list(lower), 1]).all()
