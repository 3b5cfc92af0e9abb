"""Frames of a camera: what is too large is refused by its header."""

import io

import cv2
import pytest
from PIL import Image

from emola.errors import ImageError
from emola.page_live import FRAME_SIDE, _decode


def jpeg(width, height):
    file = io.BytesIO()
    Image.new("RGB", (width, height), (250, 0, 0)).save(file, "JPEG")
    return file.getvalue()


@pytest.mark.parametrize(
    "frame",
    [
        jpeg(FRAME_SIDE + 1, 8),
        jpeg(8, 9000),
        b"\xff\xd8 no picture",
        b"\xff\xd8",
        b"\x89PNG",
        jpeg(8, 8) + bytes(10**6),
    ],
)
def test_no_decoder_sees_what_is_no_frame(frame, monkeypatch):
    def never(*_):
        raise AssertionError("decoded")

    monkeypatch.setattr(cv2, "imdecode", never)
    with pytest.raises(ImageError, match="A camera frame must be a"):
        _decode(frame)


def test_a_frame_is_rgb():
    frame = _decode(jpeg(FRAME_SIDE, 24))
    assert frame.shape == (24, FRAME_SIDE, 3) and frame[0, 0].argmax() == 0


def test_a_frame_that_cannot_be_decoded_is_named():
    with pytest.raises(ImageError, match="readable JPEG"):
        _decode(jpeg(8, 8)[:30])
