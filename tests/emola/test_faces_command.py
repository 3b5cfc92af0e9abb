"""``python -m emola faces``."""

import base64
import json

import numpy as np
import pytest
from PIL import Image

from emola.__main__ import main
from emola.face_measuring import zoom_regions


@pytest.fixture(scope="module")
def pictures(tmp_path_factory, astronaut):
    """A folder with a real face, a picture without one, and one that is broken; and a list that names the first."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "sub").mkdir()
    Image.fromarray(astronaut).save(folder / "sub" / "face.png")
    Image.new("RGB", (64, 64), "gray").save(folder / "empty.png")
    (folder / "broken.jpg").write_bytes(b"no picture")
    (folder / "list.txt").write_text("sub/face.png\n\nempty.png\n")
    return folder


def rows(path):
    return {row["image"]: row for row in map(json.loads, path.read_text().splitlines())}


def test_a_folder_is_measured_once_and_goes_on_after_a_torn_line(pictures, tmp_path, capsys):
    out = tmp_path / "faces.jsonl"
    command = ["faces", str(pictures), "--out", str(out), "--workers", "1"]
    assert main(command) == 0
    assert "1 of 3 pictures show a face (0 pictures were measured already)" in capsys.readouterr().out
    found = rows(out)
    face = found["sub/face.png"]
    assert [found[name]["found"] for name in ("empty.png", "broken.jpg")] == [False, False]
    mesh = np.frombuffer(base64.b64decode(face["mesh"]), "<f4").reshape(478, 3)
    x0, y0, x1, y1 = face["box"]
    assert x0 < mesh[:, 0].mean() < x1 and y0 < mesh[:, 1].mean() < y1
    assert len(face["points_106"]) == 106 and face["points_106_approximate"] is True
    assert set(face["regions"]) == {"brow", "eyes", "nose_cheek", "mouth_chin"}
    content = out.read_bytes()
    out.write_bytes(content[:-40])
    assert main(command) == 0
    assert "(2 pictures were measured already)" in capsys.readouterr().out
    assert rows(out) == found


def test_a_list_names_what_is_measured(pictures, tmp_path, capsys):
    out = tmp_path / "faces.jsonl"
    assert main(["faces", str(pictures / "list.txt"), "--out", str(out), "--workers", "1"]) == 0
    assert set(rows(out)) == {"sub/face.png", "empty.png"}


@pytest.mark.parametrize("written", ["/etc/passwd", "../secret.png", ""])
def test_what_leaves_the_root_or_names_nothing_is_bad_input(pictures, tmp_path, capsys, written):
    (tmp_path / "list.txt").write_text(written + "\n")
    command = ["faces", str(tmp_path / "list.txt"), "--root", str(pictures), "--out", str(tmp_path / "o.jsonl")]
    assert main(command) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("line", ["{}", "x", '{"image": 1, "found": true}'])
def test_another_file_is_not_written_to(pictures, tmp_path, capsys, line):
    out = tmp_path / "notes.txt"
    out.write_text(line + "\n")
    assert main(["faces", str(pictures), "--out", str(out), "--workers", "1"]) == 2
    assert out.read_text() == line + "\n"
    assert "--out" in capsys.readouterr().err


def test_zoom_regions_lie_in_order_down_the_face(astronaut):
    from emola.faces.analyze import analyze
    from emola.faces.layouts import mesh_to_106

    boxes = zoom_regions(mesh_to_106(analyze(astronaut)[0].landmarks))
    middles = [(boxes[name][1] + boxes[name][3]) / 2 for name in ("brow", "eyes", "nose_cheek", "mouth_chin")]
    assert middles == sorted(middles)
    assert all(x0 < x1 and y0 < y1 for x0, y0, x1, y1 in boxes.values())
