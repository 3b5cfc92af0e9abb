"""Answers as HTML: escaped, marked where a claim stands, and honest about what geometry says."""

from dataclasses import replace

import pytest

from emola.answer.reading import EmotionReading
from emola.describe import ClaimReading, Reading, UnitChip
from emola.faces.geometry import Evidence
from emola.page_results import answer_html, claims_text, emotion_html, evidence_html, notice_html, stance, units_html
from emola.page_visits import Answer
from emola.settings import GenerationSettings
from emola.taxonomy import Intensity, Reliability, Side

HOSTILE = '<img src=x onerror="alert(1)">&{{value}}${value}`'


def evidence_of(
    verdict="supports", segments=(((1.0, 2.0), (3.0, 4.5)),), reason="The mouth is 0.71 wide.", strength="measurable"
):
    return Evidence(
        action_unit=12,
        side=Side.BOTH,
        verdict=verdict,
        strength=strength,
        measure="mouth_width",
        value=0.71,
        neutral_mean=0.58,
        neutral_sd=0.045,
        supports_when="above 0.64",
        contradicts_when="below 0.60",
        reason=reason,
        points=segments[0] if segments else None,
        segments=segments,
        table_version="1",
    )


def claim(text, start, end, found=None, negated=False):
    return ClaimReading("au", start, end, text[start:end], 12, Side.BOTH, None, None, negated, found)


def answer_of(text, reading=None):
    answer = Answer(HOSTILE, GenerationSettings(), picture=None, origin={HOSTILE: HOSTILE}, texts={"au": text})
    return replace(answer, reading=reading)


def test_everything_from_data_is_escaped():
    found = evidence_of(reason=HOSTILE)
    reading = Reading([claim(HOSTILE, 0, 5, found)], [], None, None)
    for html in (
        answer_html(answer_of(HOSTILE, reading), HOSTILE, sendable=True),
        notice_html(HOSTILE),
        notice_html("x", HOSTILE),
    ):
        assert "<img" not in html and 'onerror="' not in html


def test_claims_are_marked_at_their_code_points():
    text = "é😀 Lip corner puller. Nothing else."
    html = claims_text(text, [claim(text, 3, 21, evidence_of())])
    assert html.startswith("é😀 <span") and html.endswith("</span> Nothing else.")
    assert ">Lip corner puller.<span" in html


def test_overlapping_claim_is_left_unmarked():
    text = "Lip corners up and parted."
    html = claims_text(text, [claim(text, 0, 14, evidence_of()), claim(text, 4, 20, evidence_of())])
    assert html.count('class="claim ') == 1
    assert "".join(part.split(">")[-1] for part in html.split("<")).replace("✓", "") == text


@pytest.mark.parametrize(
    ("verdict", "negated", "expected"),
    [
        ("supports", False, "supports"),
        ("supports", True, "contradicts"),
        ("contradicts", True, "supports"),
        ("unclear", True, "unclear"),
        ("not measurable", True, "not measurable"),
    ],
)
def test_evidence_of_a_unit_speaks_against_its_denial(verdict, negated, expected):
    assert stance(claim("AU12", 0, 4, evidence_of(verdict), negated)) == expected


def test_weak_evidence_for_a_unit_does_not_contradict_its_denial():
    weak = claim("AU12", 0, 4, evidence_of(strength="weak"), negated=True)
    assert stance(weak) == weak.verdict == "unclear"


def test_what_is_said_again_of_a_unit_shares_its_row_and_its_reason():
    text = "AU12. The lip corners rise. AU12. No AU12."
    spans, found = [(0, 5), (6, 27), (28, 33)], evidence_of()
    claims = [claim(text, start, end, found) for start, end in spans]
    html = evidence_html([*claims, claim(text, 34, 42, found, negated=True)])
    assert html.count('class="proof ') == 2, "one for the unit, one for its denial"
    assert html.count("<q>AU12.</q>") == 1 and "<q>AU12.</q> <q>The lip corners rise.</q>" in html
    assert html.count("The mouth is 0.71 wide.</span>") == 2


def test_unmeasurable_claims_are_folded_and_never_called_wrong():
    text = "AU12. AU12."
    claims = [claim(text, 0, 5, evidence_of("not measurable", ())), claim(text, 6, 11, evidence_of())]
    html = evidence_html(claims)
    assert "1 claim not measurable from geometry" in html and "contradicts" not in html
    assert html.index("Geometry supports it") < html.index("<details>")


def test_points_of_a_claim_are_given_in_pixels():
    html = evidence_html([claim("AU12", 0, 4, evidence_of(segments=(((1, 2), (3, 4.5)), ((5, 6), (7, 8)))))])
    assert 'data-points="1.0,2.0,3.0,4.5;5.0,6.0,7.0,8.0"' in html


def test_unit_says_number_name_intensity_side_and_reliability_in_words():
    chip = UnitChip(12, "Lip corner puller", Side.LEFT, Intensity.C, "clearly", Reliability.NOT_RELIABLE)
    html = units_html([chip])
    for words in ("AU12", "Lip corner puller", "C marked", "subject's left", "not reliable on photographs"):
        assert words.replace("'", "&#x27;") in html


def test_both_protocols_are_shown_even_when_the_published_reader_fails():
    html = emotion_html(EmotionReading(None, "unknown", ""), EmotionReading(None, "crash", ""))
    assert "unknown" in html and "fails on this text" in html
