"""The 106-point landmark network ``2d106det.onnx``, opened by insightface and run by InsightFace's own recipe.

InsightFace 2.1 (``model_zoo/landmark.py``): the crop is a square of 1.5 times the longer side of the face box, warped
to 192 x 192 with a black border; the blob is RGB, (x - mean) / std with mean and std decided by the graph: 0 and 1 when
its first nodes subtract and multiply themselves (as the published file does), 127.5 and 128 otherwise. The output is
212 numbers x0, y0, x1, y1, ..., -1 to 1 over the crop.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from emola.errors import FaceModelError
from emola.faces.alignment import invert_matrix, transform_points, visible_window

logger = logging.getLogger(__name__)

CROP_SIZE = 192
"""Side of the network's input in pixels."""

BOX_MARGIN = 1.5
"""Side of the crop over the longer side of the face box."""

CPU: tuple[str, ...] = ("CPUExecutionProvider",)
"""The default: the network has 5 MB and needs no accelerator."""

Box = tuple[float, float, float, float]


def open_model(path: Path, providers: Sequence[str] = CPU) -> Any:
    """Return the insightface model object for one ``.onnx`` file, as insightface's own router builds it.

    Args:
        path: an ``.onnx`` file on disk.
        providers: onnxruntime execution providers in order of preference.

    Raises:
        FaceModelError: the file is absent or corrupt, insightface does not recognise it, or onnxruntime does not offer
            a provider.
    """
    import onnxruntime  # heavy, and needed only when a pack is on disk
    from insightface.model_zoo import model_zoo

    available = onnxruntime.get_available_providers()
    absent = [name for name in providers if name not in available]
    if absent:
        raise FaceModelError(
            f"onnxruntime offers {', '.join(available)} here, not {', '.join(absent)}; choose one of those or install "
            "the onnxruntime build that has it (requirements-gpu.txt)."
        )
    if not path.is_file():
        raise FaceModelError(f"The face model {path} does not exist; expected an .onnx file there.")
    try:
        model = model_zoo.get_model(str(path), providers=list(providers))
    except runtime_errors() as error:
        raise FaceModelError(f"{path} cannot be opened by onnxruntime; expected an intact {path.name}.") from error
    if model is None:
        raise FaceModelError(f"insightface does not recognise {path}; expected a network of a face model pack.")
    logger.debug("opened %s on %s", path, model.session.get_providers())
    return model


def runtime_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions insightface and onnxruntime raise for files and inputs they cannot handle."""
    from google.protobuf.message import DecodeError
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    from_onnxruntime = (
        state.Fail,
        state.InvalidArgument,
        state.InvalidGraph,
        state.InvalidProtobuf,
        state.NoModel,
        state.NoSuchFile,
        state.NotImplemented,
        state.RuntimeException,
    )
    return (*from_onnxruntime, DecodeError, AssertionError, IndexError, RuntimeError, ValueError)


def crop_matrix(box: Box, roll_deg: float = 0.0) -> NDArray[np.float64]:
    """Return the (2, 3) matrix from picture pixels to the 192 x 192 crop around ``box``.

    Args:
        box: x0, y0, x1, y1 in pixels.
        roll_deg: clockwise tilt of the head in the picture, which the crop takes back; 0 is InsightFace's own recipe.

    Raises:
        ValueError: a box without extent.
    """
    x0, y0, x1, y1 = (float(value) for value in box)
    side = max(x1 - x0, y1 - y0)
    if not side > 0:
        raise ValueError(f"{box=} has no extent; expected x0 < x1 or y0 < y1.")
    scale = CROP_SIZE / (BOX_MARGIN * side)
    cosine, sine = scale * np.cos(np.deg2rad(roll_deg)), scale * np.sin(np.deg2rad(roll_deg))
    linear = np.array([[cosine, sine], [-sine, cosine]])
    shift = CROP_SIZE / 2 - linear @ np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    return np.column_stack([linear, shift])


def roll_from_keypoints(keypoints: NDArray[np.floating[Any]]) -> float:
    """Return the clockwise tilt of the head in degrees, from both the eye line and the eyes-to-mouth line.

    Args:
        keypoints: (5, 2) pixels: two eyes, nose tip, two mouth corners, each pair from image left to image right.
    """
    left_eye, right_eye, _, left_corner, right_corner = np.asarray(keypoints, dtype=np.float64)
    across = right_eye - left_eye
    down = (left_corner + right_corner - left_eye - right_eye) / 2
    upright = across + np.array([down[1], -down[0]])
    return float(np.rad2deg(np.arctan2(upright[1], upright[0])))


class LandmarkNetwork:
    """``2d106det.onnx`` with the two ways to use it: raw numbers for a blob, points for a face in a picture."""

    def __init__(self, path: Path, providers: Sequence[str] = CPU) -> None:
        """Open the network.

        Args:
            path: the landmark network on disk; see :func:`emola.faces.packs.find_pack`.
            providers: onnxruntime execution providers in order of preference.

        Raises:
            FaceModelError: the file is absent, corrupt or another network.
        """
        model = open_model(path, providers)
        if getattr(model, "taskname", None) != "landmark_2d_106":
            raise FaceModelError(f"{path} is not the 106-point landmark network; expected 2d106det.onnx.")
        self.path = path
        self._model = model

    @property
    def provider(self) -> str:
        """The onnxruntime execution provider in use."""
        return str(self._model.session.get_providers()[0])

    @property
    def mean_std(self) -> tuple[float, float]:
        """What InsightFace subtracts and divides by: (0, 1) when the graph normalises itself, else (127.5, 128)."""
        return float(self._model.input_mean), float(self._model.input_std)

    def run(self, blob: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the network's raw output for a prepared input.

        Args:
            blob: float32 (1, 3, 192, 192), fed as it is.

        Returns:
            float32 (212,): x0, y0, x1, y1, ...

        Raises:
            FaceModelError: onnxruntime fails on the network.
        """
        try:
            output = self._model.session.run(self._model.output_names, {self._model.input_name: blob})[0]
        except runtime_errors() as error:
            raise FaceModelError(
                f"{self.path} cannot be run by onnxruntime; expected an intact 2d106det.onnx."
            ) from error
        return np.asarray(output[0], dtype=np.float32)

    def raw(self, image: NDArray[np.uint8], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return the raw output for a crop of a picture, prepared by InsightFace's recipe.

        Args:
            image: RGB uint8 (H, W, 3).
            matrix: (2, 3) from :func:`crop_matrix`.

        Returns:
            float32 (212,), -1 to 1 over the crop.
        """
        part, to_crop = visible_window(image, matrix, CROP_SIZE)
        crop = cv2.warpAffine(part, to_crop, (CROP_SIZE, CROP_SIZE), borderValue=(0.0, 0.0, 0.0))
        mean, std = self.mean_std
        blob = (crop.astype(np.float32) - np.float32(mean)) * np.float32(1.0 / std)
        return self.run(np.ascontiguousarray(blob.transpose(2, 0, 1)[None]))

    def points(self, image: NDArray[np.uint8], box: Box, roll_deg: float = 0.0) -> NDArray[np.float32]:
        """Return the 106 landmarks of the face in ``box``.

        Args:
            image: RGB uint8 (H, W, 3).
            box: x0, y0, x1, y1 in pixels.
            roll_deg: see :func:`crop_matrix`; the network fails on strongly tilted heads (insightface#2425).

        Returns:
            float32 (106, 2) pixels of ``image``, ``insightface-106`` layout.
        """
        matrix = crop_matrix(box, roll_deg)
        in_crop = (self.raw(image, matrix).reshape(-1, 2) + 1.0) * (CROP_SIZE // 2)
        return transform_points(invert_matrix(matrix), in_crop).astype(np.float32)
