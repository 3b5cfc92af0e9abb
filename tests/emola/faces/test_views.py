import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emola.faces.views import Pyramid, Region

CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def test_corners_of_an_upright_region():
    corners = Region(x=50, y=40, side=20).to_picture(CORNERS)
    np.testing.assert_allclose(corners, [[40, 30], [60, 30], [60, 50], [40, 50]])


def test_a_quarter_turn_is_clockwise_in_the_picture():
    """The upper left corner of the square, turned clockwise by 90 degrees, lies at the upper right of the picture."""
    corners = Region(x=50, y=40, side=20, angle=np.pi / 2).to_picture(CORNERS)
    np.testing.assert_allclose(corners, [[60, 30], [60, 50], [40, 50], [40, 30]], atol=1e-9)


def test_a_region_of_whole_pixels_is_copied_exactly():
    image = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    view = Pyramid(image).render(Region(x=25, y=20, side=10), 10)
    np.testing.assert_array_equal(view, image[15:25, 20:30])


def test_a_turned_region_is_turned_back_upright():
    image = np.random.default_rng(1).integers(0, 255, (30, 30, 3), dtype=np.uint8)
    view = Pyramid(np.ascontiguousarray(np.rot90(image, k=-1))).render(Region(15, 15, 30, np.pi / 2), 30)
    np.testing.assert_array_equal(view, image)


def test_outside_the_picture_its_border_repeats():
    image = np.zeros((10, 10, 3), dtype=np.uint8)
    image[:, -1] = 200
    view = Pyramid(image).render(Region(x=20, y=5, side=10), 10)
    assert (view == 200).all()


def test_shrinking_averages_instead_of_picking_pixels():
    """A checkerboard of single pixels, 16 times smaller, is even grey; picking pixels would give black and white."""
    board = np.indices((320, 320)).sum(axis=0) % 2 * 255
    image = np.repeat(board[..., None], 3, axis=2).astype(np.uint8)
    view = Pyramid(image).render(Region(x=160, y=160, side=320), 20)
    assert abs(view.astype(int) - 127.5).max() < 2


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (700, 1), (2, 3)])
def test_thin_pictures_are_rendered(shape):
    view = Pyramid(np.full((*shape, 3), 77, dtype=np.uint8)).render(Region(0.5, 0.5, 700), 64)
    assert view.shape == (64, 64, 3) and (view == 77).all()


@given(
    x=st.floats(30, 90),
    y=st.floats(30, 70),
    side=st.floats(8, 200),
    angle=st.floats(-3.2, 3.2),
    size=st.integers(16, 64),
)
def test_what_is_seen_in_a_view_lies_where_the_region_says(x, y, side, angle, size):
    """A horizontal and a vertical ramp: the colour of each view pixel names the place in the picture it shows."""
    rows, columns = np.indices((100, 120))
    image = np.stack([columns * 2, rows * 2, np.zeros_like(rows)], axis=2).astype(np.uint8)
    region = Region(x, y, side, angle)
    view = Pyramid(image).render(region, size)
    places = region.to_picture(np.array([[(c + 0.5) / size, (r + 0.5) / size] for r in (2, size - 3) for c in (3, 9)]))
    colours = [view[r, c] for r in (2, size - 3) for c in (3, 9)]
    for (px, py), colour in zip(places, colours, strict=True):
        if 8 < px < 112 and 8 < py < 92:
            assert colour[0] == pytest.approx(2 * (px - 0.5), abs=2) and colour[1] == pytest.approx(
                2 * (py - 0.5), abs=2
            )
