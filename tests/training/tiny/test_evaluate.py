from emola.answer.reading import read_action_units
from training.tiny.evaluate import Evaluation, _repeats, implied_emotion, shared_texts, table
from training.tiny.photos import PhotoReading, photo_table, unit_table
from training.tiny.scores import score, trivial


def test_action_units_imply_their_prototype() -> None:
    smile = "1. AU6 - Cheek raiser: The cheeks rise, with strong intensity.\n2. AU12 - Lip corner puller: Up, strong."
    assert implied_emotion(read_action_units(smile, protocol="strict")) == "happiness"
    assert implied_emotion([]) == "neutral"


def test_repeated_and_unfinished_answers_are_counted() -> None:
    assert not _repeats("The lips are parted and wide. The brows are raised high.")
    assert _repeats("The lips are parted and wide. The lips are parted and wide. End.")
    assert _repeats("The lips are parted and wide. The brows are")


def test_a_text_that_two_different_faces_got_is_counted_for_both() -> None:
    assert shared_texts(["smile", "smile", "frown", "rest"], [{12}, {6, 12}, {4}, set()]) == 0.5
    assert shared_texts(["smile", "smile"], [{12}, {12}]) == 0.0


def test_photo_table_counts_likely_units_neither_way() -> None:
    readings = [
        PhotoReading("a.jpg", "happiness", "happiness", frozenset({6, 12}), frozenset({25}), frozenset({12, 25, 4})),
        PhotoReading("b.jpg", "neutral", None, frozenset(), frozenset(), frozenset(), "the head is turned away"),
    ]
    text = photo_table(readings)
    assert "1 units right, 1 missed, 1 wrong: micro-F1 0.50" in text
    assert "Emotion right on 1 of 1" in text and "not described: the head is turned away" in text


def test_unit_table_counts_each_action_unit_over_the_described_photographs() -> None:
    readings = [
        PhotoReading("a.jpg", "happiness", "happiness", frozenset({6, 12}), frozenset({25}), frozenset({12, 25, 4})),
        PhotoReading("b.jpg", "happiness", "happiness", frozenset({12}), frozenset(), frozenset({12})),
        PhotoReading("c.jpg", "neutral", None, frozenset({1}), frozenset(), frozenset(), "the head is turned away"),
    ]
    rows = unit_table(readings).splitlines()
    assert rows[2:5] == ["| 4 | 0 | 0 | 1 |", "| 6 | 0 | 1 | 0 |", "| 12 | 2 | 0 | 0 |"]
    assert rows[-1].startswith("Neither seen nor said: 1, 2, 5, 7,") and " 25," in rows[-1]


def test_table_shows_every_mode_and_the_fixed_answer() -> None:
    units, emotions = [{12}, {4}], ["happiness", "anger"]
    result = Evaluation(2, trivial(units, emotions), {"prior": score(units, units, emotions, emotions)}, {}, {}, {})
    text = table(result)
    assert "| prior only | 0.100 | 1.000 | 1.000 |" in text and "| best fixed answer | 0.067 |" in text
