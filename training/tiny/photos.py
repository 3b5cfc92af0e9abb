"""What EmoLA-tiny says about labelled photographs, beside what an observer saw.

The labels are those of :mod:`training.tiny.photo_labels`; units called likely count neither for nor against a reading.
"""

from dataclasses import dataclass

import numpy as np

from emola.answer.reading import read_action_units, read_emotion
from emola.faces.analyze import FaceAnalyzer
from emola.faces.crops import crop_face
from emola.faces.priors.recipes import get_recipe
from emola.imaging import open_image
from emola.taxonomy import ACTION_UNITS
from training.tiny.generation import Answerer, Mode
from training.tiny.photo_labels import PhotoLabel


@dataclass(frozen=True)
class PhotoReading:
    """One photograph: what an observer saw and what the model said.

    Attributes:
        name: file name.
        emotion, said_emotion: label of the observer and of the model (None: unread).
        sure, likely, said: action units.
        refusal: why the face is not described; None when it is.
    """

    name: str
    emotion: str
    said_emotion: str | None
    sure: frozenset[int]
    likely: frozenset[int]
    said: frozenset[int]
    refusal: str | None = None

    @property
    def right(self) -> frozenset[int]:
        """Units that were seen and said."""
        return self.said & self.sure

    @property
    def missed(self) -> frozenset[int]:
        """Units that were surely seen and not said."""
        return self.sure - self.said

    @property
    def wrong(self) -> frozenset[int]:
        """Units that were said and not even likely."""
        return self.said - self.sure - self.likely


def read_photos(answerer: Answerer, labels: list[PhotoLabel], mode: Mode) -> list[PhotoReading]:
    """Describe labelled photographs of one face each.

    Raises:
        ImageError: a picture cannot be opened.
    """
    analyzer = FaceAnalyzer()
    try:
        return [_read(answerer, analyzer, label, mode) for label in labels]
    finally:
        analyzer.close()


def _read(answerer: Answerer, analyzer: FaceAnalyzer, label: PhotoLabel, mode: Mode) -> PhotoReading:
    """Describe one photograph."""
    name, seen = label.path.name, (label.sure, label.likely)
    image = open_image(label.path)
    faces = analyzer.analyze(image)
    refusal = "no face found" if not faces else next((g.reason for g in faces[0].gates if g.refuses), None)
    if refusal is not None:
        return PhotoReading(name, label.expression, None, *seen, frozenset(), refusal)
    processor = answerer.processor
    crop = crop_face(image, faces[0], processor.crop_recipe)
    prior = get_recipe(processor.prior_recipe).compute(image, faces[0]).values[None]
    units = answerer.answer("au", mode, [crop], np.asarray(prior), name)[0]
    emotion = answerer.answer("emotion", mode, [crop], np.asarray(prior), name)[0]
    said = frozenset(reading.number for reading in read_action_units(units, protocol="strict"))
    return PhotoReading(name, label.expression, read_emotion(emotion, protocol="strict").label, *seen, said)


def photo_table(readings: list[PhotoReading]) -> str:
    """Return all readings as a Markdown table with their errors, and the totals."""
    lines = ["| photograph | seen | said | missed | wrong | emotion seen | emotion said |", "|---" * 7 + "|"]
    for item in readings:
        if item.refusal is not None:
            lines.append(
                f"| {item.name} | {_units(item.sure)} | not described: {item.refusal} | | | {item.emotion} | |"
            )
            continue
        cells = (item.name, *map(_units, (item.sure, item.said, item.missed, item.wrong)))
        lines.append("| " + " | ".join((*cells, item.emotion, item.said_emotion or "unread")) + " |")
    described = [item for item in readings if item.refusal is None]
    right = sum(len(item.right) for item in described)
    missed = sum(len(item.missed) for item in described)
    wrong = sum(len(item.wrong) for item in described)
    micro = 2 * right / max(1, 2 * right + missed + wrong)
    emotions = sum(item.emotion == item.said_emotion for item in described)
    lines += ["", f"{right} units right, {missed} missed, {wrong} wrong: micro-F1 {micro:.2f}."]
    lines.append(f"Emotion right on {emotions} of {len(described)} photographs.")
    return "\n".join(lines)


def unit_table(readings: list[PhotoReading]) -> str:
    """Return how often each action unit was read right, missed and claimed wrongly: what reliability levels rest on.

    Units that were neither seen nor said stand in one last line: photographs without them say nothing about them.
    """
    described = [item for item in readings if item.refusal is None]
    lines, untested = ["| AU | right | missed | wrong |", "|---|---|---|---|"], []
    for number in sorted(ACTION_UNITS):
        right = sum(number in item.right for item in described)
        missed = sum(number in item.missed for item in described)
        wrong = sum(number in item.wrong for item in described)
        if right + missed + wrong:
            lines.append(f"| {number} | {right} | {missed} | {wrong} |")
        else:
            untested.append(number)
    return "\n".join([*lines, "", f"Neither seen nor said: {_units(frozenset(untested))}."])


def _units(numbers: frozenset[int]) -> str:
    """Return action units as text."""
    return ", ".join(map(str, sorted(numbers))) or "none"
