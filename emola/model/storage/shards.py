"""Read the tensors of a checkpoint folder one at a time: one file or shards, safetensors or PyTorch ``.bin``.

Names, shapes and dtypes are known before any tensor is read. The pages of a mapped file stay in memory until it is
closed, so files are opened again and again: safetensors for every tensor, ``.bin`` files, which open slowly, after a
part of them has been read. A legacy ``.bin`` file cannot be mapped and is kept whole until another one is asked for.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import torch
from safetensors import SafetensorError, safe_open

from emola.errors import CheckpointError
from emola.model.storage.json_file import read_json_object
from emola.model.storage.problems import Problems
from emola.model.storage.safe_pickle import read_pickled_tensors

WEIGHT_STEMS: Final = (("model", ".safetensors"), ("pytorch_model", ".bin"))
OPENINGS: Final = 16
"""How often a mapped ``.bin`` file is opened while all of it is read once."""

_DTYPES: Final = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
PUBLISHED_DTYPES: Final = frozenset({torch.float32, torch.float16, torch.bfloat16, torch.float64})


@dataclass(frozen=True)
class TensorInfo:
    """What is known of a tensor before it is read."""

    name: str
    shape: tuple[int, ...]
    dtype: torch.dtype
    file: Path

    @property
    def number_count(self) -> int:
        """How many numbers the tensor holds."""
        return int(torch.Size(self.shape).numel())


class WeightFiles:
    """The tensors of one or more weight files, by name, in file order.

    Raises:
        CheckpointError: if a file is truncated, of another kind, or holds code, or two files hold the same name.
    """

    def __init__(self, files: list[Path]) -> None:
        self.infos: dict[str, TensorInfo] = {}
        self._kept: tuple[Path, dict[str, torch.Tensor]] | None = None
        self._bytes_read = 0
        for file in files:
            for info in self._scan(file):
                if info.name in self.infos:
                    raise CheckpointError(
                        f"{info.name} is in both {self.infos[info.name].file.name} and {file.name} of {file.parent}; "
                        "each tensor must be there once."
                    )
                self.infos[info.name] = info
        self.release()

    def read(self, name: str) -> torch.Tensor:
        """Return the tensor ``name`` on the CPU, in its stored dtype; do not write into it."""
        info = self.infos[name]
        if info.file.suffix != ".safetensors":
            tensor = self._unpickle(info.file)[name]
            self._bytes_read += tensor.nbytes
            if self._bytes_read > info.file.stat().st_size / OPENINGS and zipfile.is_zipfile(info.file):
                self.release()
            return tensor
        with safe_open(str(info.file), framework="pt") as opened:
            return cast(torch.Tensor, opened.get_tensor(name))

    def lazily(self) -> dict[str, Any]:
        """Return every tensor by name as an object that reads itself from disk when it is indexed with ``[...]``."""
        lazies: dict[str, Any] = {}
        for file in dict.fromkeys(info.file for info in self.infos.values()):
            if file.suffix == ".safetensors":
                opened: Any = safe_open(str(file), framework="pt")
                lazies |= {name: opened.get_slice(name) for name in opened.keys()}  # noqa: SIM118 (no mapping)
            else:
                lazies |= read_pickled_tensors(file)
        return lazies

    def release(self) -> None:
        """Let go of the ``.bin`` file that is open, and of the memory its pages take."""
        self._kept = None
        self._bytes_read = 0

    def _unpickle(self, file: Path) -> dict[str, torch.Tensor]:
        """Return the tensors of one ``.bin`` file, which stays open until another one is asked for."""
        if self._kept is None or self._kept[0] != file:
            self.release()
            self._kept = (file, read_pickled_tensors(file))
        return self._kept[1]

    def _scan(self, file: Path) -> Iterator[TensorInfo]:
        """Yield what ``file`` holds without reading the numbers."""
        if file.suffix != ".safetensors":
            for name, tensor in self._unpickle(file).items():
                yield TensorInfo(name, tuple(tensor.shape), tensor.dtype, file)
            return
        try:
            with safe_open(str(file), framework="pt") as opened:
                for name in opened.keys():  # noqa: SIM118 (no mapping)
                    stored = opened.get_slice(name)
                    yield TensorInfo(name, tuple(stored.get_shape()), _dtype_of(stored.get_dtype(), name, file), file)
        except (SafetensorError, OSError) as error:
            raise CheckpointError(
                f"{file} cannot be read as safetensors ({error}); it is truncated or damaged, copy it again."
            ) from error


def find_weight_files(folder: Path) -> list[Path]:
    """Return the weight files of a model folder, as transformers looks for them: safetensors first, one file first.

    Raises:
        CheckpointError: if there are none, an index is missing, or shards that an index names are missing.
    """
    for stem, suffix in WEIGHT_STEMS:
        single, index = folder / f"{stem}{suffix}", folder / f"{stem}{suffix}.index.json"
        if single.is_file():
            return [single]
        if index.is_file():
            return _files_of_index(index)
        if any(folder.glob(f"{stem}-*-of-*{suffix}")):
            raise CheckpointError(f"{index.name} is missing from {folder}; it says which shard holds which tensor.")
    raise CheckpointError(
        f"{folder} holds no weights; expected model.safetensors or pytorch_model.bin, or shards with an index."
    )


def open_weights(folder: Path) -> WeightFiles:
    """Return the tensors of a model folder.

    Raises:
        CheckpointError: as :func:`find_weight_files` and :class:`WeightFiles`, or if index and shards disagree.
    """
    files = find_weight_files(folder)
    weights = WeightFiles(files)
    for stem, suffix in WEIGHT_STEMS:
        index = folder / f"{stem}{suffix}.index.json"
        if files[0].suffix == suffix and files[0].name != f"{stem}{suffix}":
            _check_index(index, weights)
    return weights


def _files_of_index(index: Path) -> list[Path]:
    """Return the shards an index names, in order of name; raise when one is missing or outside the folder."""
    weight_map = read_json_object(index).get("weight_map")
    if not isinstance(weight_map, dict) or not all(isinstance(name, str) for name in weight_map.values()):
        raise CheckpointError(f"{index} has no weight_map from tensor names to shard files; copy it again.")
    names = sorted(set(weight_map.values()))
    outside = [name for name in names if Path(name).name != name]
    if outside:
        raise CheckpointError(f"{index} names files outside its folder: {', '.join(outside)}.")
    missing = [name for name in names if not (index.parent / name).is_file()]
    if missing:
        raise CheckpointError(f"{index.parent} lacks shards that {index.name} names: {', '.join(missing)}.")
    return [index.parent / name for name in names]


def _check_index(index: Path, weights: WeightFiles) -> None:
    """Raise with every tensor that the index and the shards disagree about."""
    problems = Problems()
    weight_map = read_json_object(index)["weight_map"]
    for name, file in weight_map.items():
        info = weights.infos.get(name)
        if info is None or info.file.name != file:
            problems.add(f"missing tensor {name}: the index says it is in {file}")
    for name in weights.infos.keys() - weight_map.keys():
        problems.add(f"unexpected tensor {name} in {weights.infos[name].file.name}: the index does not list it")
    problems.raise_if_any(f"The shards of {index.parent} do not agree with {index.name}")


def _dtype_of(code: str, name: str, file: Path) -> torch.dtype:
    """Return the torch dtype of a safetensors dtype code."""
    if code not in _DTYPES:
        raise CheckpointError(f"{name} in {file} is stored as {code}; expected F32, F16 or BF16.")
    return _DTYPES[code]
