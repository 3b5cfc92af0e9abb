"""Any other image-text model of transformers as a baseline: LLaVA-1.5 and whatever else its auto classes load.

A baseline is given the picture alone, and asked through its own chat template; one without a template is asked the way
LLaVA-1.5 was trained. Code from a checkpoint is never run.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

import torch
from transformers import AutoModelForImageTextToText, AutoProcessor, LogitsProcessorList

from emola.errors import CheckpointError, InputError, ResourceError
from emola.model.placement import choose_device, choose_dtype, quantization_config
from emola.model.storage.source import resolve_folder
from emola.settings import GenerationSettings
from training.benchmark.face_inputs import FaceInputs, InputContract
from training.benchmark.models import Answer, Encoded, ModelChoice
from training.benchmark.slots import Key
from training.benchmark.token_choice import DrawnTokens, TokenChoice

_LLAVA_PROMPT: Final = "USER: <image>\n{question} ASSISTANT:"


class BaselineAnswerer:
    """Asks an image-text model in plain batches.

    Args:
        choice: which model and how many questions at a time.
        settings: how to decode.

    Raises:
        InputError: priors or a prompt template of EmoLA are asked for.
        CheckpointError: transformers cannot load it.
    """

    contract = InputContract()

    def __init__(self, choice: ModelChoice, settings: GenerationSettings) -> None:
        if choice.inputs not in (None, "image") or choice.conversation is not None:
            raise InputError(f"{choice.source} is no EmoLA; it reads the picture alone, with its own prompt template.")
        self._device = choose_device(choice.device)
        self._dtype = choose_dtype(choice.dtype, self._device)
        self._batch_size = choice.batch_size
        self._settings = settings
        self._choice = TokenChoice(settings)
        self._model, self._processor = self._load(choice)
        self._processor.tokenizer.padding_side = "left"
        text_config: Any = self._model.config.get_text_config()
        self._context = int(getattr(text_config, "max_position_embeddings", 0) or 2**30)
        ends = self._model.generation_config.eos_token_id
        self._end_ids = frozenset(ends if isinstance(ends, list) else [] if ends is None else [ends])

    def encode(self, key: Key, text: str, inputs: FaceInputs) -> Encoded:
        """Return the prompt and the picture; see :class:`training.benchmark.models.Answerer`."""
        prompt = self._prompt(text)
        try:
            length = self._tensors([(prompt, inputs.image)])["input_ids"].shape[1]
        except ValueError as error:
            raise InputError(str(error)) from error
        if length >= self._context:
            raise InputError(f"the prompt takes {length} tokens, and the model reads at most {self._context}")
        return Encoded(key, (prompt, inputs.image))

    def answer(self, questions: Iterable[Encoded]) -> Iterator[Answer]:
        """Yield the answers batch by batch; see :class:`training.benchmark.models.Answerer`."""
        waiting = iter(questions)
        while batch := list(islice(waiting, self._batch_size)):
            try:
                yield from self._answer_batch(batch)
            except torch.OutOfMemoryError as error:
                raise ResourceError("The device ran out of memory; start again with a smaller --batch-size.") from error

    def _load(self, choice: ModelChoice) -> tuple[Any, Any]:
        folder = resolve_folder(choice.source)
        try:
            load_processor: Any = AutoProcessor.from_pretrained
            processor = load_processor(folder)
            model: Any = AutoModelForImageTextToText.from_pretrained(
                folder,
                dtype=self._dtype,
                device_map={"": self._device},
                quantization_config=quantization_config(choice.quantization, self._device, self._dtype),
            )
        except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
            reason = str(error).strip().split("\n")[0]
            raise CheckpointError(f"{choice.source} cannot be loaded as an image-text model: {reason}") from error
        return model.eval(), processor

    def _prompt(self, question: str) -> str:
        """Return the question in the model's own template."""
        if getattr(self._processor, "chat_template", None) is None:
            return _LLAVA_PROMPT.format(question=question)
        turn = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]}
        prompt: str = self._processor.apply_chat_template([turn], add_generation_prompt=True, tokenize=False)
        return prompt

    def _tensors(self, pairs: list[tuple[str, Any]]) -> Any:
        """Return the processor's tensors of prompts and pictures, padded on the left."""
        return self._processor(
            text=[prompt for prompt, _ in pairs],
            images=[[image] for _, image in pairs],
            padding=True,
            return_tensors="pt",
        )

    @torch.inference_mode()
    def _answer_batch(self, batch: list[Encoded]) -> list[Answer]:
        inputs = self._tensors([question.inputs for question in batch]).to(self._device, self._dtype)
        length = inputs["input_ids"].shape[1]
        drawn = [] if self._choice.greedy else [DrawnTokens(self._choice, [question.key for question in batch])]
        ids = self._model.generate(
            **inputs,
            do_sample=False,
            num_beams=1,
            max_new_tokens=min(self._settings.max_new_tokens, self._context - length),
            logits_processor=LogitsProcessorList(drawn),
            temperature=None,
            top_p=None,
            top_k=None,
        )
        return [self._read(question, row) for question, row in zip(batch, ids[:, length:].tolist(), strict=True)]

    def _read(self, question: Encoded, ids: list[int]) -> Answer:
        """Return one answer up to its first end token."""
        ends = [place for place, token in enumerate(ids) if token in self._end_ids]
        said = ids[: ends[0]] if ends else ids
        text = self._processor.tokenizer.decode(said, skip_special_tokens=True)
        return Answer(question.key, text.strip(), len(said), bool(ends))
