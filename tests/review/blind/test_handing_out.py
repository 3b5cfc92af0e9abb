"""How the texts of a blind check are handed out: those about one face to one person."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from review.blind_report import blind_report
from review.schema import Assignment
from review.store.blind_checks import list_checks
from review.store.campaigns import get_campaign
from review.store.work import lease_next

OLD, NEW = "EmoLA-before", "EmoLA-after"


def test_both_texts_of_a_face_go_to_one_person(check, judge, make_user, read, database):
    campaign = check(overlap=2, probe_faces=4).check.campaign.id
    people = [make_user() for _ in range(3)]
    for turn in range(20):
        for person in people[turn % 3 :] + people[: turn % 3]:
            judge(campaign, person)
        if not read(get_campaign, campaign_id=campaign).open:
            break
    with database.read() as session:
        rows = session.execute(select(Assignment.together, Assignment.slot, Assignment.reviewer_id)).all()
        faces = {
            key: {row.reviewer_id for row in rows if (row.together, row.slot) == key} for key in {r[:2] for r in rows}
        }
    assert len(rows) == 16 and len(faces) == 8
    assert all(len(reviewers) == 1 for reviewers in faces.values())
    report = blind_report(database, name="Round 1")
    assert (report.faces_judged, report.different_people, report.check.sealed) == (4, 0, False)


def test_people_at_the_same_moment_do_not_begin_one_face_each_half(check, write, make_user, database):
    campaign = check().check.campaign.id
    people = [make_user().id for _ in range(6)]
    with ThreadPoolExecutor(len(people)) as pool:
        futures = [pool.submit(write, lease_next, campaign_id=campaign, reviewer_id=person) for person in people]
        leases = [future.result() for future in futures]
    with database.read() as session:
        together = dict(session.execute(select(Assignment.id, Assignment.together)).all())
    assert len({together[lease.assignment_id] for lease in leases}) == len(people)


def test_a_face_that_was_begun_waits_a_week_for_its_reviewer(check, judge, make_user, write, read):
    from datetime import UTC, datetime, timedelta

    campaign = check(probe_faces=1).check.campaign.id
    ann, bob = make_user(), make_user()
    judge(campaign, ann)
    assert write(lease_next, campaign_id=campaign, reviewer_id=bob.id) is None
    late = datetime.now(UTC) + timedelta(days=7, minutes=1)
    assert write(lease_next, campaign_id=campaign, reviewer_id=bob.id, now=late) is not None


def test_emotion_and_action_units_of_one_face_go_together(check, judge, make_run, make_user, database, read):
    tasks = {"old": make_run(OLD, tasks=("au", "emotion")), "new": make_run(NEW, tasks=("au", "emotion"))}
    made = check(probe_faces=2, **tasks)
    assert (made.check.faces, made.check.campaign.total, len(made.check.pairs)) == (2, 8, 4)
    ann = make_user()
    for _ in range(4):
        judge(made.check.campaign.id, ann)
    report = blind_report(database, name="Round 1")
    assert report.faces_judged == 1, "the first face is judged once all its four texts are"
    assert [found.campaign.name for found in read(list_checks)] == ["Round 1"]
    one = check(probe_faces=2, name="Round 2", task="emotion", **tasks)
    assert {pair.task for pair in one.check.pairs} == {"emotion"}
