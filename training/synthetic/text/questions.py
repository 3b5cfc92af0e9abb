"""Fifty questions for each task, in our own words."""

from typing import Literal

import numpy as np

from training.synthetic.text.degrees import choose

Task = Literal["emotion", "au"]

_ASKING: dict[Task, tuple[str, ...]] = {
    "emotion": (
        "What is the emotion of {whom}?",
        "Which emotion does {whom} show?",
        "What emotion can you read from {whom}?",
        "Describe the emotion of {whom}.",
        "Please describe the facial expression of {whom} and the emotion behind it.",
        "What does the facial expression of {whom} tell about the emotion?",
        "How would you describe the mood of {whom}, and why?",
        "What feeling is conveyed by {whom}?",
        "Name the main emotion of {whom} and explain your choice.",
        "Look at {whom} and tell me the emotion.",
    ),
    "au": (
        "What are the action units of {whom}?",
        "Which action units does {whom} show?",
        "Which facial action units can you see in {whom}?",
        "Describe the action units of {whom}.",
        "Please list the facial action units of {whom} and explain them.",
        "What AUs are visible in {whom}?",
        "Which facial muscles are active in {whom}?",
        "What facial movements can be seen in {whom}?",
        "Name every action unit of {whom} and its intensity.",
        "Look at {whom} and tell me the action units.",
    ),
}
_WHOM = ("this face", "the face in the image", "this person", "the person in the picture", "the face shown here")


def questions(task: Task) -> tuple[str, ...]:
    """Return the fifty questions of a task, "emotion" or "au".

    Raises:
        ValueError: for another task.
    """
    if task not in _ASKING:
        raise ValueError(f"unknown task {task!r}; expected 'emotion' or 'au'")
    return tuple(asking.format(whom=whom) for asking in _ASKING[task] for whom in _WHOM)


def ask(task: Task, rng: np.random.Generator) -> str:
    """Return one of the questions of a task, each as likely."""
    return choose(rng, questions(task))
