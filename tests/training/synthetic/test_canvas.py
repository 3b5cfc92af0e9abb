"""Drawing only where something is must give the pixels of drawing everywhere."""

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.synthetic import canvas


@given(
    x=st.integers(-10, 70),
    y=st.integers(-10, 70),
    radius=st.integers(0, 30),
    deviation=st.floats(0.3, 9.0),
)
def test_softened_window_equals_softened_picture(x, y, radius, deviation):
    mask = np.zeros((64, 64), np.uint8)
    cv2.circle(mask, (x, y), radius, 255, -1)
    np.testing.assert_array_equal(canvas.soften(mask, deviation), cv2.GaussianBlur(mask, (0, 0), deviation))


def test_softening_nothing_gives_nothing():
    assert not canvas.soften(np.zeros((8, 8), np.uint8), 2.0).any()


def test_box_of_what_is_used_is_cut_at_the_border():
    mask = np.zeros((10, 12), np.uint8)
    assert mask[canvas.used(mask)].size == 0 and mask[canvas.used(mask, margin=3)].size == 0
    mask[1, 4:6] = 7
    assert canvas.used(mask) == np.s_[1:2, 4:6]
    assert canvas.used(mask, margin=2) == np.s_[0:4, 2:8]


def test_blend_lays_the_share_of_a_colour_or_picture_over_what_is_there():
    image = np.full((2, 2, 3), 100, np.uint8)
    canvas.blend(image, np.array((200.0, 0.0, 100.0)), np.array([[255, 0], [51, 0]], np.uint8), 0.5)
    assert image[0, 0].tolist() == [150, 50, 100], "half of the way at full opacity and strength 0.5"
    assert image[1, 0].tolist() == [110, 90, 100], "a tenth of the way at opacity 51 of 255"
    assert (image[:, 1] == 100).all(), "nothing where the opacity is 0"
    canvas.blend(image, np.full((2, 2, 3), 30, np.uint8), np.array([[0, 255], [0, 0]], np.uint8))
    assert image[0, 1].tolist() == [30, 30, 30]


def test_plain_picture_cuts_fractions_off():
    assert np.unique(canvas.plain(4, np.array((60.0, 25.9, 255.0))).reshape(-1, 3), axis=0).tolist() == [[60, 25, 255]]
