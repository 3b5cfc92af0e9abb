"""What all runs of an ablation share: faces cut out once, and bases whose projectors start anew.

The folder of an ablation holds the data set with cut faces (``data/``, in the form of FABA-Instruct) and for each seed
the model with both projectors as torch starts them (``bases/seed-1/``).
"""

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from emola.errors import InputError, ResourceError
from emola.model import EmolaConfig, EmolaForConditionalGeneration, EmolaProcessor
from emola.prior_manifest import MANIFEST
from training.ablation.files import read_json, write_json
from training.data.prior_recipe import recipe_of_file
from training.data.records import RecordFault, Task, safe_path, text_field
from training.data.samples import Sample

_TASKS: tuple[Task, ...] = ("au", "emotion")
_DESCRIPTION = "dataset.json"


@dataclass(frozen=True)
class Material:
    """Data with cut faces.

    Attributes:
        root: its folder.
        left_out: pictures without a usable face, with the reason.
    """

    root: Path
    left_out: tuple[str, ...]

    def file(self, split: str, task: Task) -> Path:
        """Return the JSON of a split and task."""
        return self.root / split / f"{split}_{task}_anno.json"


def require_rendered(data: Path) -> None:
    """Raise InputError unless ``training.synthetic make`` wrote the folder."""
    if not (data / _DESCRIPTION).is_file():
        raise InputError(
            f"{data} is no rendered data set: it holds no {_DESCRIPTION}; make one with training.synthetic."
        )


def cut_material(data: Path, out: Path, model: EmolaConfig, faces: dict[str, int]) -> Material:
    """Write the data set again with the faces cut out as a model expects them; what is there already is kept.

    Args:
        data: folder that ``training.synthetic make`` wrote.
        out: receives the copy.
        model: whose crops and priors are wanted.
        faces: at most so many pictures of "train" and of "eval", the first ones.

    Raises:
        InputError: the folder holds no such data set, its priors are of another recipe, or no face is found.
        ResourceError: the copy cannot be written.
    """
    done = out / "left_out.json"
    if done.is_file():
        return Material(out, tuple(read_json(done)))
    require_rendered(data)
    try:
        left_out = []
        for split, count in faces.items():
            left_out += _cut_split(data, out, split, model, count)
        shutil.copy(data / _DESCRIPTION, out / _DESCRIPTION)
    except OSError as error:
        raise ResourceError(f"The faces could not be written to {out}: {error.strerror or error}.") from error
    write_json(done, left_out)
    return Material(out, tuple(left_out))


def _cut_split(data: Path, out: Path, split: str, model: EmolaConfig, count: int) -> list[str]:
    """Cut the first faces of a split and write its rows; return the pictures left out."""
    from training.lora.faces import cut_faces  # brings the face networks

    rows = {task: _rows(data / split / f"{split}_{task}_anno.json") for task in _TASKS}
    _check_priors(data, (row["landmark"] for task_rows in rows.values() for row in task_rows), model.prior_recipe)
    names = list(dict.fromkeys(row["image"] for row in rows["au"]))[:count]
    if not names:
        raise InputError(
            f"{data} holds no {split} pictures, and an ablation needs both splits; make the set with an --eval-share "
            "between 0 and 1."
        )
    pictures = [Sample(name, _inside(data, name), None, "", "", "au", "") for name in names]
    cut, faults = cut_faces(pictures, model.crop_recipe, out / split / "images")
    if not cut:
        raise InputError(f"No face was found in the {len(names)} {split} pictures of {data}.")
    crops = {sample.id: sample.image.relative_to(out).as_posix() for sample in cut}
    (out / split / "landmarks").mkdir(parents=True, exist_ok=True)
    write_json(out / split / "landmarks" / MANIFEST, {"recipe": model.prior_recipe})
    for task, records in rows.items():
        kept = [_moved(row, crops[row["image"]], data, out, split) for row in records if row["image"] in crops]
        (out / split / f"{split}_{task}_anno.json").write_text(json.dumps(kept), encoding="utf-8")
    return faults


def _check_priors(data: Path, priors: Iterable[str], wanted: str) -> None:
    """Refuse priors that the model cannot read, before any face is cut."""
    root = data.resolve()
    made = {recipe_of_file(_inside(data, prior), root) for prior in priors} - {None, wanted}
    if made:
        found = ", ".join(sorted(map(str, made)))
        raise InputError(f"The priors of {data} were made by {found}, and the model reads {wanted}; make them again.")


def _rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSON of FABA's shape."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        for row in rows:
            text_field(row, "image")
            text_field(row, "landmark")
    except (OSError, ValueError, TypeError, RecordFault) as error:
        raise InputError(f"{path} is no JSON of a rendered data set ({error}).") from error
    return list(rows)


def _inside(root: Path, name: str) -> Path:
    """Return a path of the data set, or refuse one that leaves it."""
    try:
        return safe_path(root.resolve(), name)
    except RecordFault as fault:
        raise InputError(f"{root} names a path outside of it ({fault.detail}).") from fault


def _moved(row: dict[str, Any], crop: str, data: Path, out: Path, split: str) -> dict[str, Any]:
    """Return a row about the cut face, its prior copied under its path in the data set."""
    prior = _inside(data, row["landmark"])
    place = Path(split, "landmarks", prior.relative_to(data.resolve()))
    (out / place).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(prior, out / place)  # also over the part that a killed run may have left
    return {**row, "image": crop, "landmark": place.as_posix()}


def fresh_base(model: Path, folder: Path, seed: int) -> Path:
    """Write a model whose two projectors start as torch starts linear layers; return its folder.

    Args:
        model: folder of an EmoLA, already known to be whole.
        folder: receives it, and is kept when it is there.
        seed: of the start.

    Raises:
        ResourceError: it cannot be written.
    """
    if (folder / "config.json").is_file():
        return folder
    fresh = EmolaForConditionalGeneration.from_pretrained(model, dtype=torch.float32, local_files_only=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for projector in (fresh.prior_projector, fresh.model.multi_modal_projector):
            _restart(projector.modules())
    partial = folder.with_name(f".{folder.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        fresh.save_pretrained(partial)
        EmolaProcessor.from_pretrained(model, local_files_only=True).save_pretrained(partial)
        partial.rename(folder)
    except OSError as error:
        raise ResourceError(f"The base {folder} could not be written: {error.strerror or error}.") from error
    return folder


def _restart(modules: Any) -> None:
    """Give linear layers the weights that torch gives new ones."""
    for module in modules:
        if isinstance(module, torch.nn.Linear):
            module.reset_parameters()


def describe_left_out(material: Material, listed: int = 3) -> str:
    """Return a sentence about pictures without a usable face; empty when there are none."""
    faults: Sequence[str] = material.left_out
    more = f" and {len(faults) - listed} more" if len(faults) > listed else ""
    return f"{len(faults)} pictures are left out: {'; '.join(faults[:listed])}{more}" if faults else ""
