"""The state of a review: its JSON form, and what is refused on the way in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emola.errors import InputError
from emola.taxonomy import EMOTIONS
from review.records import (
    CODES,
    INTENSITIES,
    SIDES,
    UNIT_STATES,
    VERDICTS,
    VISIBILITY,
    EmotionState,
    MarkState,
    ReviewState,
    UnitState,
    VerdictState,
    state_from_json,
)

counts = st.integers(0, 2**31 - 1)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
severities = st.sampled_from([None, 1, 2, 3])
verdicts = st.builds(
    VerdictState,
    st.sampled_from(VERDICTS),
    st.sampled_from([None, *CODES]),
    severities,
    st.none() | st.integers(1, 99),
    st.none() | texts,
    counts,
    st.booleans(),
)
units = st.dictionaries(
    st.integers(1, 99),
    st.builds(UnitState, st.sampled_from(UNIT_STATES), st.sampled_from([None, *INTENSITIES]), st.sampled_from(SIDES)),
    max_size=4,
)
emotions = st.none() | st.builds(
    EmotionState, st.sampled_from(EMOTIONS), st.sampled_from([None, *EMOTIONS]), st.sampled_from([1, 2, 3])
)
marks = st.builds(
    lambda start, length, *rest: MarkState(start, start + length, *rest),
    st.integers(0, 99),
    st.integers(0, 99),
    st.sampled_from(CODES),
    severities,
    st.none() | texts,
    st.none() | st.integers(1, 99),
)
states = st.builds(
    ReviewState,
    st.dictionaries(counts, verdicts, max_size=4),
    units,
    emotions,
    units,
    emotions,
    st.booleans(),
    st.lists(marks, max_size=3).map(tuple),
    st.lists(st.sampled_from(VISIBILITY), max_size=3).map(tuple),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    texts,
    counts,
)


@given(states)
def test_a_state_comes_back_from_its_json(state):
    assert state_from_json(json.loads(json.dumps(state.to_json()))) == state


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*ReviewState.__dataclass_fields__, "1", "verdict"]), inner, max_size=4),
    )
)
def test_any_other_json_is_read_or_refused_in_a_sentence(document):
    try:
        state_from_json(document)
    except InputError as error:
        assert str(error).endswith(".")


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ([], "JSON object"),
        ({"verdict": {}}, "no field 'verdict'"),
        ({"verdicts": {"7": {"verdict": "maybe"}}}, "verdict on claim 7"),
        ({"verdicts": {"7": {"verdict": "wrong", "code": "H99"}}}, "error code of claim 7"),
        ({"verdicts": {"7": {"verdict": "wrong", "severity": 4}}}, "severity of claim 7"),
        ({"verdicts": {"7": {"verdict": "wrong", "replacement": 5}}}, "replacement of claim 7"),
        ({"verdicts": {"7": {"verdict": "wrong", "replacement": "a\0b"}}}, "plain text"),
        ({"verdicts": {"seven": {"verdict": "wrong"}}}, "not readable"),
        ({"units": {"4": {"state": "present", "intensity": "F"}}}, "intensity of AU4"),
        ({"emotion": {"label": "bliss"}}, "The emotion"),
        ({"marks": [{"start": 5, "end": 3, "code": "H5"}]}, "length of a marked span"),
        ({"marks": [{"start": 1, "end": 3, "code": None}]}, "code of a marked span"),
        ({"visibility": [75]}, "70, 71, 72, 73, 74"),
        ({"note": "\ud800"}, "note"),
        ({"note": "x" * 20_001}, "longer than 20000"),
        ({"active_ms": -1}, "time spent"),
    ],
)
def test_what_a_state_cannot_hold_is_named(document, named):
    with pytest.raises(InputError, match=named):
        state_from_json(document)
