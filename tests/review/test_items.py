"""One description with everything beside it, and the list of all."""

import pytest
from sqlalchemy import insert

from emola.errors import InputError
from review.schema import LintFinding, Prediction, Suspicion
from review.store.browse import STATES, BrowseFilter, search
from review.store.items import load_item


def test_claims_lint_suspicion_and_answers_stand_beside_the_text(database, make_description):
    description = make_description()
    with database.write() as session:
        item = load_item(session, description_id=description)
        claim = item.claims[1]
        finding = {"kind": "x", "message": "m", "start": claim.start, "end": claim.end, "version": "1"}
        both = [finding | {"description_id": description, "claim_id": c} for c in (claim.id, None)]
        session.execute(insert(LintFinding), both)
        answer = {"task": "au", "model": "tiny", "run": "r", "text": "AU4.", "read": {}, "version": "1"}
        session.execute(insert(Prediction), [answer | {"image_id": item.image_id}])
        reason = {"kind": "x", "text": "A reason.", "weight": 2.0, "claim_ord": 1}
        row = {"description_id": description, "score": 0.7, "reasons": [reason], "version": "1"}
        session.execute(insert(Suspicion), [row])
    with database.read() as session:
        item = load_item(session, description_id=description)
    assert "".join(c.text for c in item.claims) == item.text
    assert [c.action_unit for c in item.claims if c.kind == "au"] == [4, 9, 15]
    assert [len(c.lint) for c in item.claims] == [0, 1, 0, 0]
    assert [f.kind for f in item.lint] == ["x"]
    assert item.suspicion is not None and item.suspicion.score == 0.7
    assert item.suspicion.reasons[0].text == "A reason."
    assert [a.model for a in item.answers] == ["tiny"]
    assert item.face is None


def test_the_author_is_hidden_from_a_reviewer_who_has_not_submitted(database, make_description, make_user):
    description, reviewer = make_description(), make_user()
    with database.read() as session:
        assert load_item(session, description_id=description).origin_model == "gpt-4v"
        assert load_item(session, description_id=description, reviewer_id=reviewer.id).origin_model is None


def test_near_duplicates_are_named(database, make_description, make_image):
    first, second = make_image(dup_group=5), make_image(dup_group=5, split="eval")
    one, other = make_description(image_id=first), make_description(image_id=second)
    with database.read() as session:
        (found,) = load_item(session, description_id=one).duplicates
    assert (found.description_id, found.image_id, found.split) == (other, second, "eval")


def test_a_description_that_is_not_there_is_refused(database):
    with database.read() as session, pytest.raises(InputError, match="no description 7"):
        load_item(session, description_id=7)


@pytest.fixture
def three(make_description):
    """An action-unit text, a happy one of the evaluation, and one with a percent sign; suspicion 0.2, 0.9, none."""
    happy = "The person looks happy. The lip corners are pulled up."
    return (
        make_description(suspicion=0.2),
        make_description(happy, task="emotion", split="eval", suspicion=0.9),
        make_description("AU25 by 50 % and AU 12_x.", suspicion=None),
    )


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        (BrowseFilter(), [1, 0, 2]),
        (BrowseFilter(action_unit=9), [0]),
        (BrowseFilter(emotion="happiness"), [1]),
        (BrowseFilter(task="emotion"), [1]),
        (BrowseFilter(split="eval"), [1]),
        (BrowseFilter(text="BROWS"), [0]),
        (BrowseFilter(text="50 %"), [2]),
        (BrowseFilter(text="%"), [2]),
        (BrowseFilter(state="unreviewed"), [1, 0, 2]),
        (BrowseFilter(state="reviewed"), []),
        (BrowseFilter(state="adjudicated"), []),
        (BrowseFilter(code="H1"), []),
        (BrowseFilter(disagreement=True), []),
        (BrowseFilter(disagreement=False), []),
        (BrowseFilter(reviewer_id=1), []),
        (BrowseFilter(campaign_id=1), []),
    ],
)
def test_filters_and_the_most_suspicious_first(database, three, wanted, places):
    with database.read() as session:
        page = search(session, wanted=wanted)
    assert [row.description_id for row in page.rows] == [three[place] for place in places]
    assert page.total == len(places)


def test_pages_are_parts_of_one_order(database, three):
    with database.read() as session:
        parts = [search(session, wanted=BrowseFilter(), offset=i, limit=1) for i in range(3)]
        assert [part.rows[0].description_id for part in parts] == [three[1], three[0], three[2]]
        assert {part.total for part in parts} == {3}
        row = parts[1].rows[0]
        assert (row.action_units, row.state, row.reviews, row.suspicion) == ((4, 9, 15), STATES[0], 0, 0.2)
        with pytest.raises(InputError, match="no state"):
            search(session, wanted=BrowseFilter(state="done"))
        with pytest.raises(InputError, match="negative"):
            search(session, wanted=BrowseFilter(), offset=-1)
