"""Blind checks: drawing faces from two runs, judging both texts without knowing whose they are, and what comes out."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from PIL import Image as Pixels
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.testclient import TestClient

from emola.errors import InputError
from review.blind_checks import TOUCHED, TRAINING, create_blind_check
from review.blind_report import blind_report
from review.errors import NotAllowed
from review.importing import import_faba
from review.page_api import MARK, PREFIX, api_routes
from review.page_browse import find, show
from review.page_corrections import corrections_html
from review.page_desk import ReviewDesk
from review.page_faces import FaceSigner
from review.page_lookup import ReviewLookup
from review.page_queue import load_places, queue_html
from review.predictions import import_predictions
from review.records import MarkState, ReviewState, VerdictState
from review.schema import Assignment, BlindPair, Description, Image
from review.store.adjudication import Decision, conflicts, decide, lease_adjudication
from review.store.blind_checks import balanced, list_checks
from review.store.browse import BrowseFilter
from review.store.campaigns import CampaignFilter, create_campaign, get_campaign, set_overlap, set_state
from review.store.coded_rows import claims_of
from review.store.corrections import list_corrections
from review.store.events import verify_events
from review.store.items import load_item
from review.store.reviews import open_review, submit
from review.store.work import lease_next

OLD, NEW = "EmoLA-before", "EmoLA-after"
FACES = range(8)


def answer(model: str, face: int, task: str) -> str:
    """Two claims a text; those of the old model are about AU4 and AU9, those of the new one about AU12 and AU25."""
    if task == "emotion":
        return f"The face {face} shows {'anger' if model == OLD else 'happiness'}."
    units = (("AU4 - Brow Lowerer", "AU9 - Nose Wrinkler"), ("AU12 - Lip Corner Puller", "AU25 - Lips Part"))
    first, second = units[model == NEW]
    return f"1. {first}: It is seen on face {face}.\n2. {second}: It is seen as well."


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for face in range(8):
        Pixels.new("RGB", (16, 16), (30 * face, 10, 90)).save(folder / f"{face}.png")
    return folder


@pytest.fixture
def make_run(tmp_path, pictures):
    """Make the folder of a finished run."""

    def make(model, faces=FACES, tasks=("au",), text=answer, finished=True):
        folder = tmp_path / f"run-{model}-{len(list(tmp_path.iterdir()))}"
        (folder / "parts").mkdir(parents=True)
        described = {"format": 1, "identity": {"model": model}, "model": model, "root": str(pictures)}
        (folder / "run.json").write_text(json.dumps(described))
        for task in tasks:
            rows = [
                {"id": f"{face}", "task": task, "image": f"{face}.png", "status": "answered"}
                | {"prediction": text(model, face, task)}
                for face in faces
            ]
            name = f"predictions_{task}.jsonl" if finished else f"parts/journal-{task}.jsonl"
            (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
        return folder

    return make


@pytest.fixture
def lead(make_user):
    return make_user("lea", role="lead")


@pytest.fixture
def check(database, make_run, lead):
    """Make a blind check of two runs that differ in every text."""

    def make(*, old=None, new=None, **options):
        options = {"probe_faces": 8, "name": "Round 1"} | options
        old, new = old or make_run(OLD), new or make_run(NEW)
        return create_blind_check(database, old=old, new=new, actor_id=lead.id, **options)

    return make


@pytest.fixture
def judge(database, read, write):
    """Lease and submit the next text of a campaign: claims about ``wrong`` units get their code, the others are right.

    ``marks`` are codes of one mark each at the end of the text.
    """

    def act(campaign, person, wrong=None, marks=()):
        lease = write(lease_next, campaign_id=campaign, reviewer_id=person.id)
        if lease is None:
            return None
        review = write(open_review, assignment_id=lease.assignment_id, reviewer_id=person.id)
        claims = read(claims_of, description_id=lease.description_id)
        verdicts = {
            claim.id: VerdictState("wrong", wrong[claim.action_unit], 2)
            if claim.action_unit in (wrong or {})
            else VerdictState("correct")
            for claim in claims
            if claim.kind in ("au", "emotion")
        }
        end = max(claim.end for claim in claims)
        state = ReviewState(verdicts=verdicts, marks=tuple(MarkState(end, end, code) for code in marks))
        mine = {"review_id": review.id, "reviewer_id": person.id, "version": review.version}
        write(submit, state=state, token=f"token-{review.id}", **mine)
        return lease.description_id

    return act


def result(report, code):
    return next(kind for kind in report.comparison.classes if kind.code == code)


def test_faces_are_drawn_with_a_seed_the_same_for_both_models(check, database):
    made = check(probe_faces=5, seed=3)
    again = check(probe_faces=5, seed=3, name="Round 2")
    assert (made.check.faces, made.check.campaign.total, made.passed_over) == (5, 10, {})
    assert again.passed_over == {TOUCHED: 5} and again.check.faces == 3, "nobody judges a text twice in two checks"
    with database.read() as session:
        by_face = Counter(
            session.execute(select(Description.image_id, Description.prompt).where(Description.id <= 10)).all()
        )
        splits = set(session.scalars(select(Image.split)))
        assert set(by_face.values()) == {2} and len(by_face) == 5, "two texts about each face, asked the same"
        assert splits == {"probe"}, "what is checked is never trained on"
        assert verify_events(session).first_bad is None


def test_training_pictures_and_unfinished_runs_are_not_checked(check, database, make_run, pictures, tmp_path):
    rows = [{"source": "x", "id": f"{face}", "image": f"{face}.png"} for face in range(6)]
    said = {"conversations": [{"from": "human", "value": "AUs?\n<image>"}, {"from": "gpt", "value": "AU4 is shown."}]}
    (tmp_path / "train_au_anno.json").write_text(json.dumps([row | said for row in rows]))
    import_faba(database, json_path=tmp_path / "train_au_anno.json", images_dir=pictures)
    made = check()
    assert (made.check.faces, made.passed_over) == (2, {TRAINING: 6})
    with pytest.raises(InputError, match=r"share no face that can be checked blindly \(6 × a training picture"):
        check(old=make_run(OLD, range(6)), name="Round 2")
    with pytest.raises(InputError, match="not finished"):
        check(old=make_run(OLD, finished=False), name="Round 2")
    with pytest.raises(InputError, match="no common picture"):
        check(old=make_run(OLD, tasks=("emotion",)), name="Round 2")
    run = make_run(OLD)
    for wrong, words in (
        ({"old": run, "new": run}, "same folder"),
        ({"name": "Round 1"}, "already a campaign 'Round 1'"),
        ({"name": " "}, "needs a name"),
        ({"probe_faces": 0}, "at least one face"),
    ):
        with pytest.raises(InputError, match=words):
            check(**({"name": "Round 2"} | wrong))


def test_numbers_and_order_tell_nothing(check, database, make_run):
    """Neither the numbers of the texts nor their places go with the model, even where one was imported before."""
    old, new = make_run(OLD), make_run(NEW)
    import_predictions(database, run=old, as_descriptions=True)
    check(old=old, new=new)
    with database.read() as session:
        pairs = session.scalars(select(BlindPair)).all()
        places = dict(session.execute(select(Assignment.description_id, Assignment.place)).all())
        strata = set(session.scalars(select(Assignment.stratum)))
    old_is_lower = [pair.old_id < pair.new_id for pair in pairs]
    assert 0 < sum(old_is_lower) < 8
    assert [places[pair.old_id] < places[pair.new_id] for pair in pairs] == [pair.old_first for pair in pairs]
    assert sum(pair.old_first for pair in pairs) == 4, "each model is judged first as often"
    assert all(abs(places[pair.old_id] - places[pair.new_id]) == 1 for pair in pairs)
    assert strata == {"suspicion"}, "these texts say nothing of the data set's error rates"


@pytest.mark.parametrize(("count", "least"), [(0, 0), (3, 1), (4, 2), (8, 4), (61, 30)])
def test_every_beginning_of_the_order_is_balanced(count, least):
    import random

    for seed in range(20):
        drawn = balanced(count, random.Random(seed))
        assert len(drawn) == count and sum(drawn) >= least
        assert all(abs(2 * sum(drawn[:length]) - length) <= 2 for length in range(count))


def test_the_same_text_of_both_models_is_judged_once(check, judge, make_run, make_user, database):
    same = make_run(NEW, text=lambda _, face, task: answer(OLD if face < 4 else NEW, face, task))
    made = check(new=same)
    assert made.check.campaign.total == 4 + 2 * 4
    ann = make_user()
    while judge(made.check.campaign.id, ann, {4: "H1"}):
        pass
    report = blind_report(database, name="Round 1")
    found = result(report, "H1")
    assert (report.faces_judged, found.first, found.second, found.faces_differing) == (8, 1.0, 0.5, 4)


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


@pytest.fixture
def post(database):
    """Call the API of the Review page over HTTP as somebody; return the status, the JSON and what was sent as it is."""
    signer = FaceSigner(b"k" * 32)
    calls = {**ReviewDesk(database, signer).calls(), **ReviewLookup(database, signer).calls()}

    def act(user, name, **body):
        access = SimpleNamespace(of_request=lambda request: user)
        client = TestClient(Starlette(routes=api_routes(access, calls)))
        answer = client.post(f"{PREFIX}{name}", json=body, headers={MARK: "1"})
        return answer.status_code, answer.json(), f"{answer.headers} {answer.text}"

    return act


def review_four(post, ann, campaign):
    """Judge four texts over HTTP, asking for all there is, and take every second submission back; return what came."""
    told = []

    def ask(name, expected=200, **body):
        status, answer, sent = post(ann, name, **body)
        assert status == expected, sent
        told.append(sent)
        return answer

    bundle = ask("start", campaign_id=campaign)
    for turn in range(4):
        item, review = bundle["item"], bundle["review"]
        assert (item["origin_model"], bundle["hints"]) == (None, {})
        claims = [claim["id"] for claim in item["claims"] if claim["kind"] in ("au", "emotion")]
        state = review["state"] | {"verdicts": {str(claim): {"verdict": "correct"} for claim in claims}}
        mine = {"review_id": review["id"], "version": review["version"], "state": state}
        ask("vocabulary"), ask("preview", **mine)
        ask("hints", 403, review_id=review["id"], claim_id=claims[0])
        bundle = ask("submit", **mine, token=f"token-{turn:06}")["next_item"]
        ask("decisions")
        if turn % 2:
            version = ask("undo", review_id=review["id"])["review"]["version"]
            bundle = ask("submit", **(mine | {"version": version}), token=f"again-{turn:06}")["next_item"]
    return told


def test_nothing_on_any_page_or_in_the_api_tells_the_author(check, database, make_run, make_user, post, read, lead):
    """Also with the answers of both runs imported as votes, which carry the models' names everywhere else."""
    old, new = make_run(OLD), make_run(NEW)
    campaign = check(old=old, new=new).check.campaign
    for run in (old, new):
        import_predictions(database, run=run)
    ann = make_user("ann")
    told = review_four(post, ann, campaign.id)
    for person in (ann, lead, make_user("vic", role="viewer")):
        told += [find(database, person, BrowseFilter(campaign_id=number), 0) for number in (campaign.id, None)]
        told += [show(database, person, number) for number in range(1, 17)]
        told.append(queue_html(person, load_places(database, person), "", campaign.created_at))
        told.append(corrections_html(read(list_corrections, reviewer_id=person.id)))
    told += [read(load_item, description_id=number) for number in range(1, 17)]
    words = " ".join(map(str, told))
    assert "author hidden until the blind check is over" in words
    for secret in (OLD, NEW, "EmoLA", old.name, new.name, "blind check Round"):
        assert secret not in words, words[max(0, words.find(secret) - 200) :][:400]


def test_nobody_else_gets_the_texts_of_a_running_check(check, database, write, lead):
    made = check().check
    with pytest.raises(InputError, match="No description fits"):
        write(create_campaign, name="others", filter=CampaignFilter(), actor_id=lead.id)
    write(set_state, campaign_id=made.campaign.id, state="closed", actor_id=lead.id, version=1)
    later = write(create_campaign, name="after", filter=CampaignFilter(origin_model=OLD), actor_id=lead.id)
    assert later.total == 8


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
