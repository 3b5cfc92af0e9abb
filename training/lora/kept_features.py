"""Training on vision features that were kept, in the place of a vision tower that is frozen anyway."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from accelerate.utils import DistributedType
from tqdm import tqdm

from emola.errors import InputError
from emola.model import EmolaForConditionalGeneration, EmolaProcessor
from training.features import FeatureStore, VisionFeatures, feed_features
from training.features.store import hash_picture
from training.lora.collator import Collate, Collator, Example


def find_features(
    folder: Path,
    model: EmolaForConditionalGeneration,
    processor: EmolaProcessor,
    examples: Mapping[str, Sequence[Example]],
    spread: DistributedType = DistributedType.NO,
) -> FeatureStore:
    """Return the features of a model, with those of every example's picture in it.

    Args:
        folder: that ``training.features`` filled.
        model: the loaded base; its vision weights decide which features are its own.
        processor: of the base.
        examples: what is trained on and held out.
        spread: how the model is spread over processes.

    Raises:
        InputError: the features are of another model, pictures are missing among them, or the model is cut in pieces.
    """
    if spread in (DistributedType.FSDP, DistributedType.DEEPSPEED):
        raise InputError("data.features works in one process and under DDP, not under FSDP or DeepSpeed; leave it out.")
    store = VisionFeatures(model, processor).find_store(folder)
    pictures = list(dict.fromkeys(example.sample.image for split in examples.values() for example in split))
    progress = tqdm(pictures, desc="checking features", unit="picture", disable=None, leave=False)
    missing = [picture.name for picture in progress if not store.has(hash_picture(picture))]
    if missing:
        raise InputError(
            f"{folder} lacks the features of {len(missing)} of {len(pictures)} pictures, {missing[0]} among them; run "
            "python -m training.features again."
        )
    return store


def with_features(collator: Collate, store: FeatureStore) -> Collate:
    """Return a collator that reads kept features.

    Raises:
        InputError: it is of an objective that reads pictures only.
    """
    if not isinstance(collator, Collator):
        raise InputError("data.features is for training.train; other objectives read pictures.")
    return replace(collator, features=store)


@contextmanager
def vision_tower_of(model: Any, *, kept: bool) -> Iterator[None]:
    """Set the vision tower of a model aside for the length of the block when its features are kept.

    Args:
        model: adapted by peft, not wrapped.
        kept: False leaves the tower where it is.
    """
    if not kept:
        yield
        return
    with feed_features(model.get_base_model()):
        yield
