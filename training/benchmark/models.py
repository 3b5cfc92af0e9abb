"""The models that a benchmark can ask: EmoLA and its adapters, and other image-text models as baselines."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import torch

from emola.errors import InputError, ResourceError
from emola.model.adapters import ADAPTER_CONFIG, Adapter
from emola.model.loading import LoadedModel, load_model
from emola.model.placement import Quantization
from emola.model.storage.json_file import read_json_object
from emola.model.storage.source import resolve_folder
from emola.prompt import build_prompt
from emola.settings import GenerationSettings
from training.benchmark.face_inputs import FaceInputs, InputContract
from training.benchmark.slots import Job, Key, SlotDecoder
from training.benchmark.token_choice import TokenChoice

GivenInputs = Literal["both", "prior", "image"]
_EMOLA_TYPES = ("emola", "emollava")


@dataclass(frozen=True)
class Encoded:
    """A question as a model reads it; ``inputs`` is the model's own business."""

    key: Key
    inputs: Any


@dataclass(frozen=True)
class Answer:
    """What a model said.

    Attributes:
        key: task and id of the question.
        text: without control tokens.
        tokens: how many it took.
        ended: False where the limit cut it off.
    """

    key: Key
    text: str
    tokens: int
    ended: bool


class Answerer(Protocol):
    """A loaded model."""

    contract: InputContract

    def encode(self, key: Key, text: str, inputs: FaceInputs) -> Encoded:
        """Return a question as the model reads it.

        Raises:
            InputError: it does not fit the model's context, or the inputs do not fit the model.
        """

    def answer(self, questions: Iterable[Encoded]) -> Iterator[Answer]:
        """Yield the answers as they end, in any order.

        Raises:
            ResourceError: the device ran out of memory.
        """


@dataclass(frozen=True)
class ModelChoice:
    """Which model, and how it is asked.

    Attributes:
        source: folder or hub id, or BASE+ADAPTER.
        device: "auto", or a device name.
        dtype: "auto", or a name.
        quantization: None, "4bit" or "8bit".
        inputs: what EmoLA is given; None for the checkpoint's own choice.
        conversation: prompt template; None for the checkpoint's own.
        batch_size: questions at a time.
    """

    source: str
    device: str = "auto"
    dtype: str = "auto"
    quantization: Quantization | None = None
    inputs: GivenInputs | None = None
    conversation: str | None = None
    batch_size: int = 8

    def folders(self) -> list[Path]:
        """Return the folders whose files make the model: its own, and the base of an adapter.

        Raises:
            InputError: there is no such folder or hub model.
        """
        base, _, adapter = self.source.partition("+")
        found = [resolve_folder(part) for part in (base, adapter) if part]
        named = Adapter(found[0]).base if self._is_lone_adapter(found[0]) else None
        return [*found, resolve_folder(named)] if named else found

    def is_emola(self) -> bool:
        """Say whether this is an EmoLA; everything else is a baseline."""
        folder = self.folders()[0]
        if "+" in self.source or self._is_lone_adapter(folder):
            return True
        path = folder / "config.json"
        return not path.is_file() or read_json_object(path).get("model_type") in _EMOLA_TYPES

    @staticmethod
    def _is_lone_adapter(folder: Path) -> bool:
        return (folder / ADAPTER_CONFIG).is_file() and not any(folder.glob("model*.safetensors"))


def open_model(choice: ModelChoice, settings: GenerationSettings) -> Answerer:
    """Load a model.

    Raises:
        EmolaError: it cannot be found or loaded, or an option does not fit it.
    """
    if choice.is_emola():
        base, _, adapter = choice.source.partition("+")
        loaded = load_model(
            base,
            adapter=adapter or None,
            device=choice.device,
            dtype=choice.dtype,
            quantization=choice.quantization,
        )
        return EmolaAnswerer(loaded, choice, settings)
    from training.benchmark.baseline import BaselineAnswerer  # most runs need none

    return BaselineAnswerer(choice, settings)


class EmolaAnswerer:
    """Asks an EmoLA in slots.

    Args:
        loaded: the model with its processor.
        choice: inputs, prompt template and batch size.
        settings: how to decode.
    """

    def __init__(self, loaded: LoadedModel, choice: ModelChoice, settings: GenerationSettings) -> None:
        self._loaded = loaded
        config = loaded.config
        self._conversation = choice.conversation or config.conversation
        self._context = int(config.get_text_config().max_position_embeddings)
        inputs = choice.inputs or config.inputs
        self.contract = InputContract(
            uses_image=inputs != "prior",
            crop_recipe=config.crop_recipe,
            prior_recipe=None if inputs == "image" else config.prior_recipe,
            prior_dim=config.prior_dim,
        )
        self._decoder = SlotDecoder(
            loaded.model,
            TokenChoice(settings),
            end_ids=_end_ids(loaded),
            pad_id=loaded.processor.pad_token_id,
            slots=choice.batch_size,
            max_new_tokens=settings.max_new_tokens,
            context=self._context,
        )

    def encode(self, key: Key, text: str, inputs: FaceInputs) -> Encoded:
        """Return the question's tensors; see :class:`Answerer`."""
        prompt = build_prompt(text, self._conversation)
        images = None if inputs.image is None else [inputs.image]
        priors = None if inputs.prior is None else [inputs.prior]
        try:
            encoded = self._loaded.processor([prompt], images=images, priors=priors)
        except ValueError as error:
            raise InputError(str(error)) from error
        length = encoded["input_ids"].shape[1]
        if length >= self._context:
            raise InputError(f"the prompt takes {length} tokens, and the model reads at most {self._context}")
        return Encoded(key, encoded)

    def answer(self, questions: Iterable[Encoded]) -> Iterator[Answer]:
        """Yield the answers as they end; see :class:`Answerer`."""
        tokenizer: Any = self._loaded.processor.tokenizer
        jobs = (Job(question.key, question.inputs) for question in questions)
        try:
            for done in self._decoder.decode(jobs):
                text = tokenizer.decode(done.ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
                yield Answer(done.key, text.strip(), len(done.ids), done.ended)
        except torch.OutOfMemoryError as error:
            raise ResourceError("The device ran out of memory; start again with a smaller --batch-size.") from error


def _end_ids(loaded: LoadedModel) -> frozenset[int]:
    """Return the ids that end an answer, as ``generate`` would take them."""
    generation: Any = loaded.model.generation_config
    tokenizer: Any = loaded.processor.tokenizer
    for found in (generation.eos_token_id, loaded.config.get_text_config().eos_token_id, tokenizer.eos_token_id):
        if found is not None:
            return frozenset(found if isinstance(found, list) else [found])
    return frozenset()
