"""The registry of prior recipes: name to class.

Another extractor is one more module with a :class:`PriorRecipe` and one more entry here.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from emola.errors import PriorError
from emola.faces.priors.emola_2024 import Emola2024
from emola.faces.priors.insightface_106 import InsightFace106
from emola.faces.priors.mediapipe_106 import MediaPipe106
from emola.faces.priors.prior import Prior, PriorRecipe

__all__ = ["RECIPES", "Prior", "PriorRecipe", "get_recipe"]

RECIPES: Mapping[str, type[PriorRecipe]] = MappingProxyType(
    {recipe.name: recipe for recipe in (Emola2024, InsightFace106, MediaPipe106)}
)
"""Recipe name to its class; ``RECIPES[name].dim`` is the length of its vectors."""


def get_recipe(name: str, landmark_model: Path | None = None) -> PriorRecipe:
    """Return a recipe ready to use.

    Args:
        name: a name of :data:`RECIPES`.
        landmark_model: the network ``2d106det.onnx`` for the recipes that need it (``Pack.landmark_model``).

    Raises:
        PriorError: an unknown name.
        FaceModelError: the recipe needs the network and it is absent or unusable.
    """
    return _recipe_class(name).open(landmark_model)


def _recipe_class(name: str) -> type[PriorRecipe]:
    if name not in RECIPES:
        raise PriorError(f"Unknown prior recipe {name!r}; expected one of {', '.join(RECIPES)}.")
    return RECIPES[name]
