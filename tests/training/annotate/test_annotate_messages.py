"""What is sent to an endpoint, and how what comes back is understood."""

import base64
import io

import numpy as np
from PIL import Image

from training.annotate.messages import encode_picture, looks_refused
from training.annotate.pacing import retry_after


def test_a_sent_picture_is_small_upright_and_without_metadata(tmp_path):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera of Somebody"
    Image.fromarray(np.zeros((100, 900, 3), np.uint8)).save(tmp_path / "p.jpg", exif=exif)
    url = encode_picture(tmp_path / "p.jpg", 300)
    sent = base64.b64decode(url.removeprefix("data:image/jpeg;base64,"))
    with Image.open(io.BytesIO(sent)) as picture:
        assert picture.size == (33, 300)
        assert not picture.getexif()
    assert b"Somebody" not in sent


def test_refusals_are_known_by_their_opening():
    assert looks_refused("  I\N{RIGHT SINGLE QUOTATION MARK}m sorry, but I can't assist.")
    assert looks_refused("As an AI, I cannot describe people.")
    assert not looks_refused("The face looks sorry and sad.")
    assert not looks_refused("Sorrow shows in the lowered lip corners.")


def test_retry_after_reads_numbers_and_dates():
    assert retry_after({"retry-after": "3"}) == 3
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({}) is None
