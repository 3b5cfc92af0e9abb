"""What EmoLA-tiny says about rendered faces it has never seen, read from generated text.

The faces go through the product's own path: face mesh, aligned crop, prior. The constant error that the mesh makes on
drawn faces (see :mod:`training.tiny.detections`) is taken out of the priors; photographs do not have it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emola.answer.reading import ActionUnitReading, read_action_units, read_emotion
from emola.errors import InputError
from emola.model.storage.json_file import read_json_object
from emola.taxonomy import Intensity
from training.synthetic.store import CHUNK, load_store, render_store
from training.synthetic.truth import UnitTruth, label_emotion
from training.tiny.data import crop_of, detected_axes, priors_of
from training.tiny.detections import detect_meshes, residual_bank
from training.tiny.export import TRAINING
from training.tiny.generation import MODES, Answerer, Mode
from training.tiny.scores import NUMBERS, Score, score, trivial

_LETTER_MIDDLE = {letter: 0.1 + 0.2 * step for step, letter in enumerate(Intensity)} | {Intensity.A: 0.18}
_UNKNOWN_INTENSITY = 0.5


@dataclass(frozen=True)
class UnseenFaces:
    """Rendered faces as the product sees them, with what they truly show."""

    crops: list[NDArray[np.uint8]]
    priors: NDArray[np.float32]
    units: list[set[int]]
    emotions: list[str]


@dataclass(frozen=True)
class Evaluation:
    """Scores by kind of input, and what one fixed answer would reach.

    Attributes:
        faces: how many faces were seen.
        trivial: best fixed answers.
        scores: by mode.
        repeating: share of answers with a sentence said twice or not ended, by mode.
        agreeing: share of faces whose emotion answer is the one that their own action-unit answer implies, by mode.
        shared: share of faces whose action-unit answer, word for word, a face with other action units got too, by mode.
    """

    faces: int
    trivial: Score
    scores: dict[Mode, Score]
    repeating: dict[Mode, float]
    agreeing: dict[Mode, float]
    shared: dict[Mode, float]


def unseen_faces(cache: Path, count: int, seed: int, workers: int = 1) -> UnseenFaces:
    """Render (or read) a series and run the face mesh on it; faces that it does not find are left out."""
    rounded = count if count <= CHUNK else math.ceil(count / CHUNK) * CHUNK
    render_store(cache, rounded, seed, workers)
    faces = load_store(cache, count, seed)
    meshes, seen = detect_meshes(cache, count, seed)
    bank = residual_bank(cache, count, seed)
    kept = np.flatnonzero(seen).tolist()
    return UnseenFaces(
        crops=[crop_of(faces.picture(index), meshes[index]) for index in kept],
        priors=priors_of(detected_axes(meshes[kept])) - bank.bias,
        units=[set(faces.truths[index].visible()) for index in kept],
        emotions=[faces.truths[index].emotion for index in kept],
    )


def check_unseen(model: Path, seed: int) -> None:
    """Raise InputError if the model was trained on this series, or what it was trained on cannot be read."""
    path = model / TRAINING
    if path.is_file() and read_json_object(path).get("seed") == seed:
        raise InputError(f"The model was trained on the series {seed}; choose another --seed.")


def evaluate(answerer: Answerer, faces: UnseenFaces, modes: tuple[Mode, ...] = MODES) -> Evaluation:
    """Ask both questions about every face and score what was said under the protocol "strict"."""
    scores: dict[Mode, Score] = {}
    repeating: dict[Mode, float] = {}
    agreeing: dict[Mode, float] = {}
    shared: dict[Mode, float] = {}
    for mode in modes:
        texts = answerer.answer("au", mode, faces.crops, faces.priors)
        readings = [read_action_units(text, protocol="strict") for text in texts]
        said = [{reading.number for reading in units} for units in readings]
        emotions = answerer.answer("emotion", mode, faces.crops, faces.priors)
        labels = [read_emotion(text, protocol="strict").label for text in emotions]
        scores[mode] = score(said, faces.units, labels, faces.emotions)
        repeating[mode] = float(np.mean([_repeats(text) for text in texts + emotions]))
        implied = [implied_emotion(units) for units in readings]
        agreeing[mode] = float(np.mean([one == other for one, other in zip(implied, labels, strict=True)]))
        shared[mode] = shared_texts(texts, faces.units)
    fixed = trivial(faces.units, faces.emotions)
    return Evaluation(len(faces.units), fixed, scores, repeating, agreeing, shared)


def implied_emotion(units: list[ActionUnitReading]) -> str:
    """Return the emotion that the prototypes of the rendered faces give to a list of action units."""
    truths = {
        unit.number: UnitTruth(_LETTER_MIDDLE[unit.intensity] if unit.intensity else _UNKNOWN_INTENSITY)
        for unit in units
    }
    return label_emotion(truths)[0]


def shared_texts(texts: Sequence[str], units: Sequence[set[int]]) -> float:
    """Return the share of faces whose text is also that of a face that shows other action units."""
    faces_of: dict[str, set[frozenset[int]]] = {}
    for text, shown in zip(texts, units, strict=True):
        faces_of.setdefault(text, set()).add(frozenset(shown))
    return float(np.mean([len(faces_of[text]) > 1 for text in texts]))


def _repeats(text: str) -> bool:
    """Say whether a text holds the same sentence twice or stops in mid-sentence."""
    sentences = [sentence.strip() for sentence in text.replace("\n", ". ").split(". ") if len(sentence) > 20]
    return len(set(sentences)) < len(sentences) or not text.rstrip().endswith(".")


def table(result: Evaluation) -> str:
    """Return the numbers as a Markdown table."""
    names = {"both": "picture and prior", "image": "picture only", "prior": "prior only"}
    lines = ["| input | AU macro-F1 | AU micro-F1 | emotion accuracy |", "|---|---|---|---|"]
    rows = [(names[mode], each) for mode, each in result.scores.items()]
    for name, each in [*rows, ("best fixed answer", result.trivial)]:
        lines.append(f"| {name} | {each.macro_f1:.3f} | {each.micro_f1:.3f} | {each.emotion:.3f} |")
    lines += ["", "| AU | " + " | ".join(map(str, NUMBERS)) + " |", "|---" * (len(NUMBERS) + 1) + "|"]
    for mode, each in result.scores.items():
        lines.append(f"| {mode} | " + " | ".join(f"{each.per_unit[number]:.2f}" for number in NUMBERS) + " |")
    return "\n".join(lines)
