"""The sidecar ``priors.json`` of a folder of priors: which recipe made them, on what it depends, how many there are.

A model refuses a vector of another recipe, so a folder must never hold two kinds. What decides the numbers (recipe,
length, version of the spread table, hash of the landmark network, face finder) is compared before anything is written.
"""

import hashlib
import json
import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from emola.errors import PriorError

if TYPE_CHECKING:
    from emola.faces.priors.prior import PriorRecipe

MANIFEST: Final = "priors.json"
_FORMAT: Final = 1
_PACKAGES: Final = ("numpy", "opencv-python", "mediapipe", "insightface", "onnxruntime", "pillow")


def describe_recipe(recipe: "PriorRecipe", landmark_model: Path | None, backend: str) -> dict[str, Any]:
    """Return what decides the numbers of a recipe's priors.

    Args:
        recipe: opened.
        landmark_model: the network ``2d106det.onnx`` when a pack is there; its hash counts for recipes that use it.
        backend: name of the face finder, "none" for a recipe that takes the whole picture.
    """
    table = getattr(recipe, "table", None)
    identity: dict[str, Any] = {"format": _FORMAT, "recipe": recipe.name, "dim": recipe.dim, "faces": backend}
    if table is not None:
        identity["table_version"] = table.version
    elif landmark_model is not None:
        identity["landmark_model_sha256"] = hashlib.sha256(landmark_model.read_bytes()).hexdigest()
    return identity


def read_manifest(out: Path) -> dict[str, Any] | None:
    """Return the manifest of a folder of priors, or None when it has none.

    Raises:
        PriorError: it cannot be read.
    """
    path = out / MANIFEST
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise PriorError(f"{path} is damaged and cannot be read; choose another folder for the priors.") from error
    if not isinstance(content, dict):
        raise PriorError(f"{path} must hold a JSON object; choose another folder for the priors.")
    return content


def claim_folder(out: Path, identity: dict[str, Any]) -> None:
    """Make ``out`` the folder of these priors, or check that it already is.

    Raises:
        PriorError: it holds priors of another recipe, or ``.npy`` files without a manifest.
    """
    found = read_manifest(out)
    if found is None:
        if out.is_dir() and next(out.rglob("*.npy"), None) is not None:
            raise PriorError(
                f"{out} holds .npy files but no {MANIFEST}, so nobody knows which recipe made them; "
                "choose another folder."
            )
        out.mkdir(parents=True, exist_ok=True)
        _write(out, {**identity, "counts": {}, "packages": package_versions()})
        return
    for key, expected in identity.items():
        if found.get(key) != expected:
            raise PriorError(
                f"{out} holds priors of the recipe {found.get('recipe')} with {key} {found.get(key)!r}, "
                f"but {expected!r} is asked for; choose another folder."
            )


def finish_manifest(out: Path, counts: dict[str, int]) -> None:
    """Write the counts and the package versions of the run that just ended into the manifest."""
    content = read_manifest(out) or {}
    _write(out, {**content, "counts": counts, "packages": package_versions()})


def package_versions() -> dict[str, str]:
    """Return the installed version of every package that has a part in a prior."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _write(out: Path, content: dict[str, Any]) -> None:
    temporary = out / f".{MANIFEST}.part"
    temporary.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(temporary, out / MANIFEST)
