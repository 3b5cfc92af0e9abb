"""Random changes of aligned crops against the gap between rendered and photographed faces.

Batches are float (B, 3, 112, 112) RGB, 0 to 1.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)


def to_unit(crops: Tensor) -> Tensor:
    """Return uint8 crops (B, 112, 112, 3) as float (B, 3, 112, 112), 0 to 1."""
    return crops.permute(0, 3, 1, 2).float() / 255


def normalise(images: Tensor) -> Tensor:
    """Return images 0 to 1 as CLIP's image processor gives them."""
    mean, deviation = (torch.tensor(values).view(1, 3, 1, 1) for values in (CLIP_MEAN, CLIP_STD))
    return (images - mean) / deviation


def augment(images: Tensor, generator: torch.Generator) -> Tensor:
    """Return the images with random position, size, tone, colour, blur, noise and holes."""
    count = len(images)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(count, *(shape or (1, 1, 1)), generator=generator) * (high - low) + low

    def chosen(share: float) -> Tensor:
        return torch.rand(count, 1, 1, 1, generator=generator) < share

    images = _move(images, generator)
    grey = images.mean(1, keepdim=True).expand_as(images)
    images = torch.where(chosen(0.25), grey, images)
    images = images * uniform(0.8, 1.2, 3, 1, 1)
    images = (images - 0.5) * uniform(0.6, 1.4) + 0.5 + uniform(-0.2, 0.2)
    images = images + uniform(-0.6, 0.4) * images * (1 - images)
    images = images * _shadow(count, images.shape[-1], generator)
    soft = F.avg_pool2d(F.pad(images, (1, 1, 1, 1), mode="replicate"), 3, 1)
    images = torch.lerp(images, soft, uniform(-0.5, 1.0))
    noise = torch.randn(count, 1, *images.shape[2:], generator=generator)
    images = images + noise * uniform(0, 0.06)
    return _cut_holes(images, generator).clamp(0, 1)


def _move(images: Tensor, generator: torch.Generator) -> Tensor:
    """Turn, scale and shift a little."""
    count = len(images)
    draw = torch.randn(count, 4, generator=generator)
    angle, scale = draw[:, 0] * 0.05, 1 + draw[:, 1] * 0.03
    cosine, sine = torch.cos(angle) * scale, torch.sin(angle) * scale
    top = torch.stack([cosine, -sine, draw[:, 2] * 0.03], 1)
    bottom = torch.stack([sine, cosine, draw[:, 3] * 0.03], 1)
    grid = F.affine_grid(torch.stack([top, bottom], 1), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


def _shadow(count: int, size: int, generator: torch.Generator) -> Tensor:
    """Return slow changes of brightness over the picture (B, 1, S, S), around 1."""
    coarse = torch.randn(count, 1, 3, 3, generator=generator) * 0.15
    return 1 + F.interpolate(coarse, (size, size), mode="bilinear", align_corners=True)


def _cut_holes(images: Tensor, generator: torch.Generator) -> Tensor:
    """Cover a rectangle of a fifth of the pictures with one colour."""
    size = images.shape[-1]
    holes = torch.rand(len(images), 7, generator=generator)
    for index in torch.nonzero(holes[:, 0] < 0.2).flatten().tolist():
        _, x, y, width, height, *_ = holes[index].tolist()
        left, top = int(x * size), int(y * size)
        right, bottom = left + 8 + int(width * 24), top + 8 + int(height * 24)
        images[index, :, top:bottom, left:right] = holes[index, 4:7].view(3, 1, 1)
    return images
