"""Descriptions and questions in the manner of FABA-Instruct, written from what is known of a rendered face."""

from training.synthetic.text.action_units import describe_action_units
from training.synthetic.text.emotions import describe_emotion
from training.synthetic.text.questions import ask, questions

__all__ = ["ask", "describe_action_units", "describe_emotion", "questions"]
