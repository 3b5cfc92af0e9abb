"""Pieces of HTML and the words of judgements: what people wrote is text, never markup."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from review.page_html import bar_html, join, notice_html, number, percent, progress_html, table_html, tiles_html
from review.page_words import target_words, value_words


@given(st.text())
def test_whatever_people_wrote_stays_text(text):
    pages = [
        notice_html(text),
        table_html((text,), [(text,)], caption=text),
        tiles_html([(text, text, text)]),
        join([text]),
    ]
    for page in pages:
        inside = re.sub(r"<[^<>]*>", "", page)
        assert "<" not in inside and ">" not in inside
        assert Markup(page.replace(Markup.escape(text), "")).count("<script") == 0


def test_markup_is_kept_and_text_escaped_in_one_table():
    page = table_html(("A",), [("<b>",), (Markup("<i>x</i>"),)])
    assert "&lt;b&gt;" in page and "<i>x</i>" in page


@pytest.mark.parametrize(
    ("low", "value", "high", "places"),
    [
        (0.2, 0.5, 0.6, ("left:20.0%;width:40.0%", "left:50.0%")),
        (-1.0, 0.0, 2.0, ("left:0.0%;width:100.0%", "left:0.0%")),
    ],
)
def test_interval_is_drawn_to_scale_and_inside_its_line(low, value, high, places):
    page = bar_html(low, value, high)
    assert places[0] in page and f'<b style="{places[1]}"' in page


def test_numbers_that_do_not_exist_are_dashes():
    assert (percent(None), number(None), number(float("nan"))) == ("–", "–", "–")
    assert (percent(0.0), percent(0.034), percent(0.5), number(0.666)) == ("0 %", "3.4 %", "50 %", "0.67")


def test_progress_of_nothing_is_empty_not_an_error():
    assert "width:0.0%" in progress_html(0, 0, "submitted")
    assert "width:25.0%" in progress_html(1, 4, "submitted")


@pytest.mark.parametrize(
    ("target", "value", "words"),
    [
        ("claim", {"verdict": "correct"}, "✓ correct"),
        (
            "claim",
            {"verdict": "wrong", "code": "H2", "action_unit": 15, "severity": 2, "replacement": None},
            "✗ wrong · H2 wrong action unit · should be AU15 Lip corner depressor · severity 2",
        ),
        ("claim", {"verdict": "wrong", "code": "H1", "replacement": ""}, "✗ wrong · H1 absent · sentence deleted"),
        ("claim", {"verdict": "cannot_judge"}, "– cannot judge"),
        ("unit", {"state": "present", "intensity": "C", "side": "L"}, "present · C marked · subject's left"),
        ("unit", {"state": "not_visible", "intensity": None, "side": "N"}, "not visible"),
        ("emotion", {"label": "fear", "second": "surprise", "confidence": 1}, "fear, then surprise · not sure"),
        ("text", {"marks": []}, "no span marked"),
        (
            "text",
            {"marks": [{"start": 4, "end": 9, "code": "H5", "replacement": "face"}]},
            "“happy”: H5 invented → “face”",
        ),
        ("text", {"marks": [{"start": 4, "end": 4, "code": "M1", "replacement": None}]}, "at character 4: M1 missing"),
        ("text", {"marks": [], "text": "Another text."}, "new text “Another text.”"),
        ("claim", None, "nothing"),
    ],
)
def test_judgements_in_words(target, value, words):
    assert value_words(target, value, "The happy man.") == words


def test_targets_in_words():
    assert target_words("claim", "7", {7: " AU4 is seen. "}) == "AU4 is seen."
    assert target_words("unit", "12", {}) == "AU12 Lip corner puller"
    assert (target_words("emotion", "emotion", {}), target_words("text", "text", {})) == ("Emotion", "Marked spans")
