"""The protocol ``paper`` against a second telling of the published evaluation, from answers to the totals."""

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from rouge import Rouge

import emola.answer
from training.benchmark.items import Item
from training.benchmark.score import ScoringSettings, judge_all, score

LISTS = json.loads((Path(emola.answer.__file__).parent / "data" / "faba_lists.json").read_text(encoding="utf-8"))
CLASSES = ["happiness", "sadness", "surprise", "anger", "neutral", "disgust", "fear"]
TWENTY = [1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 16, 17, 20, 23, 24, 25, 26, 27, 43]
TWELVE = [1, 2, 4, 5, 6, 10, 12, 17, 24, 25, 26, 43]
CRASH = "crash"


def is_word(character):
    return character.isalnum() or character == "_"


def words_of(text):
    return "".join(c if is_word(c) else " " for c in text.lower()).split()


def sentences_of(text):
    """Cut at one white space behind "." or "?", but not behind "e.g."-like and "Mr."-like ends."""
    found, start = [], 0
    for i in range(1, len(text)):
        if not text[i].isspace() or text[i - 1] not in ".?":
            continue
        a, b, c, d = (text[i - k] if i >= k else "" for k in (4, 3, 2, 1))
        initials = a and is_word(a) and b == "." and is_word(c) and d != "\n"
        title = b and "A" <= b <= "Z" and "a" <= c <= "z" and d == "."
        if not initials and not title:
            found.append(text[start:i])
            start = i + 1
    return [*found, text[start:]]


def said_emotion(text):
    kept = [s for s in sentences_of(text) if not any(part in s.lower() for part in LISTS["negative_substrings"])]
    text = " ".join(kept) or text
    ends = [i for i, c in enumerate(text) if c in ".!?"]
    if not ends or "\n" in text[: ends[0]]:
        return CRASH
    for word in words_of(text[: ends[0]]):
        for name in CLASSES:
            if word in LISTS["synonyms"][name]:
                return CLASSES.index(name)
    counts = [sum(word in LISTS["synonyms"][name] for word in words_of(text[ends[0] + 1 :])) for name in CLASSES]
    return max(range(7), key=lambda index: (counts[index], -index))


def meant_emotion(label):
    """Return the number that the published code compares with, or None where it stops."""
    try:
        return int(label)
    except (TypeError, ValueError):
        capitalised = [name.capitalize() for name in CLASSES]
        return capitalised.index(label) if isinstance(label, str) and label in capitalised else None


def said_units(text):
    found = set()
    for piece in text.split("AU")[1:]:
        digits = ""
        for character in piece:
            if not character.isdecimal():
                break
            digits += character
        found.add(digits)
    return [int(str(unit) in found) for unit in TWENTY]


def meant_units(label):
    return [int(str(unit) in label.split(", ")) for unit in TWENTY]


def generation(rows):
    values = []
    for said, reference, _ in rows:
        if reference is not None:
            try:
                values.append(Rouge().get_scores(said, reference, avg=True)["rouge-l"]["f"])
            except ValueError:
                continue
    return 100 * sum(values) / len(values) if values else None


def recognition_of_units(rows):
    f1s, accuracies = [], []
    for unit in TWELVE:
        place = TWENTY.index(unit)
        pairs = [(meant_units(label)[place], said_units(said)[place]) for said, _, label in rows]
        if len({value for pair in pairs for value in pair}) == 1:  # a 1x1 confusion matrix
            continue
        tp, tn, fp, fn = (pairs.count(pair) for pair in ((1, 1), (0, 0), (0, 1), (1, 0)))
        accuracies.append((tp + tn) / len(pairs))
        f1s.append(2 * (tp / (tp + fp)) * (tp / (tp + fn)) / (tp / (tp + fp) + tp / (tp + fn)) if tp else 0)
    return (100 * sum(f1s) / len(f1s), sum(accuracies) / len(accuracies)) if f1s else (None, None)


def measured(rows, task):
    """Score answers as a model may give them: the published evaluation strips each one before it looks at it."""
    items = [Item(i, f"\n{said} ", reference, label) for i, (said, reference, label) in enumerate(rows)]
    chosen = ScoringSettings(task, "paper", repeats=0)
    return score(judge_all(items, chosen), chosen)


def same(value, expected):
    return value is expected if expected is None else abs(value - expected) < 1e-9


def joined(parts):
    return "".join(a + b for a, b in parts).strip()


EMOTION_WORDS = sorted({word for words in LISTS["synonyms"].values() for word in words})
PIECES = st.sampled_from(
    [*EMOTION_WORDS, *("A", "The", "face", "shows", "not", "Nose", "isn't", "known", "e.g", "Mr", "U.S", "sad", "Joy")]
)
MARKS = st.sampled_from([" ", " ", " ", ". ", "? ", "! ", ".", "?", "!", ", ", "\n", ".\n", ".  ", "'", "", "_", "\t"])
EMOTION_TEXTS = st.lists(st.tuples(PIECES, MARKS), max_size=14).map(joined)
EMOTION_LABELS = st.sampled_from([*range(-1, 8), "0", " 3 ", "6", "Fear", "fear", "Neutral", "", None, "1, 2", 2.9])
UNIT_PIECES = st.sampled_from(
    [
        "AU1",
        "AU2",
        "AU4",
        "AU12",
        "AU43",
        "AU 6",
        "AU-5",
        "AU05",
        "AU10+12",
        "AUAU17",
        "au24",
        "AU25.",
        "AU26 is absent",
    ]
)
UNIT_TEXTS = st.lists(st.tuples(UNIT_PIECES, MARKS), max_size=8).map(joined)
UNIT_LABELS = st.lists(st.sampled_from(["1", "2", "4", "5", "12", "25", "43", "99", "AU1"]), max_size=5).flatmap(
    lambda units: st.sampled_from([", ".join(units), ",".join(units), ", ".join(units) + " "])
)


@settings(max_examples=150)
@given(st.lists(st.tuples(EMOTION_TEXTS, st.none() | EMOTION_TEXTS, EMOTION_LABELS), min_size=1, max_size=5))
def test_emotion_totals_equal_the_second_telling(rows):
    readable = [row for row in rows if meant_emotion(row[2]) is not None]
    if not readable:
        return
    report = measured(rows, "emotion")
    right = sum(said_emotion(said) == meant_emotion(label) for said, _, label in readable)
    assert same(report["s_re"], 100 * right / len(readable))
    assert same(report["s_ge"], generation(rows))
    crashed = [i for i, (said, _, _) in enumerate(rows) if said_emotion(said) == CRASH]
    assert report["counts"]["unparsed"]["ids"] == crashed


@settings(max_examples=150)
@given(st.lists(st.tuples(UNIT_TEXTS, st.none() | UNIT_TEXTS, UNIT_LABELS), min_size=1, max_size=5))
def test_action_unit_totals_equal_the_second_telling(rows):
    report = measured(rows, "au")
    f1, accuracy = recognition_of_units(rows)
    assert same(report["s_re"], f1)
    assert same(report["accuracy"], accuracy)
    assert same(report["s_ge"], generation(rows))
