"""Worked examples of the published rules; each expected value was got by running the published functions by hand."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import emola.answer
from emola.answer import read_action_units, read_emotion
from emola.taxonomy import EMOTIONS

LISTS = json.loads((Path(emola.answer.__file__).parent / "data" / "faba_lists.json").read_text(encoding="utf-8"))

QUIRKS = {
    "The person looks happy.": "happiness",
    "She looks sad.": "happiness",
    "He is angry.": "happiness",
    "She is afraid and scared.": "happiness",
    "It shows neither joy nor fear.": "happiness",
    "It shows neither fear nor joy.": "fear",
    "His nose shows anger. There is sadness.": "sadness",
    "He is annoyed. There is fear.": "fear",
    "He is annoyed.": "anger",
    "There is a notable smile. The mood is fear.": "fear",
    "She doesn't show fear.": "fear",
    "A face without anger.": "anger",
    "There is some discomfort here.": "sadness",
    "A look of curiosity.": "surprise",
    "He seems displeased.": "anger",
    "A face. It is fear and anger and fear.": "fear",
    "A face. It is fear and anger.": "anger",
    "Joy! Anger. Anger.": "happiness",
    "A face! I see joy. I see anger, anger.": "anger",
    "Anger, e.g. a stern look.": "anger",
}
CRASHES = ["Happiness", "", "anger\nfear.", "- joy\n- anger."]


@pytest.mark.parametrize(("text", "label"), QUIRKS.items())
def test_the_published_emotion_rules_are_kept(text, label):
    reading = read_emotion(text, "paper")
    assert (reading.label, reading.status) == (label, "read")


@pytest.mark.parametrize("text", CRASHES)
def test_an_answer_without_a_mark_on_its_first_line_is_a_crash_and_no_exception(text):
    reading = read_emotion(text, "paper")
    assert (reading.label, reading.status, reading.reason) == (None, "crash", "crash")


def test_the_default_class_is_named_as_such():
    assert read_emotion("A face.", "paper").reason == "no word found"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("AU12 and AU4", [4, 12]),
        ("AU12 is absent", [12]),
        ("AU 9, AU-12, AU04, AUs 1 and 2, au6", []),
        ("AU1+2", [1]),
        ("AU11 AU18 AU28 AU120", []),
        ("AU12C", [12]),
        ("xAU5x", [5]),
        ("no units", []),
    ],
)
def test_the_published_action_unit_rule_is_kept(text, numbers):
    assert [reading.number for reading in read_action_units(text, "paper")] == numbers


def test_the_published_lists_have_their_published_sizes():
    sizes = {emotion: len(words) for emotion, words in LISTS["synonyms"].items()}
    expected = {"happiness": 20, "sadness": 7, "surprise": 15, "anger": 13, "neutral": 9, "disgust": 9, "fear": 12}
    assert sizes == expected
    assert len(set(LISTS["synonyms"]["surprise"])) == 14


def restated(text):
    """The published rule, step by step in plain words, as a second opinion."""
    sentences, current = [], ""
    for position, character in enumerate(text):
        gap = character.isspace() and position > 0 and text[position - 1] in ".?"
        abbreviated = re.search(r"\w\.\w.\Z", text[:position], re.S) or re.search(r"[A-Z][a-z]\.\Z", text[:position])
        if gap and not abbreviated:
            sentences.append(current)
            current = ""
        else:
            current += character
    sentences.append(current)
    bad = LISTS["negative_substrings"]
    kept = " ".join(s for s in sentences if all(part not in s.lower() for part in bad)) or text
    marks = [i for i, character in enumerate(kept) if character in ".!?"]
    if not marks or "\n" in kept[: marks[0]]:
        return None
    for word in re.findall(r"\w+", kept[: marks[0]].lower()):
        for emotion in EMOTIONS:
            if word in LISTS["synonyms"][emotion]:
                return emotion
    rest = re.findall(r"\w+", kept[marks[0] + 1 :].lower())
    counts = [sum(word in LISTS["synonyms"][emotion] for word in rest) for emotion in EMOTIONS]
    return EMOTIONS[counts.index(max(counts))]


PIECES = st.sampled_from(
    [
        "joy",
        "fear",
        "curiosity",
        "nose",
        "not",
        "Isn't ",
        "calm",
        "displeased",
        ".",
        "!",
        "?",
        ". ",
        "? ",
        "\n",
        " ",
        "e.g.",
        "Mr.",
        "a",
    ]
)


@given(st.lists(PIECES, max_size=30).flatmap(lambda p: st.sampled_from(["".join(p), " ".join(p)])))
def test_the_rules_equal_a_plain_restatement(text):
    assert read_emotion(text, "paper").label == restated(text)
