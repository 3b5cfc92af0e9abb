"""Drawing: the original stays, only enabled layers show, opacity mixes, labels stay inside."""

from dataclasses import replace

import numpy as np
import pytest

from emola.faces.geometry import evidence
from emola.faces.overlay import build_layers, draw_layers, draw_legend, legend


def test_the_original_is_untouched_and_the_copy_is_changed(make_face, picture):
    before = picture.copy()
    drawn = draw_layers(picture, build_layers([make_face()]))
    np.testing.assert_array_equal(picture, before)
    assert drawn.shape == picture.shape and drawn.dtype == np.uint8
    assert (drawn != picture).any()


def test_a_read_only_picture_can_be_drawn_over(make_face, picture):
    frame = picture.copy()
    frame.setflags(write=False)
    assert (draw_layers(frame, build_layers([make_face()])) != frame).any()


def test_nothing_enabled_gives_the_picture_itself(make_face, picture):
    layers = build_layers([make_face()])
    np.testing.assert_array_equal(draw_layers(picture, layers, enabled=()), picture)
    np.testing.assert_array_equal(draw_layers(picture, layers, opacity=0.0), picture)
    np.testing.assert_array_equal(draw_layers(picture, []), picture)


@pytest.mark.parametrize("name", ["brows", "eyes", "nose", "lips", "pupils", "points", "box", "contour"])
def test_a_layer_draws_its_colour_on_its_points_and_nothing_far_away(make_face, picture, name):
    face = make_face(440.0)
    (layer,) = build_layers([face], layers=[name])
    drawn = draw_layers(picture, [layer], [name])
    assert (drawn == layer.colour).all(axis=2).any()
    points = np.concatenate([*layer.marks[0].lines, layer.marks[0].dots])
    x, y = np.floor(points[len(points) // 2]).astype(int)
    near = drawn[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3].reshape(-1, 3).astype(int)
    assert np.abs(near - layer.colour).max(axis=1).min() <= 40
    assert (drawn[:8, 600:] == picture[:8, 600:]).all()


def test_line_coordinates_are_continuous(make_face):
    black = np.zeros((60, 60, 3), np.uint8)
    (layer,) = build_layers([make_face(60.0, (30.0, 30.0))], layers=["box"])
    mark = layer.marks[0]
    mark.lines[0][:] = [(10.5, 20.5), (50.5, 20.5), (50.5, 40.5), (10.5, 40.5), (10.5, 20.5)]
    drawn = draw_layers(black, [layer])
    above, row, below = drawn[19:22, 30, 0].astype(int)
    assert row > 200 and max(above, below) < 100 and abs(above - below) < 10, (
        "a line at y 20.5 lies in the pixel row that covers 20 to 21"
    )
    assert drawn[23:38, 25].max() == 0


def test_opacity_mixes_between_picture_and_overlay(make_face, picture):
    layers = build_layers([make_face()])
    full = draw_layers(picture, layers).astype(float)
    half = draw_layers(picture, layers, opacity=0.5).astype(float)
    np.testing.assert_allclose(half, (full + picture) / 2, atol=1.0)


def test_larger_faces_get_thicker_lines(make_face):
    black = np.zeros((1200, 1200, 3), np.uint8)

    def inked(size: float) -> float:
        drawn = draw_layers(black, build_layers([make_face(size, (600.0, 600.0))], layers=["lips"]))
        return (drawn.max(axis=2) > 100).sum() / size

    assert inked(1000.0) > 2.5 * inked(200.0)


def test_many_faces_and_faces_over_the_border_are_drawn(make_face, picture):
    faces = [make_face(500.0, (0.0, 0.0)), make_face(60.0, (630.0, 470.0)), make_face(90.0, (-300.0, -300.0))]
    faces += [make_face(50.0, (60.0 * i, 400.0)) for i in range(8)]
    layers = build_layers(faces, {0: [evidence(faces[0], 12)]})
    drawn = draw_layers(picture, layers, [layer.name for layer in layers])
    assert (drawn != picture).any()


def test_the_number_of_a_face_at_the_top_border_stays_in_the_picture(make_face):
    black = np.zeros((200, 200, 3), np.uint8)
    face = replace(make_face(200.0, (100.0, 100.0)), box=(0.0, 0.0, 199.0, 199.0))
    drawn = draw_layers(black, build_layers([face], layers=["box"]))
    assert (drawn[4:20, 4:20] > 200).any(), "the digit is drawn inside, below the border"


def test_a_picture_smaller_than_the_label_is_no_error(make_face):
    tiny = np.zeros((5, 4, 3), np.uint8)
    assert draw_layers(tiny, build_layers([make_face()])).shape == (5, 4, 3)


def test_other_images_layers_and_opacities_are_refused(make_face, picture):
    layers = build_layers([make_face()])
    with pytest.raises(ValueError, match="expected RGB uint8"):
        draw_layers(picture.astype(np.float32), layers)
    with pytest.raises(ValueError, match="expected RGB uint8"):
        draw_layers(picture[:, :, 0], layers)
    with pytest.raises(ValueError, match="no such layer"):
        draw_layers(picture, layers, ["lip"])
    with pytest.raises(ValueError, match="between 0 and 1"):
        draw_layers(picture, layers, opacity=1.2)


def test_the_legend_names_colours_and_layouts(make_face):
    layers = build_layers([make_face()], approximate_106=True)
    found = legend(layers, ["brows", "lips", "mesh"])
    assert [entry.title for entry in found.entries] == ["Mesh", "Brows", "Lips"]
    assert found.entries[1].css_colour == "#f0a514"
    assert found.note == "Points: mediapipe-478, 106 from 478 (approximate)"
    assert legend(layers, ["box"]).note == "No points shown"


@pytest.mark.parametrize("width", [120, 640, 3000])
def test_the_drawn_legend_adds_a_strip_below(make_face, width):
    image = np.full((100, width, 3), 7, np.uint8)
    layers = build_layers([make_face()])
    with_legend = draw_legend(image, layers)
    assert with_legend.shape[1] == width and with_legend.shape[0] > 100
    np.testing.assert_array_equal(with_legend[:100], image)
    for layer in layers:
        if layer.on:
            assert (with_legend[100:] == layer.colour).all(axis=2).any(), layer.name
