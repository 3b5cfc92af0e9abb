"""Reviews: drafts, submission, taking back, reopening, and the rows that follow from them."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from emola.errors import InputError
from review.errors import NotAllowed, StaleRecord
from review.records import EmotionState, MarkState, ReviewState, UnitState, VerdictState
from review.schema import Assignment, ClaimVerdict, EditOperation, EmotionLabel, SpanMark, UnitLabel
from review.store import work
from review.store.campaigns import get_campaign
from review.store.events import verify_events
from review.store.reviews import get_review, my_reviews, open_review, reopen, save_draft, submit, undo_submit

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOTE = ReviewState(note="The brows are hidden by hair.")


def later(minutes):
    return NOON + timedelta(minutes=minutes)


@pytest.fixture
def one(make_description, make_campaign, make_user, begin):
    """A review, just begun, of the only description of a campaign."""
    make_description()
    return begin(make_campaign(), make_user(), NOON)


@pytest.fixture
def keep(write):
    def act(review, state, *, version=None, now=NOON):
        version = version or review.version
        reviewer = review.reviewer_id
        return write(save_draft, review_id=review.id, reviewer_id=reviewer, version=version, state=state, now=now)

    return act


@pytest.fixture
def hand_in(write):
    def act(review, state, *, token="click", version=None, now=NOON):
        return write(
            submit,
            review_id=review.id,
            reviewer_id=review.reviewer_id,
            version=version or review.version,
            state=state,
            token=token,
            now=now,
        )

    return act


def rows(database, table, review):
    with database.read() as session:
        return session.scalars(select(table).where(table.review_id == review.id)).all()


def slot_of(database, review):
    with database.read() as session:
        return session.get_one(Assignment, get_review(session, review_id=review.id).assignment_id)


def test_a_draft_comes_back_as_it_was_saved(one, keep, write):
    state = ReviewState(
        verdicts={7: VerdictState("wrong", "H2", 3, 12, "AU12 - Lip corner puller: up.", 1200, True)},
        units={12: UnitState("present", "C", "L")},
        emotion=EmotionState("sadness", "fear", 1),
        marks=(MarkState(3, 9, "H5", 1, "", None),),
        visibility=(70,),
        baseline_unsure=True,
        flagged=True,
        note="ä\u2028\"'",
        active_ms=61_000,
    )
    assert keep(one, state).version == 2
    again = write(open_review, assignment_id=one.assignment_id, reviewer_id=one.reviewer_id)
    assert (again.state, again.version, again.status) == (state, 2, "draft")


def test_a_save_over_an_old_version_is_refused_with_all_three_states(one, keep, read):
    theirs = ReviewState(note="from the other tab")
    keep(one, theirs)
    with pytest.raises(StaleRecord) as caught:
        keep(one, NOTE)
    assert (caught.value.mine, caught.value.theirs, caught.value.base) == (NOTE, theirs, ReviewState())
    assert caught.value.version == 2
    assert read(get_review, review_id=one.id).state == theirs
    assert keep(one, NOTE, version=caught.value.version).state == NOTE


def test_saving_again_what_is_saved_changes_nothing(one, keep):
    assert keep(one, NOTE).version == 2
    assert keep(one, NOTE, version=1).version == 2


def test_a_save_keeps_the_lease_alive(database, one, keep):
    keep(one, NOTE, now=later(8))
    assert slot_of(database, one).lease_until == later(18)


def test_submitting_writes_the_rows_that_follow_from_the_state(database, one, hand_in, judged):
    state = judged(one, units={25: UnitState("present", "B"), 1: UnitState("absent", "C")})
    done = hand_in(one, state)
    assert (done.status, done.submitted_at) == ("submitted", NOON)
    assert "AU4" not in done.corrected_text
    assert "\n1. AU9 - Nose Wrinkler" in done.corrected_text
    assert sorted(v.verdict for v in rows(database, ClaimVerdict, one)) == ["correct", "correct", "wrong"]
    units = {label.action_unit: (label.state, label.intensity) for label in rows(database, UnitLabel, one)}
    assert units == {
        1: ("absent", None),
        4: ("absent", None),
        9: ("present", None),
        15: ("present", None),
        25: ("present", "B"),
    }
    operations = sorted(rows(database, EditOperation, one), key=lambda op: op.ord)
    assert [op.op for op in operations] == ["keep", "delete", "replace", "keep", "replace", "keep"]
    assert slot_of(database, one).state == "submitted"


def test_marks_and_emotions_become_rows(database, make_description, make_campaign, make_user, begin, hand_in, judged):
    make_description("The man looks sad.", task="emotion")
    review = begin(make_campaign(blind=True), make_user())
    state = judged(
        review,
        marks=(MarkState(4, 7, "H5", 2, "person"),),
        emotion=EmotionState("fear"),
        blind_done=True,
        blind_emotion=EmotionState("anger", confidence=3),
        blind_units={4: UnitState("present", "A")},
    )
    hand_in(review, state)
    (mark,) = rows(database, SpanMark, review)
    assert mark.replacement == "person"
    assert {(e.phase, e.label) for e in rows(database, EmotionLabel, review)} == {("final", "fear"), ("blind", "anger")}
    assert [(u.phase, u.action_unit) for u in rows(database, UnitLabel, review)] == [("blind", 4)]


def test_a_double_click_submits_once(database, one, hand_in, judged):
    state = judged(one)
    first = hand_in(one, state, now=NOON)
    assert hand_in(one, state, now=later(1)) == first
    with pytest.raises(NotAllowed, match="already"):
        hand_in(one, state, token="another")
    assert len(rows(database, ClaimVerdict, one)) == 3


def test_what_is_missing_is_named(one, hand_in, judged):
    state = judged(one)
    with pytest.raises(InputError, match="claim 2, 3, 4"):
        hand_in(one, ReviewState())
    bare = {key: VerdictState("wrong") for key in state.verdicts}
    with pytest.raises(InputError, match="error code"):
        hand_in(one, ReviewState(verdicts=bare))
    with pytest.raises(InputError, match="does not have"):
        hand_in(one, ReviewState(verdicts=state.verdicts | {10_000: VerdictState("correct")}))


def test_a_blind_campaign_wants_the_face_coded(make_description, make_campaign, make_user, begin, hand_in, judged):
    make_description()
    review = begin(make_campaign(blind=True), make_user())
    with pytest.raises(InputError, match="blind"):
        hand_in(review, judged(review))


def test_a_submitted_review_is_read_only_until_it_is_taken_back(database, one, keep, hand_in, judged, write):
    state = judged(one)
    done = hand_in(one, state)
    with pytest.raises(NotAllowed, match="submitted"):
        keep(one, NOTE, version=done.version)
    draft = write(undo_submit, review_id=one.id, reviewer_id=one.reviewer_id, now=NOON)
    assert (draft.status, draft.state, draft.corrected_text) == ("draft", state, None)
    assert rows(database, ClaimVerdict, one) == []
    assert slot_of(database, one).state == "leased"
    assert hand_in(draft, state, token="second click").status == "submitted"


def test_a_late_copy_of_an_undone_submission_is_refused(one, hand_in, judged, write):
    state = judged(one)
    hand_in(one, state, token="first")
    write(undo_submit, review_id=one.id, reviewer_id=one.reviewer_id, now=NOON)
    with pytest.raises(StaleRecord):
        hand_in(one, state, token="first")


def test_nobody_touches_the_review_of_another(one, make_user, write, judged):
    other = make_user()
    with pytest.raises(NotAllowed, match="somebody else's"):
        write(save_draft, review_id=one.id, reviewer_id=other.id, version=1, state=NOTE)
    with pytest.raises(NotAllowed):
        write(open_review, assignment_id=one.assignment_id, reviewer_id=other.id)
    with pytest.raises(InputError, match="no review"):
        write(undo_submit, review_id=999, reviewer_id=other.id)


def test_a_lead_reopens_with_a_reason_and_the_reviewer_gets_it_next(one, hand_in, judged, make_user, write):
    hand_in(one, judged(one))
    lead, other = make_user(role="lead"), make_user()
    with pytest.raises(NotAllowed, match="needs the role lead"):
        write(reopen, review_id=one.id, actor_id=other.id, reason="look again")
    with pytest.raises(InputError, match="why"):
        write(reopen, review_id=one.id, actor_id=lead.id, reason=" ")
    assert write(reopen, review_id=one.id, actor_id=lead.id, reason="AU9?", now=NOON).status == "reopened"
    tomorrow = NOON + timedelta(days=1)
    campaign = one.campaign_id
    assert write(work.lease_next, campaign_id=campaign, reviewer_id=other.id, now=tomorrow) is None
    lease = write(work.lease_next, campaign_id=campaign, reviewer_id=one.reviewer_id, now=tomorrow)
    assert lease.assignment_id == one.assignment_id


def test_a_draft_survives_the_loss_of_its_lease(one, keep, hand_in, judged, make_user, begin, read, write):
    keep(one, NOTE)
    campaign = read(campaign_of, review_id=one.id)
    taker = make_user()
    taken = begin(campaign, taker, later(20))
    assert taken.id != one.id and taken.state == ReviewState()
    assert keep(one, judged(one), version=2, now=later(21)).version == 3
    with pytest.raises(NotAllowed, match="draft is kept"):
        hand_in(one, judged(one), version=3, now=later(22))
    write(work.skip, assignment_id=taken.assignment_id, reviewer_id=taker.id, reason="unsure", now=later(23))
    assert hand_in(one, judged(one), version=3, now=later(24)).status == "submitted"


def campaign_of(session, *, review_id):
    return get_campaign(session, campaign_id=get_review(session, review_id=review_id).campaign_id)


def test_a_draft_comes_back_in_another_slot(make_description, make_campaign, make_user, begin, keep):
    make_description()
    campaign, slow, quick = make_campaign(overlap=2), make_user(), make_user()
    held = begin(campaign, slow, NOON)
    keep(held, NOTE)
    taken = begin(campaign, quick, later(20))
    assert taken.assignment_id == held.assignment_id
    again = begin(campaign, slow, later(21))
    assert again.assignment_id != held.assignment_id
    assert (again.id, again.state) == (held.id, NOTE)


def test_my_reviews_are_the_submitted_ones_first(
    make_description, make_campaign, make_user, begin, hand_in, judged, read
):
    for score in (0.9, 0.8, 0.7):
        make_description(suspicion=score)
    campaign, person = make_campaign(random_rate=0.0), make_user()
    for minute in (0, 1):
        review = begin(campaign, person, later(minute))
        hand_in(review, judged(review), token=f"click {minute}", now=later(minute))
    draft = begin(campaign, person, later(2))
    listed = read(my_reviews, reviewer_id=person.id)
    assert [row.submitted_at for row in listed] == [later(1), later(0), None]
    assert listed[2].id == draft.id
    assert [row.id for row in read(my_reviews, reviewer_id=person.id, limit=1)] == [listed[0].id]


def test_every_step_is_chained(one, keep, hand_in, judged, write, read):
    keep(one, NOTE)
    hand_in(one, judged(one), version=2)
    write(undo_submit, review_id=one.id, reviewer_id=one.reviewer_id)
    checked = read(verify_events)
    assert checked.first_bad is None
    assert checked.count >= 8
