"""Cut the face out of every picture once, before training, the way the model expects it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import cv2
from tqdm import tqdm

from emola.errors import ImageError, NoFaceFound, ResourceError
from emola.faces.analyze import FaceAnalyzer
from emola.faces.crops import crop_face
from emola.imaging import open_image
from training.data.samples import Sample
from training.lora.pairs import Pair

Pictured = TypeVar("Pictured", Sample, Pair)


def cut_faces(samples: Sequence[Pictured], recipe: str, folder: Path) -> tuple[list[Pictured], list[str]]:
    """Return the samples with their largest face cut out, and id and reason of those without a usable face.

    A picture that several samples share is cut once. What is cut already is not cut again, so that this can be killed
    and continued.

    Args:
        samples: of one split; the place of a picture's first sample names its file.
        recipe: a name of ``emola.faces.crops.CROP_RECIPES``.
        folder: receives one PNG a sample.

    Raises:
        ResourceError: if a crop cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    first: dict[Path, int] = {}
    for number, sample in enumerate(samples):
        first.setdefault(sample.image, number)
    faults: dict[Path, str] = {}
    analyzer = FaceAnalyzer()
    for image, number in tqdm(first.items(), desc="cutting faces", unit="picture", disable=None, leave=False):
        path = _place(folder, number)
        try:
            if not path.is_file():
                _cut(analyzer, image, recipe, path)
        except (ImageError, NoFaceFound) as error:
            faults[image] = str(error)
    analyzer.close()
    kept = [replace(s, image=_place(folder, first[s.image])) for s in samples if s.image not in faults]
    return kept, [f"{sample.id}: {faults[sample.image]}" for sample in samples if sample.image in faults]


def _place(folder: Path, number: int) -> Path:
    """Return the file of the crop of the sample with this place."""
    return folder / f"{number:07d}.png"


def _cut(analyzer: FaceAnalyzer, image: Path, recipe: str, path: Path) -> None:
    """Write the crop of the largest face of one picture, as a whole or not at all."""
    picture = open_image(image)
    faces = analyzer.analyze(picture)
    if not faces:
        raise NoFaceFound(f"There is no face to be found in {image.name}.")
    crop = crop_face(picture, faces[0], recipe)
    _, packed = cv2.imencode(".png", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR))
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(packed.tobytes())
        partial.replace(path)
    except OSError as error:
        raise ResourceError(f"{path} could not be written: {error.strerror or error}.") from error
