"""The prior vector and what every recipe for it has in common."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from emola.errors import FaceModelError
from emola.faces.face import Face

ImageArray = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Prior:
    """The numbers behind the prior token, with the name of the recipe that made them.

    Attributes:
        values: float32 (D,).
        recipe: a name of ``RECIPES``; a model refuses the vector of another recipe than its own.
    """

    values: NDArray[np.float32]
    recipe: str


class PriorRecipe(ABC):
    """One way to turn a face into a prior vector; the module docstring of each is its preprocessing contract."""

    name: ClassVar[str]
    """Name stored in ``config.prior_recipe``."""

    dim: ClassVar[int]
    """Length D of the vector."""

    @classmethod
    @abstractmethod
    def open(cls, landmark_model: Path | None) -> Self:
        """Return the recipe ready to use.

        Args:
            landmark_model: the network ``2d106det.onnx``; ignored by recipes that need none.

        Raises:
            FaceModelError: the recipe needs the network and it is absent or unusable.
        """

    @abstractmethod
    def compute(self, image: ImageArray, face: Face) -> Prior:
        """Return the prior of one face.

        Args:
            image: RGB uint8 (H, W, 3), the picture that was analysed.
            face: a face of that picture.

        Raises:
            PriorError: the face lacks what the recipe needs.
        """


def require_landmark_model(recipe: str, landmark_model: Path | None) -> Path:
    """Return the path of the network, or say which file ``recipe`` misses and where it is looked for."""
    if landmark_model is None:
        raise FaceModelError(
            f"The prior recipe {recipe} needs the landmark network 2d106det.onnx and none was found; expected it "
            "in the folder of --face-models or INSIGHTFACE_HOME, or as ~/.insightface/models/buffalo_l/2d106det.onnx."
        )
    if not landmark_model.is_file():
        raise FaceModelError(f"The prior recipe {recipe} needs {landmark_model}; there is no such file.")
    return landmark_model
