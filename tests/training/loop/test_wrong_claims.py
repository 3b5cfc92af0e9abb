"""Counting of wrong claims, by hand-worked answers."""

from training.benchmark.items import Item
from training.loop.wrong_claims import WrongCount, count_habits, count_wrong
from training.synthetic.wrong.phrases import wrong_phrases


def unit_item(number, prediction, label):
    return Item(number, prediction, None, label)


def test_units_claimed_and_left_out_are_counted_by_description():
    units = [
        unit_item(1, "AU4 - Brow lowerer. AU12 - Lip corner puller.", "12, 25"),
        unit_item(2, "No AU12 is visible, but AU25 is.", "25"),
        unit_item(3, None, "1, 2"),
    ]
    counts = count_wrong(units, [])
    assert counts["H1"] == WrongCount(1, 2)  # AU4 in the first of two; the failed answer counts nowhere
    assert counts["M1"] == WrongCount(1, 2)  # AU25 of face 1


def test_an_emotion_that_cannot_be_read_is_a_wrong_one():
    emotions = [
        Item(1, "The face shows happiness.", None, "Happiness"),
        Item(2, "The face shows happiness.", None, "Anger"),
        Item(3, "The weather is fine.", None, "Anger"),
    ]
    assert count_wrong([], emotions)["H6"] == WrongCount(2, 3)


def test_planted_wordings_are_found_in_both_kinds_of_answers():
    phrases = wrong_phrases()
    units = [unit_item(1, f"AU12 is seen. {phrases.invented[0]}", "12"), unit_item(2, "AU12 is seen.", "12")]
    emotions = [Item(1, f"Happiness. {phrases.inferred[0]} {phrases.hedges[0]}", None, "Happiness")]
    counts = count_wrong(units, emotions)
    assert (counts["H5"], counts["H9"], counts["H0"]) == (WrongCount(1, 3), WrongCount(1, 3), WrongCount(1, 3))


def test_nothing_to_be_wrong_about_has_no_rate():
    assert count_wrong([], [])["H1"].rate is None
    assert WrongCount(1, 4).rate == 0.25


def test_a_habit_is_counted_where_there_is_occasion_for_it():
    units = [
        unit_item(1, "AU6 - Cheek raiser. AU12 - Lip corner puller.", "12"),  # the habit
        unit_item(2, "AU12 - Lip corner puller.", "12"),  # occasion, not taken
        unit_item(3, "AU6 - Cheek raiser. AU12 - Lip corner puller.", "6, 12"),  # right: no occasion
        unit_item(4, "AU15 - Lip corner depressor.", "10, 15"),  # AU10 left out
        unit_item(5, None, "10, 12"),
    ]
    emotions = [
        Item(1, "It is sadness.", None, "Neutral"),
        Item(2, "It is neutral.", None, "Neutral"),
        Item(3, "It is sadness.", None, "Surprise"),  # wrong, but not the habit
    ]
    counts = count_habits(units, emotions)
    assert counts["AU6 claimed with every smile"] == WrongCount(1, 2)
    assert counts["AU10 overlooked"] == WrongCount(1, 1)
    assert counts["a neutral face called sad"] == WrongCount(1, 2)
    assert counts["surprise called fear"] == WrongCount(0, 1)
    assert counts["disgust called anger"] == WrongCount(0, 0)
