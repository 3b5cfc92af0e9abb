"""What one person has submitted, and what stands beside a description for its lead."""

from dataclasses import replace

from review.store.history import skip_history
from review.store.reviews import submit, undo_submit
from review.store.submissions import list_submissions
from review.store.work import lease_next, skip


def test_own_submissions_are_listed_with_what_was_said_and_can_be_withdrawn(
    make_description, make_campaign, make_user, begin, judged, read, write
):
    make_description()
    anna = make_user("anna")
    review = begin(make_campaign(), anna)
    state = judged(review)
    first = min(state.verdicts)
    state = replace(
        state, verdicts=dict(state.verdicts) | {first: replace(state.verdicts[first], changed_after_hint=True)}
    )
    write(submit, review_id=review.id, reviewer_id=anna.id, version=review.version, state=state, token="click")
    (one,) = read(list_submissions, reviewer_id=anna.id)
    assert (one.review_id, one.judged, one.wrong, one.changed_after_hint) == (review.id, len(state.verdicts), 1, 1)
    assert one.decided is False
    write(undo_submit, review_id=review.id, reviewer_id=anna.id)
    assert read(list_submissions, reviewer_id=anna.id) == []


def test_a_lead_reads_why_a_description_was_passed_over(make_description, make_campaign, make_user, read, write):
    number, anna = make_description(), make_user("anna")
    campaign = make_campaign()
    lease = write(lease_next, campaign_id=campaign.id, reviewer_id=anna.id)
    write(skip, assignment_id=lease.assignment_id, reviewer_id=anna.id, reason="blurred")
    (record,) = read(skip_history, description_id=number)
    assert (record.login, record.campaign, record.reason) == ("anna", campaign.name, "blurred")
