"""Emotions, action units and FACS intensities: the only copy in the project.

Numbers, names and the A to E scale follow the FACS manual (Ekman, Friesen and Hager, 2002); descriptions are our
own words. The 20 action units are those of FABA-Instruct; the 12 scored ones are those of FABA-Bench (EmoLA,
arXiv 2404.05052).
"""

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """Side of the face, the subject's own: LEFT stands on the right of an unmirrored picture."""

    BOTH = "both"
    LEFT = "left"
    RIGHT = "right"


class Intensity(StrEnum):
    """FACS intensity: A trace, B slight, C marked or pronounced, D severe or extreme, E maximum."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


class Reliability(StrEnum):
    """How well a model's statements about one action unit were measured to hold on real photographs."""

    SUPPORTED = "supported"
    UNCERTAIN = "uncertain"
    NOT_RELIABLE = "not reliable"
    UNMEASURED = "unmeasured"


@dataclass(frozen=True)
class ActionUnit:
    """One FACS action unit: its number, FACS name, region of the face and what one sees."""

    number: int
    name: str
    region: str
    appearance: str


_UNITS = (
    ActionUnit(1, "Inner brow raiser", "brows", "the inner ends of the brows move up"),
    ActionUnit(2, "Outer brow raiser", "brows", "the outer ends of the brows move up"),
    ActionUnit(4, "Brow lowerer", "brows", "the brows move down and together"),
    ActionUnit(5, "Upper lid raiser", "eyes", "the upper lids rise and more of the eye shows"),
    ActionUnit(6, "Cheek raiser", "cheeks", "the cheeks rise and gather the skin below the eyes"),
    ActionUnit(7, "Lid tightener", "eyes", "the lids tighten and the eyes narrow"),
    ActionUnit(9, "Nose wrinkler", "nose", "the skin beside and over the nose wrinkles"),
    ActionUnit(10, "Upper lip raiser", "mouth", "the upper lip is drawn straight up"),
    ActionUnit(12, "Lip corner puller", "mouth", "the lip corners are pulled up and back"),
    ActionUnit(14, "Dimpler", "mouth", "the lip corners are pressed in and dimple"),
    ActionUnit(15, "Lip corner depressor", "mouth", "the lip corners are pulled down"),
    ActionUnit(16, "Lower lip depressor", "mouth", "the lower lip is drawn down"),
    ActionUnit(17, "Chin raiser", "chin", "the chin boss and the lower lip are pushed up"),
    ActionUnit(20, "Lip stretcher", "mouth", "the lips are stretched sideways"),
    ActionUnit(23, "Lip tightener", "mouth", "the lips tighten and narrow"),
    ActionUnit(24, "Lip pressor", "mouth", "the lips are pressed together"),
    ActionUnit(25, "Lips part", "mouth", "the lips are parted"),
    ActionUnit(26, "Jaw drop", "jaw", "the jaw drops and the teeth part"),
    ActionUnit(27, "Mouth stretch", "jaw", "the mouth is stretched wide open"),
    ActionUnit(43, "Eyes closed", "eyes", "the upper lids are down over the eyes"),
)

ACTION_UNITS: dict[int, ActionUnit] = {unit.number: unit for unit in _UNITS}
"""The 20 action units of FABA-Instruct by number, in ascending order."""

SCORED_ACTION_UNITS: tuple[int, ...] = (1, 2, 4, 5, 6, 10, 12, 17, 24, 25, 26, 43)
"""The 12 action units that FABA-Bench scores."""

EMOTIONS: tuple[str, ...] = ("happiness", "sadness", "surprise", "anger", "neutral", "disgust", "fear")
"""The seven FABA-Bench classes; the position is the label number (0 happiness ... 6 fear)."""
