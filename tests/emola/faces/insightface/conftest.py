"""Fabricated networks with the graphs and inputs of an InsightFace pack, small enough to work out by hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from emola.faces.face import Face

WEIGHTS = np.random.default_rng(5).normal(0.0, 0.05, (48, 212)).astype(np.float32)
"""From 3 channels x 4 x 4 cells of 48 pixels, channels first, to the 212 outputs."""

BOX_REACH = 40.0
"""The fabricated detector's boxes reach this far from the middle of the red patch, in pixels."""

KEYPOINT_OFFSETS = np.array([[-16, -16], [16, -16], [0, 0], [-12, 16], [12, 16]], dtype=np.float32)


def _save(nodes, inputs, outputs, weights: dict[str, NDArray], path: Path) -> Path:
    initializers = [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "fabricated", inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))
    return path


def _tensor(name: str, shape: list) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def landmark_network(
    path: Path,
    constant: NDArray | None = None,
    normalises_itself: bool = True,
    size: int = 192,
    outputs: int = 212,
    states_output: bool = True,
) -> Path:
    """Mean colours of 4 x 4 cells through WEIGHTS; with ``constant`` the same output for every picture."""
    weights = {"w": WEIGHTS, "b": np.zeros(212, np.float32)}
    if constant is not None:
        weights = {"w": np.zeros((48, outputs), np.float32), "b": np.asarray(constant, np.float32)}
    nodes, start = [], "data"
    if normalises_itself:
        weights |= {"mean": np.float32(127.5), "factor": np.float32(1 / 128)}
        nodes = [
            helper.make_node("Sub", ["data", "mean"], ["centred"], name="_minusscalar0"),
            helper.make_node("Mul", ["centred", "factor"], ["scaled"], name="_mulscalar0"),
        ]
        start = "scaled"
    cell = size // 4
    nodes += [
        helper.make_node("AveragePool", [start], ["cells"], kernel_shape=[cell, cell], strides=[cell, cell], name="p"),
        helper.make_node("Flatten", ["cells"], ["flat"], name="f"),
        helper.make_node("Gemm", ["flat", "w", "b"], ["fc1"], name="fc"),
    ]
    declared = _tensor("fc1", ["N", outputs if states_output else "M"])
    return _save(nodes, [_tensor("data", ["N", 3, size, size])], [declared], weights, path)


def _head(name: str, width: int, start: str, weight: NDArray, bias: NDArray, weights: dict) -> list:
    """Nodes from a feature map to (locations x 2 anchors, width), as SCRFD's heads have them."""
    weights |= {f"{name}_w": weight.astype(np.float32), f"{name}_b": bias.astype(np.float32)}
    weights[f"{name}_shape"] = np.array([-1, width], np.int64)
    return [
        helper.make_node("Conv", [start, f"{name}_w", f"{name}_b"], [f"{name}_map"], name=f"{name}_conv"),
        helper.make_node("Transpose", [f"{name}_map"], [f"{name}_last"], perm=[0, 2, 3, 1], name=f"{name}_turn"),
        helper.make_node("Reshape", [f"{name}_last", f"{name}_shape"], [name], name=f"{name}_flat"),
    ]


def detector(path: Path, keypoints: bool = True) -> Path:
    """A face wherever an 8 x 8 cell of the stride-8 grid is pure red; nothing at strides 16 and 32."""
    nodes, scores, boxes, points, weights = [], [], [], [], {}
    for stride in (8, 16, 32):
        cells = f"cells{stride}"
        shape = [stride, stride]
        nodes.append(helper.make_node("AveragePool", ["input.1"], [cells], kernel_shape=shape, strides=shape))
        red = np.zeros((2, 3, 1, 1))
        red[:, 0] = 0.5 if stride == 8 else 0.0
        bias = np.full(2, 0.4) if stride == 8 else np.zeros(2)
        nodes += _head(f"score{stride}", 1, cells, red, bias, weights)
        nodes += _head(f"box{stride}", 4, cells, np.zeros((8, 3, 1, 1)), np.full(8, BOX_REACH / stride), weights)
        offsets = np.tile(KEYPOINT_OFFSETS.reshape(-1), 2) / stride
        nodes += _head(f"kps{stride}", 10, cells, np.zeros((20, 3, 1, 1)), offsets, weights)
        scores.append(_tensor(f"score{stride}", ["n", 1]))
        boxes.append(_tensor(f"box{stride}", ["n", 4]))
        points.append(_tensor(f"kps{stride}", ["n", 10]))
    outputs = scores + boxes + (points if keypoints else [])
    return _save(nodes, [_tensor("input.1", [1, 3, "h", "w"])], outputs, weights, path)


class Fabricate:
    """What the tests use of this file."""

    landmark_network = staticmethod(landmark_network)
    detector = staticmethod(detector)
    weights = WEIGHTS
    box_reach = BOX_REACH
    keypoint_offsets = KEYPOINT_OFFSETS

    def pack(self, folder: Path) -> Path:
        """A pack folder with a detector, the 106 points and a recognition network."""
        detector(folder / "det_10g.onnx")
        landmark_network(folder / "2d106det.onnx")
        landmark_network(folder / "w600k_r50.onnx", size=112, constant=np.zeros(512), outputs=512)
        return folder


@pytest.fixture(scope="session")
def fabricate() -> Fabricate:
    return Fabricate()


@pytest.fixture(scope="session")
def make_face() -> Callable[..., Face]:
    """Build a Face from a box and, where the test needs one, a mesh."""

    def make(box=(0.0, 0.0, 100.0, 100.0), mesh=None) -> Face:
        return Face(
            box=box,
            score=1.0,
            landmarks=np.zeros((478, 2), np.float32),
            layout="mediapipe-478",
            mesh=None if mesh is None else np.asarray(mesh, np.float32),
            pose=None,
            size_px=max(box[2] - box[0], box[3] - box[1]),
            gates=(),
            backend="mediapipe",
        )

    return make
