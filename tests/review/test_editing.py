"""Corrected texts: what edits make of a description, and that their operations lead there."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emola.answer import split_claims
from emola.errors import InputError
from review.editing import apply_edits, replay
from review.records import MarkState, ReviewState, VerdictState

LIST = (
    "These are shown:\n\n1. AU4 - Brow Lowerer: Low.\n2. AU9 - Nose Wrinkler: Wrinkled.\n3. AU15 - Lips: Down.\n\n"
    "The end."
)


@dataclass(frozen=True)
class Span:
    id: int
    start: int
    end: int


def spans(text):
    return [Span(number, claim.start, claim.end) for number, claim in enumerate(split_claims(text))]


def edit(text, marks=(), **replacements):
    verdicts = {int(key[1:]): VerdictState("wrong", "H1", 2, replacement=value) for key, value in replacements.items()}
    corrected, operations = apply_edits(text, spans(text), ReviewState(verdicts=verdicts, marks=tuple(marks)))
    assert replay(text, operations) == corrected
    return corrected, operations


def test_nothing_said_keeps_everything():
    corrected, operations = edit(LIST)
    assert corrected == LIST
    assert [op.op for op in operations] == ["keep"]


def test_a_deleted_item_renumbers_those_after_it():
    corrected, operations = edit(LIST, c2="")
    assert corrected == "These are shown:\n\n1. AU4 - Brow Lowerer: Low.\n2. AU15 - Lips: Down.\n\nThe end."
    assert [(op.op, op.text, op.code) for op in operations] == [
        ("keep", "", None),
        ("delete", "", "H1"),
        ("replace", "2", None),
        ("keep", "", None),
    ]
    assert operations[1].claim_id == 2
    assert operations[1].severity == 2


def test_a_deleted_first_item_renumbers_from_one():
    assert edit(LIST, c1="")[0].count("1. AU9") == 1


def test_a_replacement_keeps_number_and_line_end():
    assert "\n2. AU7 - Lid tightener: Tight.\n3. AU15" in edit(LIST, c2="AU7 - Lid tightener: Tight.")[0]


def test_a_replacement_with_its_own_number_is_renumbered():
    assert "\n1. AU7: Tight.\n2. AU15" in edit(LIST, c1="", c2="2. AU7: Tight.")[0]


def test_a_list_that_was_not_numbered_one_by_one_keeps_its_numbers():
    text = "1. AU4: Low.\n3. AU9: Wrinkled.\n7. AU15: Down.\n"
    assert edit(text, c1="")[0] == "1. AU4: Low.\n7. AU15: Down.\n"


def test_two_lists_are_numbered_apart():
    text = "1. AU4: Low.\n2. AU9: Wrinkled.\nThen:\n1. AU15: Down.\n2. AU17: Up.\n"
    claims = spans(text)
    first = next(span.id for span in claims if text[span.start :].startswith("1. AU15"))
    assert edit(text, **{f"c{first}": ""})[0] == "1. AU4: Low.\n2. AU9: Wrinkled.\nThen:\n1. AU17: Up.\n"


@pytest.mark.parametrize("place", [len(LIST), LIST.index("3. AU15") + 5])
def test_a_missing_unit_becomes_the_next_item(place):
    mark = MarkState(place, place, "M1", replacement="AU25 - Lips part: Parted.")
    corrected, operations = edit(LIST, [mark])
    assert corrected == LIST.replace("Down.\n", "Down.\n4. AU25 - Lips part: Parted.\n")
    assert [op.op for op in operations] == ["keep", "insert", "keep"]


def test_a_missing_unit_takes_the_place_of_a_deleted_last_item():
    text = "1. AU4: Low.\n2. AU9: Wrinkled."
    mark = MarkState(len(text), len(text), "M1", replacement="AU25: Parted.")
    assert edit(text, [mark], c1="")[0] == "1. AU4: Low.\n2. AU25: Parted.\n"


def test_a_missing_unit_in_plain_text_is_put_where_it_was_marked():
    text = "The brows are low. The face is sad."
    mark = MarkState(18, 18, "M1", replacement=" The lips are parted.")
    assert edit(text, [mark])[0] == "The brows are low. The lips are parted. The face is sad."


def test_a_mark_replaces_its_span_and_one_in_a_replaced_claim_gives_way():
    mark = MarkState(LIST.index("Wrinkled"), LIST.index("Wrinkled") + 8, "H4", 1, "Slightly wrinkled")
    assert "Nose Wrinkler: Slightly wrinkled." in edit(LIST, [mark])[0]
    assert edit(LIST, [mark], c2="AU7: Tight.")[0] == edit(LIST, c2="AU7: Tight.")[0]


def test_marks_that_overlap_or_leave_the_text_are_refused():
    with pytest.raises(InputError, match="overlap"):
        edit(LIST, [MarkState(0, 5, "H5", replacement="x"), MarkState(3, 8, "H5", replacement="y")])
    with pytest.raises(InputError, match="characters"):
        edit(LIST, [MarkState(0, 5000, "H5", replacement="x")])


pieces = st.sampled_from(
    [
        "1. AU4 - Brow Lowerer: Low.\n",
        "2. AU9: Wrinkled. ",
        "3. ",
        "\n",
        " ",
        "She smiles.",
        "10) AU12\n",
        "é",
        "- AU6: up\n",
    ]
)
texts = st.lists(pieces, min_size=1, max_size=8).map("".join)
replacements = st.none() | st.just("") | texts | st.text(max_size=12)


@given(texts, st.data())
def test_operations_tile_the_text_and_lead_to_the_corrected_one(text, data):
    claims = spans(text)
    verdicts = {claim.id: VerdictState("wrong", "H1", replacement=data.draw(replacements)) for claim in claims}
    points = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4)))
    marks = [
        MarkState(start, end, data.draw(st.sampled_from(["H5", "M1"])), replacement=data.draw(replacements))
        for start, end in zip(points[::2], points[1::2], strict=False)
    ]
    try:
        corrected, operations = apply_edits(text, claims, ReviewState(verdicts=verdicts, marks=tuple(marks)))
    except InputError as error:
        assert "overlap" in str(error)
        return
    assert replay(text, operations) == corrected
    assert [op.old_start for op in operations] == [0, *(op.old_end for op in operations)][:-1]
    assert [op.new_start for op in operations] == [0, *(op.new_end for op in operations)][:-1]
    assert (operations[-1].old_end, operations[-1].new_end) == (len(text), len(corrected))
    for op in operations:
        if op.op == "keep":
            assert text[op.old_start : op.old_end] == corrected[op.new_start : op.new_end]
        else:
            assert op.text == corrected[op.new_start : op.new_end]
