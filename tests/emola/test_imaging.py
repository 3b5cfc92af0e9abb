import io

import numpy as np
import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from emola.errors import ImageError
from emola.imaging import CLIP_MEAN_RGB, MAX_PIXELS, open_image, pad_to_square


def encoded(picture: Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


@pytest.fixture
def colours() -> Image.Image:
    """Left half red, right half blue, 8 wide and 4 high."""
    picture = Image.new("RGB", (8, 4), (200, 0, 0))
    picture.paste((0, 0, 200), (4, 0, 8, 4))
    return picture


def test_png_is_rgb_and_exact(colours):
    image = open_image(encoded(colours, "PNG"))
    assert image.shape == (4, 8, 3) and image.dtype == np.uint8
    assert image[0, 0].tolist() == [200, 0, 0] and image[0, 7].tolist() == [0, 0, 200]


def test_exif_turn_is_applied(colours):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn 90 degrees clockwise to be upright
    image = open_image(encoded(colours, "PNG", exif=exif))
    assert image.shape == (8, 4, 3)
    assert image[0, 0].tolist() == [200, 0, 0] and image[7, 0].tolist() == [0, 0, 200]


def test_sixteen_bit_grey_is_scaled_not_clipped():
    values = np.array([[0, 257 * 100, 65535]], dtype=np.uint16)
    image = open_image(encoded(Image.fromarray(values), "PNG"))
    assert image[0, :, 0].tolist() == [0, 100, 255]


def test_cmyk_jpeg_keeps_its_colour():
    image = open_image(encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG"))
    red, green, blue = image[8, 8]
    assert red > 200 and green < 60 and blue < 60


def test_animated_gif_gives_its_first_frame(colours):
    other = Image.new("RGB", (8, 4), (0, 255, 0))
    content = encoded(colours, "GIF", save_all=True, append_images=[other])
    assert open_image(content)[0, 0].tolist() == [200, 0, 0]


def test_transparency_lies_on_white():
    assert open_image(encoded(Image.new("RGBA", (2, 2), (0, 0, 0, 0)), "PNG"))[0, 0].tolist() == [255, 255, 255]


def test_heic_is_opened(colours):
    stream = io.BytesIO()
    pillow_heif.from_pillow(colours.resize((64, 64))).save(stream, quality=95)
    image = open_image(stream.getvalue())
    assert image.shape == (64, 64, 3) and image[32, 5, 0] > 150 > image[32, 5, 2]


def test_size_is_checked_before_decoding():
    side = int(MAX_PIXELS**0.5) + 2
    with pytest.raises(ImageError, match="megapixels"):
        open_image(encoded(Image.new("1", (side, side)), "PNG"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"%PDF-1.7\n...", "PDF document"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "vector"),
        (b"hello, this is text and no picture", "not a picture"),
    ],
)
def test_other_files_get_one_sentence(content, words):
    with pytest.raises(ImageError, match=words) as caught:
        open_image(content)
    assert str(caught.value).count("\n") == 0 and str(caught.value).endswith(".")


def test_cut_jpeg_is_refused_not_greyed(astronaut):
    content = encoded(Image.fromarray(astronaut), "JPEG")
    with pytest.raises(ImageError, match="broken or cut off"):
        open_image(content[: len(content) // 2])


def test_paths_that_are_no_pictures(tmp_path):
    with pytest.raises(ImageError, match="no file"):
        open_image(tmp_path / "missing.jpg")
    with pytest.raises(ImageError, match="folder"):
        open_image(tmp_path)


@given(st.binary(max_size=300))
def test_random_bytes_never_escape_as_another_error(content):
    with pytest.raises(ImageError):
        open_image(content)


@given(cut=st.integers(0, 400), flip=st.integers(0, 400), value=st.integers(0, 255))
def test_damaged_pngs_open_or_raise_the_sentence(cut, flip, value):
    content = bytearray(encoded(Image.new("RGB", (20, 20), (9, 9, 9)), "PNG"))
    content[flip % len(content)] = value
    try:
        image = open_image(bytes(content[: len(content) - cut % len(content)]))
    except ImageError:
        return
    assert image.ndim == 3 and image.shape[2] == 3


def test_padding_is_centred_and_clip_coloured():
    square = pad_to_square(np.full((2, 5, 3), 7, dtype=np.uint8))
    assert square.shape == (5, 5, 3)
    assert square[0, 0].tolist() == list(CLIP_MEAN_RGB) and (square[1:3] == 7).all()
    assert square[3, 0].tolist() == list(CLIP_MEAN_RGB)
