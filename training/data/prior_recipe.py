"""Which recipe made a prior file, as the files beside it say; every recipe gives 212 numbers, so its shape does not.

``priors.json`` (of ``python -m emola extract-priors``) in the folder of a prior or one above it names the recipe;
rendered sets are known by the ``dataset.json`` at their root. FABA-Instruct as published says nothing.
"""

import json
from pathlib import Path

from emola.errors import PriorError
from emola.prior_manifest import MANIFEST, read_manifest
from training.data.records import RecordFault
from training.synthetic.dataset import PRIOR_RECIPE, SOURCE


def recipe_of_file(prior: Path, root: Path) -> str | None:
    """Return which recipe made a prior file (resolved); see :func:`recipe_of_folder`."""
    return recipe_of_folder(prior.parent, root)


def recipe_of_folder(folder: Path, root: Path) -> str | None:
    """Return which recipe made the prior files of a folder, or None when nothing in or above it says so.

    Args:
        folder: with the priors, resolved.
        root: the resolved data root; nothing above it is asked.

    Raises:
        PriorError: the ``priors.json`` that should say so is damaged.
    """
    while not (folder / MANIFEST).is_file():
        if folder == root or root not in folder.parents:
            return _recipe_of_rendered(root)
        folder = folder.parent
    recipe = (read_manifest(folder) or {}).get("recipe")
    return str(recipe) if recipe else None


def check_recipe(prior: Path, root: Path, wanted: str | None) -> None:
    """Check that a prior was made as the model expects; one whose recipe nothing says is taken at its word.

    Args:
        prior: the file, resolved.
        root: the resolved data root.
        wanted: name of the recipe, or None to take any.

    Raises:
        RecordFault: it is known to be made by another recipe, or the file that should say so is damaged.
    """
    if wanted is None:
        return
    try:
        found = recipe_of_file(prior, root)
    except PriorError as error:
        raise RecordFault("wrong prior", str(error).removesuffix(".")) from error
    if found not in (None, wanted):
        raise RecordFault("wrong prior", f"{prior.name} was made by {found}, and {wanted} is asked for")


def _recipe_of_rendered(root: Path) -> str | None:
    """Return what the description of a rendered set says, None when the root is no such set."""
    path = root / "dataset.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, ValueError):
        return None
    return PRIOR_RECIPE if isinstance(content, dict) and content.get("source") == SOURCE else None
