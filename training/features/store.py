"""A folder of features, one file a picture, named by the hash of the picture's file.

    OUT/<key>/manifest.json          what the features depend on; the key is its hash
    OUT/<key>/ab/ab12...safetensors  "features": (P, W)

The key covers the vision weights, the image processor, the layer and the way pictures are prepared, so that features of
another model are another folder and can never be mixed up. A file is written beside its place and renamed; several
processes may write into one folder.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any, Final, Self

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor

from emola.errors import InputError

_NAME: Final = "features"
_MANIFEST: Final = "manifest.json"


class FeatureStore:
    """Features of pictures by content.

    Args:
        folder: holds one sub-folder per key.
        description: JSON values that the features depend on.
        shape: patch rows and width, (P, W).
        dtype: of the kept numbers.
    """

    def __init__(self, folder: Path, description: dict[str, Any], shape: tuple[int, int], dtype: torch.dtype) -> None:
        self.shape = shape
        self.dtype = dtype
        content = {**description, "shape": list(shape), "dtype": str(dtype).removeprefix("torch.")}
        text = json.dumps(content, indent=2, sort_keys=True) + "\n"
        self.key = hashlib.sha256(text.encode()).hexdigest()[:16]
        self.folder = folder / self.key
        self._manifest = text

    @property
    def exists(self) -> bool:
        """Whether features of this key have been kept in the folder before."""
        return (self.folder / _MANIFEST).is_file()

    def create(self) -> Self:
        """Make the folder and its manifest; return the store.

        Raises:
            OSError: the disk is full or not writable.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(self.folder / _MANIFEST, self._manifest.encode())
        return self

    @property
    def bytes_per_picture(self) -> int:
        """Size of one file, without its short header."""
        return self.shape[0] * self.shape[1] * self.dtype.itemsize

    def path(self, picture_sha256: str) -> Path:
        """Return where the features of the picture with this hash lie."""
        return self.folder / picture_sha256[:2] / f"{picture_sha256}.safetensors"

    def has(self, picture_sha256: str) -> bool:
        """Say whether whole features of a picture are there; only the file's head is read."""
        try:
            with safe_open(str(self.path(picture_sha256)), framework="pt") as file:
                found = tuple(file.get_slice(_NAME).get_shape()) if _NAME in file.keys() else None  # noqa: SIM118
        except (OSError, SafetensorError):
            return False
        return found == self.shape

    def save(self, picture_sha256: str, features: Tensor) -> None:
        """Keep the features (P, W) of a picture.

        Raises:
            ValueError: for another shape.
            OSError: the disk is full or not writable.
        """
        if tuple(features.shape) != self.shape:
            raise ValueError(f"The features have shape {tuple(features.shape)}; expected {self.shape}.")
        path = self.path(picture_sha256)
        path.parent.mkdir(exist_ok=True)
        _write(path, save({_NAME: features.detach().to("cpu", self.dtype).contiguous()}))

    def load(self, picture: Path) -> Tensor:
        """Return the features (P, W) of a picture file.

        Raises:
            InputError: the picture cannot be read, or its features are missing or damaged.
        """
        path = self.path(hash_picture(picture))
        try:
            features = load_file(str(path))[_NAME]
        except (OSError, SafetensorError, KeyError) as error:
            what = f"There are no whole features of {picture.name} in {self.folder}"
            raise InputError(f"{what}; run python -m training.features again.") from error
        return features


def hash_picture(path: Path) -> str:
    """Return the sha256 of a picture's file.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from error


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.write_bytes(content)
    os.replace(temporary, path)
