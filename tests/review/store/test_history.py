"""What is read back of a description's past: its reviews, its gold, and what was decided against somebody."""

from dataclasses import replace

from review.records import VerdictState
from review.store.adjudication import Decision, decide, lease_adjudication
from review.store.corrections import list_corrections
from review.store.history import gold_history, review_histories
from review.store.reviews import submit


def test_history_and_corrections_of_a_decided_conflict(
    make_description, make_campaign, make_user, begin, judged, write, read
):
    number = make_description()
    campaign = make_campaign(overlap=2)
    ann, bob, lea = make_user("ann"), make_user("bob"), make_user("lea", role="lead")
    for user in (ann, bob):
        review = begin(campaign, user)
        state = judged(review)
        if user == bob:
            state = replace(state, verdicts={claim: VerdictState("correct") for claim in state.verdicts})
        mine = {"review_id": review.id, "reviewer_id": user.id, "version": review.version}
        write(submit, state=state, token=user.login, **mine)
    reviews = read(review_histories, description_id=number)
    assert [(review.login, review.status, review.campaign) for review in reviews] == [
        ("ann", "submitted", campaign.name),
        ("bob", "submitted", campaign.name),
    ]
    assert reviews[0].corrected_text != reviews[1].corrected_text
    record = write(lease_adjudication, campaign_id=campaign.id, adjudicator_id=lea.id)
    said = [pair for conflict in record.conflicts for pair in conflict.values]
    chosen = next(letter for letter, value in said if value.get("verdict") == "correct")
    decisions = [Decision(one.target, one.target_key, chosen, reason="I see it.") for one in record.conflicts]
    held = {"adjudication_id": record.id, "adjudicator_id": lea.id, "version": record.version}
    write(decide, decisions=decisions, **held)

    against_ann = read(list_corrections, reviewer_id=ann.id)
    assert {(one.target, one.reason) for one in against_ann} == {("claim", "I see it.")}
    claim = next(one for one in against_ann if one.target == "claim")
    assert (claim.mine["code"], claim.decided["verdict"], claim.description_id) == ("H1", "correct", number)
    assert claim.about.startswith("1. AU4") and claim.about in claim.text
    assert read(list_corrections, reviewer_id=bob.id) == [] == read(list_corrections, reviewer_id=lea.id)

    history = read(gold_history, description_id=number)
    unit = [gold for gold in history if (gold.target, gold.target_key) == ("unit", "4")]
    assert [gold.basis for gold in unit] == ["adjudicated", "contested", "single"]
    assert [gold.superseded for gold in unit] == [False, True, True]
