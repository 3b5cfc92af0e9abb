"""Descriptions in a few words: codes, sides and letters only, as a coder notes them.

EmoLA-tiny is not trained on this form, so it serves to show what an adapter learns from a few hundred examples.
"""

from emola.taxonomy import Side
from training.synthetic.text.action_units import UnitDescription
from training.synthetic.text.degrees import STRENGTH_WORDS, capitalised, strength_step
from training.synthetic.text.emotions import EmotionDescription
from training.synthetic.truth import Truth, UnitTruth


def note_action_units(truth: Truth) -> UnitDescription:
    """Return such as "AU4 (C), AU12 left (B).", or "No action unit." for a face at rest."""
    noted = ", ".join(_note(number, unit) for number, unit in truth.visible().items())
    return UnitDescription(noted or "No action unit", (), "", "", {}, "", "running")


def note_emotion(truth: Truth) -> EmotionDescription:
    """Return such as "Sadness with fear, moderate." or "Neutral."."""
    second = f" with {truth.second_emotion}" if truth.second_emotion else ""
    strength = "" if truth.emotion == "neutral" else f", {STRENGTH_WORDS[strength_step(truth.strength)]}"
    return EmotionDescription((f"{capitalised(truth.emotion)}{second}{strength}.",), truth.emotion)


def _note(number: int, unit: UnitTruth) -> str:
    """Return one unit with its side and letter."""
    side = "" if unit.side is Side.BOTH else f" {unit.side.value}"
    return f"AU{number}{side} ({unit.letter})"
