"""Gold: what becomes true from one review, from two that agree, and when one of them is taken back."""

import pytest
from sqlalchemy import func, select

from review.records import EmotionState, MarkState, UnitState, VerdictState
from review.schema import Gold
from review.store.gold import current_gold, refresh
from review.store.reviews import undo_submit


@pytest.fixture
def gold(read):
    """The current gold of a description by target and key."""

    def found(description_id):
        rows = read(current_gold, description_id=description_id)
        return {(row.target, row.target_key): row for row in rows}

    return found


@pytest.fixture
def two(make_description, make_campaign, make_user):
    """A description, its campaign for two people, and both."""
    description = make_description()
    return description, make_campaign(overlap=2), make_user(), make_user()


REWRITTEN = VerdictState("wrong", "H2", 2, 10, "AU10 - Upper Lip Raiser: The upper lip is drawn up.")


def test_one_review_is_single_gold_with_the_corrected_text(two, review, gold, claims_of):
    description, campaign, anna, _ = two
    done = review(campaign, anna, description, wrong={9: REWRITTEN}, emotion=EmotionState("disgust"))
    found = gold(description)
    claims = claims_of(description)
    assert found["claim", str(claims[4].id)].value["verdict"] == "correct"
    assert found["claim", str(claims[9].id)].value["action_unit"] == 10
    assert {row.basis for row in found.values()} == {"single"}
    states = {key: row.value["state"] for (target, key), row in found.items() if target == "unit"}
    assert states == {"4": "present", "9": "absent", "10": "present", "15": "present"}
    assert found["emotion", "emotion"].value == {"label": "disgust", "second": None, "confidence": 2}
    text = found["text", "text"]
    assert text.value["text"] == done.corrected_text
    assert "2. AU10 - Upper Lip Raiser" in text.value["text"]
    assert text.value["baseline_unsure"] is False
    assert text.reviews == ((done.id, done.version),)


def test_two_who_agree_supersede_the_single_gold(two, review, gold, read):
    description, campaign, anna, berta = two
    review(campaign, anna, description, units={12: UnitState("absent")})
    before = gold(description)
    review(campaign, berta, description, units={12: UnitState("absent")}, baseline_unsure=True)
    after = gold(description)
    assert {row.basis for row in after.values()} == {"agreed"}
    assert after["text", "text"].value["baseline_unsure"] is True
    assert before.keys() == after.keys()

    def old(session):
        return session.scalars(select(Gold).where(Gold.superseded)).all()

    superseded = read(old)
    assert {row.id for row in superseded} == {row.id for row in before.values()}
    assert {row.superseded_by for row in superseded} == {row.id for row in after.values()}


def test_taking_a_review_back_takes_its_gold_back(two, review, gold, write):
    description, campaign, anna, berta = two
    review(campaign, anna, description)
    later = review(campaign, berta, description, wrong={9: VerdictState("wrong", "H1", replacement="")})
    assert gold(description)["text", "text"].basis == "contested"
    write(undo_submit, review_id=later.id, reviewer_id=berta.id)
    assert {row.basis for row in gold(description).values()} == {"single"}


def test_no_review_leaves_no_gold(two, review, gold, write):
    description, campaign, anna, _ = two
    only = review(campaign, anna, description)
    write(undo_submit, review_id=only.id, reviewer_id=anna.id)
    assert gold(description) == {}


def test_a_refresh_without_news_changes_nothing(two, review, read, write):
    description, campaign, anna, _ = two
    review(campaign, anna, description)

    def rows(session):
        return session.scalar(select(func.count(Gold.id)))

    count = read(rows)
    change = write(refresh, description_id=description)
    assert (change.added, change.superseded, read(rows)) == (0, 0, count)


def test_a_contested_claim_makes_text_and_unit_wait_with_it(two, review, gold, claims_of):
    description, campaign, anna, berta = two
    review(campaign, anna, description)
    review(campaign, berta, description, wrong={9: VerdictState("wrong", "H1", replacement="")})
    found = gold(description)
    nine = str(claims_of(description)[9].id)
    contested = {key for key, row in found.items() if row.basis == "contested"}
    assert contested == {("claim", nine), ("unit", "9"), ("text", "text")}
    assert all(found[key].value is None for key in contested)
    assert found["unit", "4"].basis == "agreed"


def test_marks_of_both_become_part_of_the_text(two, review, gold):
    description, campaign, anna, berta = two
    mark = MarkState(0, 3, "H5", replacement="This")
    for person in (anna, berta):
        review(campaign, person, description, marks=(mark,))
    text = gold(description)["text", "text"]
    assert (text.basis, text.value["text"][:9]) == ("agreed", "This face")


def test_a_person_counts_once_with_their_latest_review(make_description, make_campaign, make_user, review, gold):
    description, anna = make_description(), make_user()
    first, second = make_campaign(), make_campaign()
    review(first, anna, description, wrong={4: VerdictState("wrong", "H1", replacement="")})
    latest = review(second, anna, description)
    found = gold(description)
    assert {row.basis for row in found.values()} == {"single"}
    assert found["unit", "4"].value["state"] == "present"
    assert {row.reviews for row in found.values()} == {((latest.id, latest.version),)}
