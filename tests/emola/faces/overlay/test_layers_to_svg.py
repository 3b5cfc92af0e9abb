"""SVG for the page: well formed, one group per layer, attributes the page works with, everything escaped."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from emola.faces.geometry import evidence
from emola.faces.overlay import build_layers, layers_to_svg

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def drawn(make_face):
    faces = [make_face(), make_face(90.0, (100.0, 100.0))]
    layers = build_layers(faces, {0: [evidence(faces[0], 12), evidence(faces[0], 43)]})
    return layers, ElementTree.fromstring(layers_to_svg(layers, (640, 480)))


def test_the_svg_uses_picture_pixels_and_has_one_group_per_layer(drawn):
    layers, root = drawn
    assert root.get("viewBox") == "0 0 640 480"
    groups = root.findall(f"{SVG}g")
    assert [group.get("data-layer") for group in groups] == [layer.name for layer in layers]
    for group, layer in zip(groups, layers, strict=True):
        assert group.get("class") == f"layer layer-{layer.name}"
        assert group.get("stroke") == layer.css_colour
        assert len(group.findall(f"{SVG}g")) == len(layer.marks)


def test_boxes_carry_the_face_and_evidence_the_action_unit(drawn):
    _, root = drawn
    assert [g.get("data-face") for g in root.iter(f"{SVG}g") if g.get("data-face")] == ["0", "1"]
    found = [g for g in root.iter(f"{SVG}g") if g.get("data-au")]
    assert [(g.get("data-au"), g.get("data-on-face")) for g in found] == [("12", "0"), ("43", "0")]
    assert "AU12 Lip corner puller" in found[0].find(f"{SVG}title").text


def test_the_layouts_are_stated(make_face):
    svg = layers_to_svg(build_layers([make_face()], layers=["lips"], approximate_106=True), (640, 480))
    assert "106 from 478 (approximate)" in ElementTree.fromstring(svg).get("aria-label")


def test_the_first_point_of_the_lips_is_where_it_was_measured(make_face):
    layers = build_layers([make_face()], layers=["lips"])
    root = ElementTree.fromstring(layers_to_svg(layers, (640, 480)))
    data = next(root.iter(f"{SVG}path")).get("d")
    x, y = (float(value) for value in re.match(r"M(\S+) (\S+?)L", data).groups())
    assert (x, y) == pytest.approx(tuple(layers[0].marks[0].lines[0][0]), abs=0.051)
    assert data.count("Z") == 2


def test_text_from_data_is_escaped(make_face):
    face = make_face()
    hostile = replace(evidence(face, 12), reason='<script>alert("x")</script>&', verdict='"><script>')
    svg = layers_to_svg(build_layers([face], {0: [hostile]}), (640, 480))
    assert "<script" not in svg
    titles = [title.text for title in ElementTree.fromstring(svg).iter(f"{SVG}title")]
    assert '<script>alert("x")</script>&' in titles


def test_labels_stay_inside_the_picture(make_face):
    svg = layers_to_svg(build_layers([make_face(400.0, (0.0, 0.0))], layers=["box"]), (640, 480))
    plate = next(ElementTree.fromstring(svg).iter(f"{SVG}rect"))
    assert float(plate.get("x")) >= 0 and float(plate.get("y")) >= 0


def test_no_layers_give_an_empty_svg():
    root = ElementTree.fromstring(layers_to_svg([], (10, 20)))
    assert list(root) == [] and root.get("aria-label") == "Overlay: no face"


def test_a_whole_face_with_its_mesh_stays_below_60_kb(make_face):
    assert len(layers_to_svg(build_layers([make_face()]), (640, 480)).encode()) < 60_000
