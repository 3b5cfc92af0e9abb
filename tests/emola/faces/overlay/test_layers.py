"""Layers as data: names, layouts, widths, marks that lie on the measured points."""

from dataclasses import fields

import numpy as np
import pytest

from emola.faces.face import Face
from emola.faces.geometry import evidence
from emola.faces.layouts import mesh_to_106
from emola.faces.overlay import LAYER_NAMES, Layer, build_layers
from emola.faces.overlay_shapes import mesh_lines
from emola.taxonomy import Side


def by_name(layers) -> dict[str, Layer]:
    return {layer.name: layer for layer in layers}


def test_layers_come_in_drawing_order_and_empty_ones_are_left_out(make_face):
    names = [layer.name for layer in build_layers([make_face()])]
    assert names == [name for name in LAYER_NAMES if name != "evidence"]
    assert build_layers([]) == []


def test_a_face_without_a_mesh_has_no_mesh_layer(make_face):
    layers = by_name(build_layers([make_face(layout="insightface-106", with_mesh=False)]))
    assert "mesh" not in layers and "brows" in layers


@pytest.mark.parametrize(
    ("layout", "approximate", "expected"),
    [
        ("mediapipe-478", False, "mediapipe-478"),
        ("mediapipe-478", True, "106 from 478 (approximate)"),
        ("insightface-106", False, "insightface-106"),
        ("insightface-106", True, "insightface-106"),
    ],
)
def test_every_layer_of_points_names_its_layout(make_face, layout, approximate, expected):
    layers = by_name(build_layers([make_face(layout=layout)], approximate_106=approximate))
    for name in ("contour", "brows", "eyes", "nose", "lips", "pupils", "points", "numbers"):
        assert layers[name].layouts == (expected,), name
    assert layers["mesh"].layouts == ("mediapipe-478",)
    assert layers["box"].layouts == ()


@pytest.mark.parametrize("layout", ["mediapipe-478", "insightface-106"])
def test_lines_run_through_measured_points_only(make_face, layout):
    face = make_face(layout=layout)
    measured = {tuple(point) for point in face.landmarks.tolist()}
    layers = by_name(build_layers([face]))
    for name in ("contour", "brows", "eyes", "nose", "lips"):
        for line in layers[name].marks[0].lines:
            assert {tuple(point) for point in line.tolist()} <= measured, name


def test_approximate_106_shows_the_mapped_points(make_face):
    face = make_face()
    points = by_name(build_layers([face], approximate_106=True))["points"].marks[0].dots
    np.testing.assert_array_equal(points, mesh_to_106(face.mesh))


def test_lips_and_eyes_are_closed_and_brows_are_open(make_face):
    layers = by_name(build_layers([make_face()]))
    assert all((line[0] == line[-1]).all() for name in ("lips", "eyes") for line in layers[name].marks[0].lines)
    assert all((line[0] != line[-1]).any() for line in layers["brows"].marks[0].lines)


def test_the_mesh_holds_every_edge_once(make_face):
    mesh = make_face().mesh
    lines = mesh_lines(mesh)
    ends = [np.stack([line[:-1], line[1:]], axis=1) for line in lines]
    edges = {tuple(sorted(map(tuple, edge))) for edge in np.concatenate(ends).tolist()}
    assert len(edges) == sum(len(line) - 1 for line in lines) == 1322


def test_iris_circles_keep_centre_and_radius(make_face):
    face = make_face()
    mark = by_name(build_layers([face]))["pupils"].marks[0]
    np.testing.assert_array_equal(mark.dots, face.mesh[[468, 473], :2])
    radius = np.linalg.norm(face.mesh[[469, 470, 471, 472], :2] - face.mesh[468, :2], axis=1).mean()
    np.testing.assert_allclose(np.linalg.norm(mark.lines[0] - face.mesh[468, :2], axis=1), radius, rtol=1e-3)


def test_line_width_grows_with_the_face_and_small_faces_have_no_dark_edge(make_face):
    sizes = (40.0, 100.0, 300.0, 900.0, 5000.0)
    marks = [by_name(build_layers([make_face(size)]))["lips"].marks[0] for size in sizes]
    widths = [mark.width for mark in marks]
    assert widths == sorted(widths) and widths[0] == 1.0 and widths[-1] == 8.0 and widths[2] < widths[3]
    assert [mark.edge_width > 0 for mark in marks] == [False, False, True, True, True]


def test_a_small_face_is_not_covered_by_478_dots(make_face):
    small, large = (by_name(build_layers([make_face(size)]))["points"].marks[0] for size in (100.0, 400.0))
    assert len(large.dots) == 478 and len(small.dots) < 160


def test_boxes_are_numbered_from_one_in_the_order_given(make_face):
    layers = by_name(build_layers([make_face(300), make_face(100)]))
    assert [mark.texts[0].text for mark in layers["box"].marks] == ["1", "2"]
    assert [mark.face for mark in layers["box"].marks] == [0, 1]


def test_point_numbers_are_the_indices_of_the_layout(make_face):
    mark = by_name(build_layers([make_face(layout="insightface-106")]))["numbers"].marks[0]
    assert [int(text.text) for text in mark.texts] == list(range(106))


def test_only_the_layers_asked_for_are_built(make_face):
    assert [layer.name for layer in build_layers([make_face()], layers=["lips", "box"])] == ["lips", "box"]


def test_unknown_layers_and_faces_are_refused(make_face):
    with pytest.raises(ValueError, match="eyebrows: no such layer"):
        build_layers([make_face()], layers=["eyebrows"])
    with pytest.raises(ValueError, match="there are 1 faces"):
        build_layers([make_face()], {1: []})


def test_evidence_becomes_one_mark_with_its_two_points(make_face):
    face = make_face()
    found = evidence(face, 12, Side.LEFT)
    layer = by_name(build_layers([face], {0: [found]}))["evidence"]
    (mark,) = layer.marks
    np.testing.assert_allclose(mark.lines[0], np.array(found.points), rtol=1e-6)
    assert (mark.action_unit, mark.verdict, mark.title) == (12, found.verdict, found.reason)
    assert mark.texts[0].text == "AU12"


def test_evidence_without_points_draws_nothing(make_face):
    face = make_face()
    assert "evidence" not in by_name(build_layers([face], {0: [evidence(face, 4)]}))


def test_evidence_labels_do_not_cover_each_other(make_face):
    face = make_face()
    found = [evidence(face, number) for number in (1, 2, 7, 12, 15, 20, 25, 26, 27, 43)]
    layers = by_name(build_layers([face], {0: found}))
    labels = [mark.texts[0] for mark in layers["evidence"].marks]
    assert len(labels) == 10
    assert not any(a.overlaps(b) for i, a in enumerate(labels) for b in labels[:i])


def test_colours_of_the_parts_differ_clearly(make_face):
    layers = by_name(build_layers([make_face()]))
    colours = np.array([layers[name].colour for name in ("brows", "eyes", "nose", "lips", "pupils")], dtype=float)
    apart = np.linalg.norm(colours[:, None] - colours[None], axis=2)
    assert apart[~np.eye(5, dtype=bool)].min() > 50


def test_a_face_holds_no_prior_that_could_be_drawn():
    assert not any("prior" in field.name for field in fields(Face))
