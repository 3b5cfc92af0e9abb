"""Descriptions and questions in the manner of FABA-Instruct, written from what is known of a rendered face."""

from training.synthetic.text.action_units import compose_action_units, describe_action_units
from training.synthetic.text.brief import note_action_units, note_emotion
from training.synthetic.text.emotions import compose_emotion, describe_emotion
from training.synthetic.text.questions import ask, questions

__all__ = [
    "ask",
    "compose_action_units",
    "compose_emotion",
    "describe_action_units",
    "describe_emotion",
    "note_action_units",
    "note_emotion",
    "questions",
]
