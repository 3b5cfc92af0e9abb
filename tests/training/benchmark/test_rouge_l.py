import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge import Rouge as Package

from training.benchmark.rouge_l import RougeUndefined, google_rouge_l, google_rouge_lsum, pltrdy_rouge_l

TEXTS = st.lists(
    st.sampled_from(["a", "b", "The", "the", "joy,", "joy", "AU12:", ".", "..", ". ", "\n", "  ", "é"]), max_size=30
).map(" ".join) | st.text(alphabet="ab. \n", max_size=30)


@given(TEXTS, TEXTS)
def test_the_published_rouge_equals_its_package(prediction, reference):
    try:
        expected = Package().get_scores(prediction, reference, avg=True)["rouge-l"]
    except ValueError:
        with pytest.raises(RougeUndefined):
            pltrdy_rouge_l(prediction, reference)
        return
    ours = pltrdy_rouge_l(prediction, reference)
    assert (ours.precision, ours.recall, ours.f) == (expected["p"], expected["r"], expected["f"])


def test_words_count_once_and_marks_stay_glued():
    rouge = pltrdy_rouge_l("joy joy joy, fear", "joy fear")
    assert (rouge.precision, rouge.recall) == (2 / 3, 1.0)
    assert rouge.f == pytest.approx(0.8)


def test_reordered_sentences_score_one_with_the_published_package_only():
    reference, prediction = "The brows rise. The jaw drops.", "The jaw drops. The brows rise."
    assert pltrdy_rouge_l(prediction, reference).f == pytest.approx(1.0)
    assert google_rouge_l(prediction, reference).f == pytest.approx(3 / 6)
    assert google_rouge_lsum(prediction.replace(". ", ".\n"), reference.replace(". ", ".\n")).f == 1.0


@pytest.mark.parametrize("text", ["", ".", "..."])
def test_texts_without_words_are_undefined_or_zero(text):
    with pytest.raises(RougeUndefined):
        pltrdy_rouge_l(text, "a face")
    assert google_rouge_l(text, "a face").f == google_rouge_lsum(text, "a face").f == 0.0


def test_one_sentence_beyond_the_recursion_of_the_package_is_undefined():
    words = [f"w{i}" for i in range(1200)]
    assert pltrdy_rouge_l(" ".join(words[:900]), " ".join(words[:900])).f == pytest.approx(1.0)
    with pytest.raises(RougeUndefined):
        pltrdy_rouge_l(" ".join(words), " ".join(words))
    with pytest.raises(RougeUndefined):
        pltrdy_rouge_l(" ".join(words), "other words")
    assert pltrdy_rouge_l(". ".join(words[:150]), ". ".join(words[:150])).f == pytest.approx(1.0)


def test_google_rouge_ignores_case_and_marks_and_counts_repeats():
    rouge = google_rouge_l("Joy, joy and FEAR!", "joy and fear")
    assert (rouge.precision, rouge.recall) == (3 / 4, 1.0)
    assert rouge.f == pytest.approx(6 / 7)


def test_google_lsum_takes_the_union_over_lines_with_clipped_counts():
    # reference line "w1 w2 w3 w4 w5" against "w1 w2 w6 w7 w8" and "w1 w3 w8 w9 w5": the union is w1 w2 w3 w5
    rouge = google_rouge_lsum("w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", "w1 w2 w3 w4 w5")
    assert (rouge.recall, rouge.precision) == (4 / 5, 4 / 10)


@pytest.mark.parametrize("unit", ["A happy face. ", "happy ", "no AU1 and ", "x"])
def test_an_answer_of_megabytes_is_scored_in_seconds(unit):
    text = unit * (3_000_000 // len(unit))
    started = time.process_time()
    with contextlib.suppress(RougeUndefined):
        pltrdy_rouge_l(text, "A happy face. It smiles.")
    google_rouge_l(text, "A happy face. It smiles.")
    google_rouge_lsum(text, "A happy face. It smiles.")
    assert time.process_time() - started < 20
