"""How a rendered picture looks apart from the face's shape: skin, hair, light, make-up, age, camera, background.

Colours are RGB floats, 0 to 255.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from training.synthetic import canvas

Colour = NDArray[np.float64]

SKINS = np.array(
    [
        (255, 224, 196),
        (241, 194, 160),
        (224, 172, 130),
        (198, 134, 90),
        (150, 96, 62),
        (105, 66, 44),
        (235, 200, 175),
        (80, 50, 36),
    ],
    dtype=float,
)
HAIRS = np.array(
    [(20, 20, 20), (70, 45, 30), (150, 100, 60), (220, 180, 120), (150, 150, 150), (110, 50, 35)], dtype=float
)
IRISES = np.array([(50, 30, 18), (75, 48, 25), (95, 70, 45), (60, 105, 140), (90, 110, 80)], dtype=float)

_WELL_LIT = 140.0
"""Mean of a skin colour below which the camera exposes longer."""

Beard = Literal["none", "stubble", "moustache", "full"]


@dataclass(frozen=True)
class Style:
    """One look.

    Attributes:
        skin, hair, brow, lip, iris, sclera: colours.
        light: unit vector towards the light in camera axes.
        ambient, diffuse, specular: shares of the shading.
        rim: strength of a second light from the side, 0 to 0.4.
        wrinkles: how strongly skin folds show, 0.6 to 1.4.
        age: depth of folds at rest, 0 to 1.
        mottle: strength of uneven skin, 0 to 0.12.
        brow_thickness: factor on the brows' height.
        brow_density: opacity of the brows, 0.55 to 1.
        beard, glasses, long_hair, fringe, hair_size: what is worn.
        eye_shadow: opacity of make-up on the lids.
        grey: whether the picture is without colour.
        exposure, contrast: tone curve of the camera.
        blur: standard deviation in pixels at 256.
        noise: standard deviation of sensor noise, 0 to 10.
        jpeg_quality: None for none.
        background_seed: randomness of the background.
    """

    skin: Colour
    hair: Colour
    brow: Colour
    lip: Colour
    iris: Colour
    sclera: Colour
    light: NDArray[np.float64]
    ambient: float
    diffuse: float
    specular: float
    rim: float
    wrinkles: float
    age: float
    mottle: float
    brow_thickness: float
    brow_density: float
    beard: Beard
    glasses: bool
    long_hair: bool
    fringe: float
    hair_size: tuple[float, float]
    eye_shadow: float
    grey: bool
    exposure: float
    contrast: float
    blur: float
    noise: float
    jpeg_quality: int | None
    background_seed: int


def sample_style(rng: np.random.Generator) -> Style:
    """Return a random look."""
    first, second = SKINS[rng.integers(len(SKINS), size=2)]
    share = rng.random()
    skin = np.clip((first * share + second * (1 - share)) * rng.uniform(0.85, 1.05), 0, 255)
    hair = np.clip(HAIRS[rng.integers(len(HAIRS))] * rng.uniform(0.6, 1.2), 0, 255)
    painted = rng.random() < 0.35
    lip = skin * 0.35 + np.array((190, 60, 75)) * 0.65 if painted else skin * (0.86, rng.uniform(0.55, 0.75), 0.66)
    ambient = rng.uniform(0.3, 0.7)
    harsh = rng.random() < 0.3
    light = np.array((rng.normal(0, 1.0 if harsh else 0.5), rng.normal(0.3, 0.5), 1.0))
    beard: Beard = "none"
    if rng.random() < 0.28:
        beard = (("stubble", "moustache", "full") * 1)[int(rng.integers(3))]
    return Style(
        skin=skin,
        hair=hair,
        brow=np.clip(hair * 0.7, 0, 120) * 0.8 + skin * 0.15,
        lip=np.clip(lip, 0, 255),
        iris=IRISES[rng.integers(len(IRISES))] * rng.uniform(0.7, 1.2),
        sclera=np.full(3, rng.uniform(195, 235)),
        light=light / np.linalg.norm(light),
        ambient=ambient,
        diffuse=1.05 - ambient,
        specular=rng.uniform(0, 0.25),
        rim=rng.uniform(0, 0.35) if rng.random() < 0.3 else 0.0,
        wrinkles=rng.uniform(0.6, 1.4),
        age=float(rng.beta(1, 2.5)),
        mottle=rng.uniform(0.0, 0.12),
        brow_thickness=rng.uniform(0.6, 1.25),
        brow_density=rng.uniform(0.55, 1.0),
        beard=beard,
        glasses=bool(rng.random() < 0.15),
        long_hair=bool(rng.random() < 0.45),
        fringe=float(rng.choice((0.0, 0.04, 0.1, 0.16))),
        hair_size=(rng.uniform(1.1, 1.3), rng.uniform(1.0, 1.2)),
        eye_shadow=rng.uniform(0.1, 0.45) if rng.random() < 0.25 else 0.0,
        grey=bool(rng.random() < 0.15),
        exposure=rng.uniform(0.8, 1.2) * max(1.0, _WELL_LIT / float(skin.mean())) ** 0.6,
        contrast=rng.uniform(0.85, 1.2),
        blur=rng.uniform(0.3, 1.3),
        noise=rng.uniform(0, 8),
        jpeg_quality=int(rng.integers(30, 95)) if rng.random() < 0.4 else None,
        background_seed=int(rng.integers(2**31)),
    )


def paint_background(style: Style, size: int) -> NDArray[np.uint8]:
    """Return a (size, size, 3) RGB background: a colour, cloudy patches and sometimes a few shapes."""
    rng = np.random.default_rng(style.background_seed)
    flat = canvas.plain(size, rng.integers(0, 255, 3).astype(float))
    cells = int(rng.integers(2, 9))
    clouds = rng.integers(0, 255, (cells, cells, 3)).astype(np.uint8)
    smooth = cv2.resize(clouds, (size, size), interpolation=cv2.INTER_CUBIC)
    share = rng.uniform(0.1, 0.6)
    picture = np.asarray(cv2.addWeighted(flat, 1 - share, smooth, share, 0), dtype=np.uint8)
    if rng.random() < 0.4:
        for _ in range(int(rng.integers(1, 6))):
            corner, other = rng.integers(-40, size + 40, (2, 2)).tolist()
            cv2.rectangle(picture, corner, other, rng.integers(0, 255, 3).tolist(), -1)
    return picture


def develop(picture: NDArray[np.uint8], style: Style, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the picture as the style's camera records it: blur, tone, noise, grey, compression."""
    toned = cv2.GaussianBlur(picture, (0, 0), style.blur).astype(np.float32)
    toned -= 128
    toned *= style.contrast
    toned += 128
    toned *= style.exposure
    if style.noise > 0.5:
        grain = rng.standard_normal((picture.shape[0], picture.shape[1], 1), dtype=np.float32)
        grain *= style.noise
        toned += grain
    result = np.clip(toned, 0, 255, out=toned).astype(np.uint8)
    if style.grey:
        grey = cv2.cvtColor(result, cv2.COLOR_RGB2GRAY)
        result = np.repeat(np.asarray(grey, dtype=np.uint8)[..., None], 3, axis=2)
    if style.jpeg_quality is not None:
        _, packed = cv2.imencode(".jpg", result, [cv2.IMWRITE_JPEG_QUALITY, style.jpeg_quality])
        result = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), dtype=np.uint8)
    return result
