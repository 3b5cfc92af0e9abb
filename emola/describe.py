"""From a face to an answer: crop, prior, streamed text, and what the text says.

This is the one path that the command line, the page and (later) review imports share. It joins the parts and holds
no rules of its own: faces come from :mod:`emola.faces`, text from :mod:`emola.engine`, readings from
:mod:`emola.answer`, evidence from :mod:`emola.faces.geometry`.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from emola.answer.claims import split_claims
from emola.answer.reading import EmotionReading, read_action_units, read_emotion
from emola.errors import InputError
from emola.faces.face import Face
from emola.faces.geometry import Evidence, Verdict, evidence
from emola.prompt import QUESTIONS
from emola.settings import TASKS, GenerationSettings
from emola.shelf import ModelShelf
from emola.taxonomy import ACTION_UNITS, Intensity, Reliability, Side

if TYPE_CHECKING:
    from emola.model.loading import LoadedModel

FREE_QUESTION = "free"
"""Task name of a question in the user's own words."""


@dataclass(frozen=True)
class Progress:
    """The answer to one task so far.

    Attributes:
        task: ``emotion``, ``au`` or ``free``.
        text: all text of this task up to now.
        done: True once, with the whole answer.
        timings_ms: ``prepare``, ``first_token`` and ``total``, filled in as they become known.
    """

    task: str
    text: str
    done: bool
    timings_ms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ClaimReading:
    """One claim of an answer with its geometric evidence; offsets count code points of the task's NFC text."""

    task: str
    start: int
    end: int
    text: str
    action_unit: int | None
    side: Side
    intensity: Intensity | None
    intensity_word: str
    negated: bool
    evidence: Evidence | None

    @property
    def verdict(self) -> Verdict | None:
        """What geometry says about the claim as it stands; ``evidence`` is about the action unit being present.

        A denial turns supports and contradicts round; a weak measure never contradicts, a denial neither.
        """
        if self.evidence is None or not self.negated:
            return None if self.evidence is None else self.evidence.verdict
        if self.evidence.verdict == "supports":
            return "contradicts" if self.evidence.strength == "measurable" else "unclear"
        return "supports" if self.evidence.verdict == "contradicts" else self.evidence.verdict


@dataclass(frozen=True)
class UnitChip:
    """One action unit that an answer says is present."""

    number: int
    name: str
    side: Side
    intensity: Intensity | None
    intensity_word: str
    reliability: Reliability


@dataclass(frozen=True)
class Reading:
    """What the texts say, under the named protocols."""

    claims: list[ClaimReading]
    action_units: list[UnitChip]
    emotion_strict: EmotionReading | None
    emotion_paper: EmotionReading | None


class Describer:
    """Describes faces with the models of a shelf.

    Args:
        shelf: the models.
        landmark_model: path of InsightFace's ``2d106det.onnx`` for the recipes that need it.
        streamer: what generates; the default is :func:`emola.engine.stream_text`. ZeroGPU wraps it.
    """

    def __init__(
        self,
        shelf: ModelShelf,
        landmark_model: Path | None = None,
        streamer: Callable[..., Iterator[str]] | None = None,
    ) -> None:
        self.shelf = shelf
        self._landmark_model = landmark_model
        self._streamer = streamer

    def stream(
        self,
        image: NDArray[np.uint8],
        face: Face,
        asked: str,
        model_name: str,
        settings: GenerationSettings,
        cancel: threading.Event | None = None,
        inputs: str | None = None,
    ) -> Iterator[Progress]:
        """Yield the answers about ``face`` as they grow.

        Args:
            image: the whole picture, RGB uint8 (H, W, 3).
            face: a face of that picture.
            asked: ``emotion``, ``au``, ``both``, or a question in the user's own words.
            model_name: a name on the shelf.
            settings: how to decode.
            cancel: set it to stop; closing the iterator stops as well.
            inputs: ``both``, ``prior`` or ``image`` instead of what the checkpoint is meant to be given.

        Raises:
            InputError: the face is refused by its gates, or the question does not fit.
            EmolaError: the model could not be loaded or failed.
        """
        refuse(face)
        event = cancel or threading.Event()
        loaded = self.shelf.get(model_name)
        start = time.perf_counter()
        crop, prior = self.prepare(image, face, loaded, inputs)
        prepared = 1000 * (time.perf_counter() - start)
        for task, question in _questions(asked):
            if event.is_set():
                return
            for progress in self._answer(task, question, (loaded, crop, prior), settings, event):
                progress.timings_ms["prepare"] = prepared
                yield progress

    def prepare(
        self, image: NDArray[np.uint8], face: Face, loaded: "LoadedModel", inputs: str | None = None
    ) -> tuple[Any, Any]:
        """Return the crop and the prior that ``loaded`` reads, each None when it does not read it."""
        from emola.faces.crops import crop_face  # cv2, and onnxruntime behind some recipes
        from emola.faces.priors.recipes import get_recipe

        config = loaded.model.config
        wanted = inputs or config.inputs
        crop = None if wanted == "prior" else crop_face(image, face, config.crop_recipe)
        if wanted == "image":
            return crop, None
        recipe = get_recipe(config.prior_recipe, landmark_model=self._landmark_model)
        return crop, recipe.compute(image, face)

    def read(self, texts: dict[str, str], face: Face, model_name: str) -> Reading:
        """Return what the finished ``texts`` (task to answer) say about ``face``."""
        reliability = self.shelf.get(model_name).model.config.action_unit_reliability
        claims = [reading for task, text in texts.items() for reading in _claims(task, text, face)]
        emotion = texts.get("emotion", texts.get(FREE_QUESTION))
        units = texts.get("au", emotion)
        return Reading(
            claims=claims,
            action_units=[] if units is None else _chips(units, reliability),
            emotion_strict=None if emotion is None else read_emotion(emotion, "strict"),
            emotion_paper=None if emotion is None else read_emotion(emotion, "paper"),
        )

    def _answer(
        self,
        task: str,
        question: str,
        prepared: tuple["LoadedModel", Any, Any],
        settings: GenerationSettings,
        cancel: threading.Event,
    ) -> Iterator[Progress]:
        start, text = time.perf_counter(), ""
        timings: dict[str, float] = {}
        pieces = self._stream_pieces()(*prepared, question, settings, cancel)
        for piece in pieces:
            timings.setdefault("first_token", 1000 * (time.perf_counter() - start))
            text += piece
            yield Progress(task, text, False, dict(timings))
        timings["total"] = 1000 * (time.perf_counter() - start)
        yield Progress(task, text.strip(), True, timings)

    def _stream_pieces(self) -> Callable[..., Iterator[str]]:
        if self._streamer is None:
            from emola.engine import stream_text  # torch and transformers, several seconds

            self._streamer = stream_text
        return self._streamer


def refuse(face: Face) -> None:
    """Raise when no honest description of ``face`` is possible.

    Raises:
        InputError: with the reasons of the gates that refuse it.
    """
    if face.refused:
        reasons = " ".join(gate.reason for gate in face.gates if gate.refuses)
        raise InputError(f"This face is not described: {reasons}")


def _questions(asked: str) -> list[tuple[str, str]]:
    if asked == "both":
        return [(task, QUESTIONS[task]) for task in TASKS]
    if asked in TASKS:
        return [(asked, QUESTIONS[asked])]
    if not asked.strip():
        raise InputError("The question is empty; type what you want to know about this face.")
    return [(FREE_QUESTION, asked.strip())]


def _claims(task: str, text: str, face: Face) -> list[ClaimReading]:
    """Read the claims of one answer; only claims about known action units can have geometric evidence."""
    return [
        ClaimReading(
            task=task,
            start=claim.start,
            end=claim.end,
            text=claim.text,
            action_unit=claim.action_unit,
            side=claim.side,
            intensity=claim.intensity,
            intensity_word=claim.intensity_word,
            negated=claim.negated,
            evidence=evidence(face, claim.action_unit, claim.side) if claim.action_unit in ACTION_UNITS else None,
        )
        for claim in split_claims(text)
    ]


def _chips(text: str, reliability: dict[str, str]) -> list[UnitChip]:
    """Return the action units present in ``text`` under ``strict``, in ascending order."""
    return [
        UnitChip(
            number=unit.number,
            name=ACTION_UNITS[unit.number].name,
            side=unit.side,
            intensity=unit.intensity,
            intensity_word=unit.intensity_word,
            reliability=Reliability(reliability.get(str(unit.number), "unmeasured")),
        )
        for unit in read_action_units(text, "strict")
    ]
