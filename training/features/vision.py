"""Computing the features that a store keeps, and giving them to a model in the place of its vision tower.

Letters used for shapes: B batch, P patch rows, W width of the vision tower.
"""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm
from transformers.modeling_outputs import BaseModelOutputWithPooling

from emola.errors import EmolaError, ImageError, InputError, ResourceError
from emola.imaging import open_image, pad_to_square
from emola.model import EmolaForConditionalGeneration, EmolaProcessor
from training.features.store import FeatureStore, hash_picture

Preparation = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


class VisionFeatures:
    """The part of a model before its visual projector.

    Args:
        model: its vision tower and projector are used; they are not changed.
        processor: of the same model.
        prepare: what is done to a picture before the processor; EmoLA trained on square-padded pictures.
        prepare_name: name of that step, part of the key.
    """

    def __init__(
        self,
        model: EmolaForConditionalGeneration,
        processor: EmolaProcessor,
        prepare: Preparation = pad_to_square,
        prepare_name: str = "pad-to-square",
    ) -> None:
        self._model = model
        self._processor = processor
        self._prepare = prepare
        self._prepare_name = prepare_name

    @property
    def shape(self) -> tuple[int, int]:
        """Patch rows and width of one picture's features."""
        layers = self._model.config.vision_feature_layer
        count = 1 if isinstance(layers, int) else len(layers)
        width: int = self._model.config.vision_config.hidden_size  # type: ignore[union-attr]
        return self._model.config.image_seq_length, width * count

    def open_store(self, folder: Path, dtype: torch.dtype = torch.bfloat16) -> FeatureStore:
        """Return the store in ``folder`` that belongs to this model, processor and preparation, made when missing.

        Raises:
            ResourceError: it cannot be made.
        """
        try:
            return self._stores(folder, dtype)[0].create()
        except OSError as error:
            raise ResourceError(f"The folder {folder} could not be written: {error.strerror or error}.") from error

    def find_store(self, folder: Path) -> FeatureStore:
        """Return the store in ``folder`` with features of this model, in full precision if there are both.

        Raises:
            InputError: there is none; the folder may hold those of other weights.
        """
        found = next((store for store in self._stores(folder, torch.float32, torch.bfloat16) if store.exists), None)
        if found is None:
            others = len(list(folder.glob("*/manifest.json"))) if folder.is_dir() else 0
            what = f"{folder} holds features of {others} other models or precisions" if others else f"{folder} is empty"
            number = str(next(self._model.model.vision_tower.parameters()).dtype).removeprefix("torch.")
            raise InputError(
                f"{what}, and none of this one; run python -m training.features with this --model and --dtype {number}."
            )
        return found

    def _stores(self, folder: Path, *dtypes: torch.dtype) -> list[FeatureStore]:
        """Return the stores of this model, one for each number format that features are kept in."""
        config = self._model.config
        description = {
            "vision_weights": hash_weights(self._model.model.vision_tower),
            "image_processor": json.loads(self._processor.image_processor.to_json_string()),
            "vision_feature_layer": config.vision_feature_layer,
            "vision_feature_select_strategy": config.vision_feature_select_strategy,
            "prepared_by": self._prepare_name,
        }
        return [FeatureStore(folder, description, self.shape, dtype) for dtype in dtypes]

    def pixels(self, picture: Path) -> Tensor:
        """Return what the vision tower reads of a picture file, float32 (3, H, W).

        Raises:
            ImageError: it is missing or broken.
        """
        image = self._prepare(open_image(picture))
        batch = self._processor.image_processor([image], input_data_format="channels_last", return_tensors="pt")
        pixels: Tensor = batch["pixel_values"][0]
        return pixels

    @torch.inference_mode()
    def compute(self, pixels: Tensor) -> Tensor:
        """Return the features (B, P, W) of ``pixels`` (B, 3, H, W), in the model's dtype.

        They are caught on their way into the projector, so they are what the model itself would use.
        """
        caught: list[Tensor] = []
        projector = self._model.model.multi_modal_projector
        handle = projector.register_forward_pre_hook(lambda _, inputs: caught.append(inputs[0]))
        try:
            tower = next(self._model.model.vision_tower.parameters())
            self._model.get_image_features(pixel_values=pixels.to(tower.device, tower.dtype), return_dict=True)
        finally:
            handle.remove()
        return caught[0]


@dataclass(frozen=True)
class FeatureReport:
    """How many pictures were made, were there already, and failed, with path and reason of those."""

    made: int
    kept: int
    problems: tuple[tuple[str, str], ...]

    def summary(self, listed: int = 5) -> str:
        """Return the counts as text, with the first problems by name."""
        lines = [f"{self.made + self.kept} pictures have features, {self.kept} of them were there already."]
        if self.problems:
            lines.append(f"  {len(self.problems)} pictures could not be read")
            lines += [f"    {name}: {reason}" for name, reason in self.problems[:listed]]
        return "\n".join(lines)


def extract_features(
    pictures: Sequence[Path], vision: VisionFeatures, store: FeatureStore, batch_size: int = 16, workers: int = 4
) -> FeatureReport:
    """Compute what is missing in ``store``; safe to kill, the next call continues.

    Args:
        pictures: files; the same content counts once.
        vision: computes the features.
        store: from ``vision.open_store``.
        batch_size: pictures that go through the vision tower at a time.
        workers: threads that open pictures.

    Raises:
        ResourceError: the disk has not enough room, or is full or not writable; what is written stays whole.
    """
    counts: Counter[str] = Counter()
    problems: list[tuple[str, str]] = []
    with (
        ThreadPoolExecutor(workers) as pool,
        tqdm(total=len(pictures), unit="picture", desc=f"features {store.key}", smoothing=0.05) as bar,
    ):
        missing = _missing(pictures, store, pool, problems)
        counts["kept"] = len(pictures) - len(missing) - len(problems)
        bar.update(len(pictures) - len(missing))
        _check_room(store, len(missing))
        items = list(missing.items())
        for start in range(0, len(items), batch_size):
            batch = items[start : start + batch_size]
            counts["made"] += _make(batch, vision, store, pool, problems)
            bar.update(len(batch))
    return FeatureReport(counts["made"], counts["kept"], tuple(problems))


def hash_weights(module: nn.Module) -> str:
    """Return the sha256 of a module's tensors: names, types, shapes and numbers."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


@contextmanager
def feed_features(model: EmolaForConditionalGeneration) -> Iterator[None]:
    """Let a model take features (B, P, W) as ``pixel_values`` for the length of the block.

    Its vision tower is set aside, so it costs neither time nor memory on the device; projector, language model and
    prior work as ever. Within the block the model cannot read pictures and should not be saved as a whole.

    Raises:
        InputError: the model reads several layers of its vision tower.
    """
    layer = model.config.vision_feature_layer
    if not isinstance(layer, int):
        raise InputError(f"Kept features serve models that read one vision layer, but this one reads {layer}.")
    tower, device = model.model.vision_tower, next(model.model.vision_tower.parameters()).device
    first = next(tower.parameters()).dtype
    model.model.vision_tower = _KeptFeatures(model, first)
    tower.to("cpu")
    try:
        yield
    finally:
        model.model.vision_tower = tower.to(device)


class _KeptFeatures(nn.Module):
    """Stands in for a vision tower: hands its input on as the layer that the projector reads."""

    def __init__(self, model: EmolaForConditionalGeneration, dtype: torch.dtype) -> None:
        super().__init__()
        self._layers = model.config.vision_config.num_hidden_layers + 1  # type: ignore[union-attr]
        self._drops_first = model.config.vision_feature_select_strategy == "default"
        self._dtype = dtype

    def forward(self, features: Tensor, **_: Any) -> BaseModelOutputWithPooling:
        """Return an output all of whose layers are ``features``, with a class row where that is dropped."""
        rows = features.to(self._dtype)
        if self._drops_first:
            rows = nn.functional.pad(rows, (0, 0, 1, 0))
        return BaseModelOutputWithPooling(hidden_states=(rows,) * self._layers)


def _missing(
    pictures: Sequence[Path], store: FeatureStore, pool: ThreadPoolExecutor, problems: list[tuple[str, str]]
) -> dict[str, Path]:
    """Return hash to file of the pictures without features; what cannot be read goes to the problems."""
    missing: dict[str, Path] = {}
    for picture, found in zip(pictures, pool.map(_hash_or_problem, pictures), strict=True):
        if isinstance(found, EmolaError):
            problems.append((picture.name, str(found)))
        elif found not in missing and not store.has(found):
            missing[found] = picture
    return missing


def _hash_or_problem(picture: Path) -> str | EmolaError:
    try:
        return hash_picture(picture)
    except EmolaError as error:
        return error


def _pixels_or_problem(vision: VisionFeatures, picture: Path) -> Tensor | ImageError:
    try:
        return vision.pixels(picture)
    except ImageError as error:
        return error


def _make(
    batch: Sequence[tuple[str, Path]],
    vision: VisionFeatures,
    store: FeatureStore,
    pool: ThreadPoolExecutor,
    problems: list[tuple[str, str]],
) -> int:
    """Compute and keep the features of some pictures; return how many."""
    opened = pool.map(lambda item: _pixels_or_problem(vision, item[1]), batch)
    pixels: dict[str, Tensor] = {}
    for (name, picture), found in zip(batch, opened, strict=True):
        if isinstance(found, ImageError):
            problems.append((picture.name, str(found)))
        else:
            pixels[name] = found
    if not pixels:
        return 0
    features = vision.compute(torch.stack(list(pixels.values())))  # (B, P, W)
    try:
        for name, rows in zip(pixels, features, strict=True):
            store.save(name, rows)
    except OSError as error:
        raise ResourceError(f"Features in {store.folder} could not be written: {error.strerror or error}.") from error
    return len(pixels)


def _check_room(store: FeatureStore, count: int) -> None:
    """Raise when the disk cannot hold the features of so many pictures."""
    needed, free = count * store.bytes_per_picture, shutil.disk_usage(store.folder).free
    if needed > free:
        raise ResourceError(
            f"{count} pictures need {needed / 1e9:.1f} GB of features, but the disk of {store.folder} has only "
            f"{free / 1e9:.1f} GB left."
        )
