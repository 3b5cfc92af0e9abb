"""What comes out of a blind check, and when the models are named."""

import json

import pytest

from emola.errors import InputError
from review.blind_report import blind_report
from review.errors import NotAllowed
from review.store.adjudication import Decision, conflicts, decide, lease_adjudication
from review.store.campaigns import set_overlap, set_state

OLD, NEW = "EmoLA-before", "EmoLA-after"


def result(report, code):
    return next(kind for kind in report.comparison.classes if kind.code == code)


def test_the_same_text_of_both_models_is_judged_once(check, judge, make_run, make_user, answer, database):
    same = make_run(NEW, text=lambda _, face, task: answer(OLD if face < 4 else NEW, face, task))
    made = check(new=same)
    assert made.check.campaign.total == 4 + 2 * 4
    ann = make_user()
    while judge(made.check.campaign.id, ann, {4: "H1"}):
        pass
    report = blind_report(database, name="Round 1")
    found = result(report, "H1")
    assert (report.faces_judged, found.first, found.second, found.faces_differing) == (8, 1.0, 0.5, 4)


def test_the_result_names_the_models_once_all_is_judged(check, judge, make_user, database, read):
    """Eight faces: the old model invents AU4 on all of them, the new one is right, but for a wrong side on AU12."""
    campaign = check(seed=1).check.campaign.id
    assert blind_report(database, name="Round 1").sentences() == ["No face is judged yet."]
    ann = make_user()
    for _ in range(14):
        judge(campaign, ann, {4: "H1", 12: "H3"}, marks=["M1"])
    sealed = blind_report(database, name="Round 1")
    assert (sealed.faces_judged, sealed.check.sealed, sealed.first, sealed.second) == (7, True, "A", "B")
    told = json.dumps(sealed.to_json()) + sealed.to_csv() + " ".join(sealed.sentences())
    assert OLD not in told and NEW not in told and "run-" not in told and sealed.to_json()["models"] is None
    a_is_old = result(sealed, "H1").first == 1.0
    whose = "Fewer" if a_is_old else "More"
    assert sealed.sentence(result(sealed, "H1")).startswith(f"{whose} invented action units from B: A ")
    for _ in range(2):
        judge(campaign, ann, {4: "H1", 12: "H3"}, marks=["M1"])
    assert judge(campaign, ann) is None
    report = blind_report(database, name="Round 1")
    assert (report.faces_judged, report.check.sealed, report.first, report.second) == (8, False, OLD, NEW)
    assert report.sentences() == [
        "Errors of fact: no difference beyond chance (1.00 → 1.00 per text, difference 0.00 [0.00, 0.00]).",
        "Fewer invented action units: 1.00 → 0.00 per text, difference −1.00 [−1.00, −1.00].",
        "More wrong sides or places: 0.00 → 1.00 per text, difference 1.00 [1.00, 1.00].",
        "Missing action units: no difference beyond chance (1.00 → 1.00 per text, difference 0.00 [0.00, 0.00]).",
    ]
    assert (result(report, "H1").first_per_claim, result(report, "H1").second_per_claim) == (0.5, 0.0)
    assert report.to_json()["models"]["new_model"] == NEW
    lines = report.to_csv().splitlines()
    assert lines[0].startswith(f"code,errors,{OLD} per text,{NEW} per text,") and len(lines) == 12


def test_where_two_people_differ_the_mean_counts_until_a_third_one_decides(
    check, judge, make_user, database, read, write, lead
):
    campaign = check(overlap=2, probe_faces=1).check.campaign.id
    ann, bob = make_user(), make_user()
    for _ in range(2):
        judge(campaign, ann, {4: "H1"})
        disputed = judge(campaign, bob)
    report = blind_report(database, name="Round 1")
    assert report.check.sealed, "the names wait for the decision"
    assert {result(report, "H1").first, result(report, "H1").second} == {0.5, 0.0}
    record = write(lease_adjudication, campaign_id=campaign, adjudicator_id=lead.id)
    decisions = [
        Decision(found.target, found.target_key, found.values[0][0], None, "it is absent")
        for found in read(conflicts, campaign_id=campaign, description_id=record.description_id)
    ]
    write(decide, adjudication_id=record.id, adjudicator_id=lead.id, version=record.version, decisions=decisions)
    report = blind_report(database, name="Round 1")
    assert not report.check.sealed and disputed
    assert result(report, "H1").first in (0.0, 1.0) and result(report, "H1").second == 0.0


def test_closing_names_the_models_and_ends_the_check(check, judge, make_user, write, database, lead):
    campaign = check().check.campaign
    ann = make_user()
    judge(campaign.id, ann), judge(campaign.id, ann)
    write(set_state, campaign_id=campaign.id, state="paused", actor_id=lead.id, version=1)
    write(set_state, campaign_id=campaign.id, state="open", actor_id=lead.id, version=2)
    assert blind_report(database, name="Round 1").check.sealed
    write(set_state, campaign_id=campaign.id, state="closed", actor_id=lead.id, version=3)
    report = blind_report(database, name="Round 1")
    assert (report.first, report.faces_judged) == (OLD, 1)
    for act, options in ((set_state, {"state": "open"}), (set_overlap, {"overlap": 2})):
        with pytest.raises(InputError, match="have been shown; make a new check"):
            write(act, campaign_id=campaign.id, actor_id=lead.id, version=4, **options)
    with pytest.raises(NotAllowed):
        judge(campaign.id, ann)
    with pytest.raises(InputError, match="no blind check 'Round 9'; there are: Round 1"):
        blind_report(database, name="Round 9")
