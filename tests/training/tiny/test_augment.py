from pathlib import Path

import numpy as np
import pytest
import torch

from emola.model import EmolaProcessor
from training.tiny.augment import augment, mirrored, to_pixels


@pytest.fixture
def crops() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (6, 112, 112, 3)).astype(np.uint8)


def test_training_sees_pixels_as_the_processor_makes_them(crops, repository: Path) -> None:
    folder = repository / "emola/weights/tiny"
    if not (folder / "config.json").is_file():
        pytest.skip("the weights of EmoLA-tiny are not in this checkout")
    processor = EmolaProcessor.from_pretrained(folder, local_files_only=True)
    prompts = [processor.build_prompt("What is it?")] * len(crops)
    expected = processor(prompts, images=list(crops))["pixel_values"]
    assert torch.allclose(to_pixels(crops), expected, atol=1e-5)


def test_only_the_chosen_crops_are_mirrored(crops) -> None:
    flips = np.array([True, False] * 3)
    result = mirrored(crops, flips)
    assert np.array_equal(result[0], crops[0, :, ::-1]) and np.array_equal(result[1], crops[1])


def test_augmentation_repeats_with_its_generator_and_changes_every_picture(crops) -> None:
    first, again = (augment(crops, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, again) and first.shape == crops.shape and first.dtype == np.uint8
    assert all(np.abs(one.astype(int) - other).mean() > 2 for one, other in zip(first, crops, strict=True))


def test_augmentation_keeps_the_face_where_it_is() -> None:
    disc = np.zeros((40, 112, 112, 3), np.uint8)
    disc[:, 46:66, 46:66] = 255
    for picture in augment(disc, np.random.default_rng(1)):
        bright = np.argwhere(picture.mean(-1) > picture.mean(-1).min() + 0.6 * np.ptp(picture.mean(-1)))
        assert np.abs(bright.mean(0) - 55.5).max() < 20  # a hole may pull the middle away
