"""Finding an InsightFace model pack on disk and checking it before any network is opened; nothing is downloaded.

A pack is a folder of ``*.onnx`` files such as ``buffalo_l`` (``det_10g.onnx``, ``2d106det.onnx``, ...), or the single
file ``2d106det.onnx``. What a file is for is read from its graph by the rules of insightface 2.1 (``ModelRouter``):
five or more outputs: detection; input 192 x 192: landmarks, 106 in 2-D for 212 outputs, 68 in 3-D for 3309;
96 x 96: gender and age; 128 x 128 with two inputs: face swap; any other square of at least 112: recognition. Of several
files with one task the first by name counts.
"""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from emola.errors import FaceModelError

logger = logging.getLogger(__name__)

LANDMARK_FILE = "2d106det.onnx"
"""Published name of the 106-point landmark network, part of every legacy pack but ``buffalo_sc``."""

DETECTION = "detection"
LANDMARK_106 = "landmark_2d_106"
LANDMARK_68 = "landmark_3d_68"

PREFERRED_PACKS = ("buffalo_l", "antelopev2", "buffalo_m", "buffalo_s")
"""Packs with a detector and the 106 points, best first; other names follow alphabetically."""

_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Pack:
    """A checked model pack.

    Attributes:
        name: the folder's name, shown to people; the file's name for a single landmark network.
        folder: where the files lie.
        files: every ``*.onnx`` file, by name.
        tasks: task to the file that insightface would use for it.
        landmark_model: the 106-point landmark network.
    """

    name: str
    folder: Path
    files: tuple[Path, ...]
    tasks: Mapping[str, Path]
    landmark_model: Path

    @property
    def has_detector(self) -> bool:
        """Whether the pack finds faces itself; otherwise boxes come from MediaPipe."""
        return DETECTION in self.tasks


def find_pack(folder: Path | None = None, environment: Mapping[str, str] | None = None) -> Pack | None:
    """Return the model pack to use, or None when there is none and none was asked for.

    Looks at ``folder``; without it at ``INSIGHTFACE_HOME``; without that at ``~/.insightface/models``. The first two
    are the user's wish: what is wrong there is an error. A broken pack in the home folder, which may belong to another
    program, is reported in the log and skipped.

    Args:
        folder: a pack folder, an ``.onnx`` landmark file, or a folder with ``models/<pack>`` (``--face-models``).
        environment: variables to read instead of those of the process.

    Raises:
        FaceModelError: the pack asked for is missing, empty, nested, incomplete, corrupt or has no 106 landmarks.
    """
    if folder is not None:
        return read_pack(folder)
    home = (os.environ if environment is None else environment).get("INSIGHTFACE_HOME", "").strip()
    if home:
        return _read_home(Path(home))
    for candidate in _by_preference(Path(os.path.expanduser("~/.insightface/models"))):
        try:
            return read_pack(candidate)
        except FaceModelError as error:
            logger.warning("The face model pack in %s is not used: %s", candidate, error)
    return None


def read_pack(path: Path) -> Pack:
    """Return the pack at ``path``.

    Args:
        path: a pack folder, an ``.onnx`` landmark file, or a folder with ``models/<pack>``, of which the first usable
            one is taken in the order of :data:`PREFERRED_PACKS`.

    Raises:
        FaceModelError: with the file expected and where.
    """
    path = Path(os.path.expanduser(path))
    try:
        if path.is_file():
            return _read_single_file(path)
        if not path.is_dir():
            raise FaceModelError(f"There is no face model pack at {path}; expected the file {path / LANDMARK_FILE}.")
        candidates = _by_preference(path / "models")
        if candidates and not any(path.glob("*.onnx")):
            return _first_usable(candidates)
        return _read_folder(path)
    except OSError as error:
        raise FaceModelError(f"{path} cannot be read ({error.strerror}); expected a readable model pack.") from error


def graph_task(path: Path) -> str | None:
    """Return the task insightface's router gives to an ONNX file, or None when it would not recognise it.

    Args:
        path: an ``.onnx`` file; its weights are not loaded into a session.

    Raises:
        FaceModelError: the file cannot be read as an ONNX graph.
    """
    model = _read_model(path)
    stored = {weight.name for weight in model.graph.initializer}  # old exporters list the weights as inputs too
    inputs = [_shape(value) for value in model.graph.input if value.name not in stored]
    size = tuple(inputs[0][2:4]) if inputs else ()
    if len(model.graph.output) >= 5:
        return DETECTION
    if size == (192, 192):
        return {212: LANDMARK_106, 3309: LANDMARK_68}.get(_output_width(model))
    if size == (96, 96):
        return "genderage"
    if size == (128, 128) and len(inputs) == 2:
        return "inswapper"
    square = len(size) == 2 and size[0] == size[1] and size[0] >= 112 and size[0] % 16 == 0
    return "recognition" if square else None


def _read_home(home: Path) -> Pack:
    try:
        return read_pack(home)
    except FaceModelError as error:
        raise FaceModelError(f"INSIGHTFACE_HOME: {error}") from error


def _first_usable(candidates: list[Path]) -> Pack:
    """Return the first good pack; when all are bad, report the first one's fault."""
    faults: list[FaceModelError] = []
    for candidate in candidates:
        try:
            return _read_folder(candidate)
        except FaceModelError as error:
            logger.warning("A face model pack is skipped: %s", error)
            faults.append(error)
    raise faults[0]


def _read_single_file(path: Path) -> Pack:
    if path.suffix != ".onnx":
        raise FaceModelError(f"{path} is not an .onnx file; expected a model pack folder or {LANDMARK_FILE}.")
    if graph_task(path) != LANDMARK_106:
        raise FaceModelError(
            f"{path} is not the 106-point landmark network; expected {LANDMARK_FILE} (3 x 192 x 192 in, 212 out)."
        )
    return Pack(path.name, path.parent, (path,), MappingProxyType({LANDMARK_106: path}), path)


def _read_folder(folder: Path) -> Pack:
    files = tuple(sorted(folder.glob("*.onnx")))
    if not files:
        raise FaceModelError(_why_no_files(folder))
    tasks: dict[str, Path] = {}
    for file in files:
        task = graph_task(file)
        if task is not None:
            tasks.setdefault(task, file)
    if LANDMARK_106 not in tasks and (folder / _MANIFEST).is_file():
        raise FaceModelError(_no_landmarks_in_manifest(folder))
    if LANDMARK_106 not in tasks:
        raise FaceModelError(
            f"The face model pack {folder} has no 106-point landmark network; expected {folder / LANDMARK_FILE} "
            "(buffalo_l, buffalo_m, buffalo_s and antelopev2 have it)."
        )
    if DETECTION not in tasks and len(files) > 1:
        raise FaceModelError(
            f"The face model pack {folder} has no face detector; expected a file such as {folder / 'det_10g.onnx'}."
        )
    return Pack(folder.resolve().name, folder, files, MappingProxyType(tasks), tasks[LANDMARK_106])


def _no_landmarks_in_manifest(folder: Path) -> str:
    return (
        f"{folder} is a manifest pack (raccoon, cheetah), which has no 106-point landmarks; expected "
        f"{folder / LANDMARK_FILE}, as in buffalo_l or antelopev2."
    )


def _why_no_files(folder: Path) -> str:
    expected = f"expected {folder / LANDMARK_FILE}"
    if (folder / _MANIFEST).is_file():
        return _no_landmarks_in_manifest(folder)
    deeper = sorted(path.parent for path in folder.glob("*/*.onnx"))
    if deeper:
        return (
            f"{folder} holds no .onnx files itself; {expected}, but they lie one folder deeper, in {deeper[0]}: "
            "move them up or give that folder."
        )
    archives = sorted(folder.glob("*.zip"))
    if archives:
        return f"{folder} holds no .onnx files; {expected}: unpack {archives[0].name} there."
    return f"{folder} holds no .onnx files; {expected}."


def _by_preference(models: Path) -> list[Path]:
    """List the pack folders inside ``models``, the best known first."""
    if not os.path.isdir(models):
        return []
    known = {name: rank for rank, name in enumerate(PREFERRED_PACKS)}
    folders = (path for path in models.iterdir() if path.is_dir() and not path.name.startswith("."))
    return sorted(folders, key=lambda path: (known.get(path.name, len(known)), path.name))


def _read_model(path: Path) -> Any:
    import onnx  # heavy, and needed only when a pack is on disk
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load_model(str(path), load_external_data=False)
    except (DecodeError, ValueError) as error:
        raise FaceModelError(_corrupt(path)) from error
    if not model.graph.input or not model.graph.output or not model.graph.node:
        raise FaceModelError(_corrupt(path))
    return model


def _corrupt(path: Path) -> str:
    return (
        f"{path} ({path.stat().st_size} bytes) is not a complete ONNX model; expected an intact {path.name}, "
        "please copy it again."
    )


def _output_width(model: Any) -> int:
    """Return the length of the first output's second axis, inferred where the file does not state it; else 0."""
    import onnx

    width = [*_shape(model.graph.output[0]), 0, 0][1]
    if width == 0:
        width = [*_shape(onnx.shape_inference.infer_shapes(model).graph.output[0]), 0, 0][1]
    return width


def _shape(value: Any) -> list[int]:
    return [int(dimension.dim_value) for dimension in value.type.tensor_type.shape.dim]
