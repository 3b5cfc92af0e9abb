"""Opening the Releases page starts no long work; a button does, with its progress shown."""

from types import SimpleNamespace

import gradio as gr
import pytest
from PIL import Image

from review.page_releases import ReleasesPage

REQUEST = SimpleNamespace()


def test_opening_hashes_no_picture_but_says_how_many_are_new(database, make_user, make_image, tmp_path, monkeypatch):
    """One can be read and one cannot; the button compares them, and the other stays named."""
    Image.new("RGB", (40, 40), "white").save(tmp_path / "new.png")
    for name in ("new.png", "gone.png"):
        make_image(rel_path=name, hashed=False)
    lead = make_user(role="lead")
    with gr.Blocks():
        page = ReleasesPage(database, lambda request: lead, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("review.duplicates.perceptual_hash", lambda path: pytest.fail(f"{path} was hashed"))
        for shown in (page.load(REQUEST)[6:], page.preview("single", ["au"], [], REQUEST)):
            assert "2 pictures are not compared" in shown[0] and shown[1]["visible"]
    after = page.compare("single", ["au"], [], REQUEST)
    assert "1 picture is not compared" in after[0] and after[1]["visible"]
