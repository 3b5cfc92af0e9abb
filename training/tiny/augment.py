"""Random changes of aligned crops against the gap between rendered and photographed faces.

Batches are uint8 (B, 112, 112, 3) RGB; the work is done picture by picture, which is several times cheaper on a CPU
than the same changes on a batch of floats.
"""

from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)

_GREY_SHARE = 0.25
_BLUR_SHARE = 0.5
_NOISE_SHARE = 0.5
_HOLE_SHARE = 0.15
_LEVELS = np.arange(256, dtype=np.float32) / 255

Crops = NDArray[np.uint8]


def to_pixels(crops: Crops) -> Tensor:
    """Return crops (B, 112, 112, 3) as CLIP's image processor gives them: float (B, 3, 112, 112)."""
    mean, deviation = (torch.tensor(values) * 255 for values in (CLIP_MEAN, CLIP_STD))
    return ((torch.from_numpy(crops).float() - mean) / deviation).permute(0, 3, 1, 2).contiguous()


def mirrored(crops: Crops, flips: NDArray[np.bool_]) -> Crops:
    """Return a copy of the crops in which the chosen ones are reflected left to right."""
    return np.where(flips[:, None, None, None], crops[:, :, ::-1], crops)


def augment(crops: Crops, rng: np.random.Generator) -> Crops:
    """Return the crops with random position, size, tone, colour, light, blur, noise and holes."""
    return np.stack([_augment_one(crop, rng) for crop in crops])


def _augment_one(crop: Crops, rng: np.random.Generator) -> Crops:
    """Return one changed crop."""
    image: NDArray[Any] = cv2.LUT(_moved(crop, rng), _tone_curve(rng)[:, None])
    if rng.random() < _GREY_SHARE:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if rng.random() < _BLUR_SHARE:
        soft = cv2.GaussianBlur(image, (3, 3), 0)
        share = float(rng.uniform(-0.5, 1.0))
        image = cv2.addWeighted(image, 1 - share, soft, share, 0)
    image = _lit(image, rng)
    if rng.random() < _HOLE_SHARE:
        _cut_hole(image, rng)
    return np.asarray(image, dtype=np.uint8)


def _moved(crop: Crops, rng: np.random.Generator) -> Crops:
    """Turn, scale and shift a little."""
    turn, grow, right, down = rng.normal(0, 1, 4) * (0.05, 0.03, 1.7, 1.7)
    middle = crop.shape[0] / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), float(np.degrees(turn)), 1.0 + float(grow))
    matrix = matrix + np.array([[0, 0, right], [0, 0, down]])
    moved = cv2.warpAffine(crop, matrix, crop.shape[1::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, dtype=np.uint8)


def _tone_curve(rng: np.random.Generator) -> Crops:
    """Return a table (256, 3) with random contrast, brightness, gamma and white balance."""
    curve = (_LEVELS - 0.5) * rng.uniform(0.6, 1.4) + 0.5 + rng.uniform(-0.2, 0.2)
    curve = curve + rng.uniform(-0.6, 0.4) * curve * (1 - curve)
    return np.asarray(np.clip(curve[:, None] * rng.uniform(0.8, 1.2, 3) * 255, 0, 255), dtype=np.uint8)


def _lit(image: NDArray[Any], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Change the brightness slowly over the picture and add noise to some."""
    size = image.shape[0]
    coarse = rng.normal(1.0, 0.15, (3, 3)).astype(np.float32)
    light = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_LINEAR)[..., None]
    result: NDArray[np.float32] = image * light
    if rng.random() < _NOISE_SHARE:
        result = result + rng.standard_normal((size, size, 1), dtype=np.float32) * rng.uniform(0, 15)
    return np.asarray(np.clip(result, 0, 255), dtype=np.uint8)


def _cut_hole(image: NDArray[np.uint8], rng: np.random.Generator) -> None:
    """Cover a rectangle with one colour, in place."""
    left, top = rng.integers(0, image.shape[0], 2)
    width, height = rng.integers(8, 28, 2)
    image[top : top + height, left : left + width] = rng.integers(0, 256, 3)
