"""What the Review page asks of Python: leasing, saving, submitting, going on; and what stays hidden from whom."""

import pytest
from sqlalchemy import Engine, event

from emola.errors import InputError
from review.errors import NotAllowed, StaleRecord
from review.page_body import optional, whole
from review.page_desk import ReviewDesk
from review.page_faces import FaceSigner
from review.page_lookup import ReviewLookup
from review.store.campaigns import set_state
from review.store.reviews import get_review

TEXT = (
    "The face shows these action units:\n"
    "1. AU4 - Brow Lowerer: The brows are lowered.\n"
    "2. AU12 - Lip Corner Puller: The lip corners go up.\n"
)


@pytest.fixture
def signer():
    return FaceSigner(b"k" * 32)


@pytest.fixture
def desk(database, signer):
    return ReviewDesk(database, signer)


@pytest.fixture
def lookup(database, signer):
    return ReviewLookup(database, signer)


def test_while_the_sample_is_made_review_says_so(database, signer, make_user):
    busy = [True]
    desk, ann = ReviewDesk(database, signer, lambda: busy[0]), make_user()
    assert desk.start(ann, {})["title"] == "The sample project is being made"
    busy[0] = False
    assert "No campaign is open" in desk.start(ann, {})["nothing"]


@pytest.fixture
def statements():
    """Every statement that is sent to a database, on one line each."""
    sent = []

    def keep(_connection, _cursor, statement, *_more):
        sent.append(" ".join(statement.split()))

    event.listen(Engine, "before_cursor_execute", keep)
    yield sent
    event.remove(Engine, "before_cursor_execute", keep)


@pytest.fixture
def started(desk, make_user, make_description, make_campaign):
    """Two descriptions in a campaign, the first one open for a reviewer."""

    def start(**rules):
        for number in range(2):
            make_description(f"{TEXT}3. AU25 - Lips Part: The lips are apart, {number + 1} mm.\n")
        campaign, ann = make_campaign(**rules), make_user()
        return ann, desk.start(ann, {"campaign_id": campaign.id})

    return start


def all_correct(item):
    verdicts = {str(claim["id"]): {"verdict": "correct"} for claim in item["item"]["claims"]}
    return item["review"]["state"] | {"verdicts": verdicts}


def body_of(item, **more):
    return {"review_id": item["review"]["id"], "version": item["review"]["version"], "state": all_correct(item)} | more


def test_start_opens_an_item_with_everything_the_page_draws(started):
    _ann, item = started()
    assert item["item"]["text"].startswith("The face shows")
    assert [claim["unit"] for claim in item["item"]["claims"] if claim["kind"] == "au"] == [4, 12, 25]
    assert item["item"]["origin_model"] is None, "who wrote the text is hidden until one's own submission"
    assert item["item"]["address"].startswith(f"./review-face/full/{item['item']['image_id']}?until=")
    assert (item["lease"]["done_today"], item["review"]["version"]) == (0, 1)
    assert len(item["next"]) == 1 and item["next"][0]["image_id"] != item["item"]["image_id"]
    assert item["hints"] == {}, "evidence is not even sent before a verdict"


def test_starting_again_goes_on_with_the_same_item(desk, started):
    ann, item = started()
    assert desk.start(ann, {})["review"]["id"] == item["review"]["id"]


def test_opening_saving_submitting_and_skipping_never_count_the_queue(desk, statements, started):
    """A whole queue is 36,040 rows; whoever waits for the next item must not wait for their counting."""
    ann, item = started()
    statements.clear()
    desk.save(ann, body_of(item))
    following = desk.submit(ann, body_of(item, version=2, token="token-00001"))["next_item"]
    desk.start(ann, {"campaign_id": following["campaign"]["id"]})
    skipped = {"assignment_id": following["lease"]["assignment_id"], "campaign_id": following["campaign"]["id"]}
    assert desk.skip(ann, skipped | {"reason": "blurred"})["title"] == "All done"
    assert any(statement.startswith("UPDATE assignment") for statement in statements)
    assert not [statement for statement in statements if "GROUP BY assignment.campaign_id" in statement]


def test_submitting_goes_on_until_all_is_done(desk, database, started):
    ann, item = started()
    answer = desk.submit(ann, body_of(item, token="token-00001"))
    assert answer["submitted"] == {"review_id": item["review"]["id"]}
    following = answer["next_item"]
    assert following["item"]["description_id"] != item["item"]["description_id"]
    assert following["lease"]["done_today"] == 1
    last = desk.submit(ann, body_of(following, token="token-00002"))["next_item"]
    assert (last["title"], "yours to judge" in last["nothing"]) == ("All done", True)


def test_the_same_token_twice_is_one_submission(desk, started):
    ann, item = started()
    first = desk.submit(ann, body_of(item, token="token-00001"))
    again = desk.submit(ann, body_of(item, token="token-00001"))
    assert first["submitted"] == again["submitted"]
    assert again["next_item"]["review"]["id"] == first["next_item"]["review"]["id"]


@pytest.mark.parametrize("token", [None, "", "short", "x" * 65])
def test_a_submission_needs_its_token(desk, started, token):
    ann, item = started()
    with pytest.raises(InputError, match="needs its token"):
        desk.submit(ann, body_of(item, token=token))


def test_undo_brings_the_review_back_with_its_state(desk, database, started):
    ann, item = started()
    desk.submit(ann, body_of(item, token="token-00001"))
    back = desk.undo(ann, {"review_id": item["review"]["id"]})
    assert back["review"]["id"] == item["review"]["id"]
    assert {said["verdict"] for said in back["review"]["state"]["verdicts"].values()} == {"correct"}
    with database.read() as session:
        assert get_review(session, review_id=item["review"]["id"]).status == "draft"


def test_a_save_in_another_tab_shows_both_versions(desk, started):
    ann, item = started()
    desk.save(ann, body_of(item) | {"state": item["review"]["state"] | {"note": "theirs"}})
    with pytest.raises(StaleRecord) as caught:
        desk.save(ann, body_of(item) | {"state": item["review"]["state"] | {"note": "mine"}})
    assert (caught.value.theirs.note, caught.value.base.note, caught.value.version) == ("theirs", "", 2)


def test_a_blind_item_is_sent_without_its_text(desk, started):
    ann, item = started(blind=True)
    assert (item["item"]["text"], item["item"]["claims"]) == (None, [])
    state = item["review"]["state"] | {"blind_units": {"4": {"state": "present"}}, "blind_done": True}
    desk.save(ann, body_of(item) | {"state": state})
    assert desk.open(ann, {"assignment_id": item["lease"]["assignment_id"]})["item"]["text"].startswith("The face")


def test_skipping_needs_a_reason_and_brings_the_next_item(desk, started):
    ann, item = started()
    asked = {"assignment_id": item["lease"]["assignment_id"], "campaign_id": item["campaign"]["id"]}
    with pytest.raises(InputError):
        desk.skip(ann, asked | {"reason": " "})
    following = desk.skip(ann, asked | {"reason": "the picture cannot be judged"})
    assert following["item"]["description_id"] != item["item"]["description_id"]


def test_what_is_in_other_hands_is_said_with_names_and_times(desk, started, make_user):
    ann, item = started()
    bob = make_user()
    desk.start(bob, {"campaign_id": item["campaign"]["id"]})
    cleo = make_user()
    answer = desk.start(cleo, {"campaign_id": item["campaign"]["id"]})
    assert answer["title"] == "Nothing free at the moment"
    assert sorted(line.split()[0] for line in answer["holders"]) == sorted([ann.login, bob.login])
    wanted = desk.start(cleo, {"description_id": item["item"]["description_id"]})
    assert (wanted["title"], wanted["holders"][0].startswith(ann.login)) == ("In other hands", True)


def test_a_given_description_is_opened(desk, started):
    ann, item = started()
    other = next(iter(desk.start(ann, {"description_id": item["item"]["description_id"] + 1}).values()))
    assert other["id"] == item["campaign"]["id"]
    assert desk.start(ann, {"description_id": 999})["title"] == "Not in a campaign"


def test_without_campaigns_the_page_says_what_to_do(desk, make_user):
    assert "Campaigns page" in desk.start(make_user(), {})["nothing"]


def test_when_a_campaign_is_paused_the_submission_still_counts(desk, database, started):
    ann, item = started()
    with database.write() as session:
        set_state(session, campaign_id=item["campaign"]["id"], state="paused", actor_id=ann.id, version=1)
    answer = desk.submit(ann, body_of(item, token="token-00001"))
    assert (answer["next_item"]["title"], "paused" in answer["next_item"]["nothing"]) == ("Done here", True)


def test_a_heartbeat_keeps_the_lease(desk, started, make_user):
    ann, item = started()
    assert "lease_until" in desk.heartbeat(ann, {"assignment_id": item["lease"]["assignment_id"]})
    with pytest.raises(NotAllowed):
        desk.heartbeat(make_user(), {"assignment_id": item["lease"]["assignment_id"]})


def test_evidence_is_given_where_the_campaign_shows_it(lookup, started, make_user):
    ann, item = started(hints="never")
    claim = item["item"]["claims"][1]["id"]
    with pytest.raises(NotAllowed, match="shows no evidence"):
        lookup.hints(ann, {"review_id": item["review"]["id"], "claim_id": claim})
    with pytest.raises(NotAllowed, match="somebody else's"):
        lookup.preview(make_user(), body_of(item))


def test_hints_from_the_start_come_with_the_item(started):
    _ann, item = started(hints="before")
    assert set(item["hints"]) == {str(claim["id"]) for claim in item["item"]["claims"]}


def test_preview_reads_the_corrected_text_as_the_benchmark_does(lookup, started):
    ann, item = started()
    claims = {claim["unit"]: claim["id"] for claim in item["item"]["claims"]}
    state = all_correct(item)
    state["verdicts"][str(claims[4])] = {"verdict": "wrong", "code": "H1", "replacement": ""}
    changed = "AU15 - Lip Corner Depressor: The lip corners go down."
    state["verdicts"][str(claims[12])] = {"verdict": "wrong", "code": "H2", "action_unit": 15, "replacement": changed}
    state["units"] = {"12": {"state": "present"}, "15": {"state": "present"}}
    answer = lookup.preview(ann, body_of(item) | {"state": state})
    assert answer["units"] == [15, 25]
    assert answer["corrected"].splitlines()[1:3] == [f"1. {changed}", "2. AU25 - Lips Part: The lips are apart, 1 mm."]
    assert any("AU12" in words and "AU15" in words for words in answer["contradictions"])
    steps = answer["differences"][str(claims[12])]
    assert "".join(words for kind, words in steps if kind != "delete") == changed
    assert "".join(words for kind, words in steps if kind != "insert").startswith("AU12 - "), "without the list number"


def test_rewrites_are_offered_by_the_kind_of_error(lookup, started):
    ann, item = started()
    claims = {claim["unit"]: claim["id"] for claim in item["item"]["claims"]}
    asked = {"review_id": item["review"]["id"], "claim_id": claims[4], "action_unit": None}

    def offer(**more):
        return lookup.rewrite(ann, asked | more)["text"]

    assert offer(code="H1") == ""
    assert offer(code="H2") is None
    assert offer(code="H2", action_unit=9).startswith("AU9 - Nose Wrinkler: ")
    assert "(D)" in offer(code="H4", intensity="D")
    assert "left" in offer(code="H3", side="L")
    assert offer(code="S1") is None
    assert offer(code="M1", claim_id=None, action_unit=25, intensity="C").startswith("AU25 - Lips Part: ")
    for wrong in ({"code": "H99"}, {"code": "H2", "action_unit": 99}, {"code": "H3", "side": "X"}):
        with pytest.raises(InputError):
            offer(**wrong)
    with pytest.raises(InputError, match="no such claim"):
        offer(code="H1", claim_id=10**6)


def test_decisions_are_the_submitted_ones_newest_first(desk, lookup, started):
    ann, item = started()
    assert lookup.decisions(ann, {}) == {"decisions": []}
    following = desk.submit(ann, body_of(item, token="token-00001"))["next_item"]
    desk.submit(ann, body_of(following, token="token-00002"))
    found = lookup.decisions(ann, {})["decisions"]
    assert [row["review_id"] for row in found] == [following["review"]["id"], item["review"]["id"]]
    assert found[0]["words"].startswith("The face shows") and len(found[0]["words"]) <= 90


def test_own_keys_are_kept_and_come_back(database, lookup, make_user):
    ann = make_user()
    assert lookup.keymap(ann, {"keymap": {"correct": ";"}})["keymap"] == {"correct": ";"}
    with pytest.raises(InputError, match="share a key"):
        lookup.keymap(ann, {"keymap": {"correct": "x"}})


def test_addresses_are_given_for_thumbnails_and_to_reviewers_for_more(lookup, make_user):
    ann, viewer = make_user(), make_user(role="viewer")
    assert set(lookup.face_addresses(viewer, {"image_ids": [3, 4]})["addresses"]) == {"3", "4"}
    assert "/full/3?" in lookup.face_addresses(ann, {"image_ids": [3], "view": "full"})["addresses"]["3"]
    with pytest.raises(NotAllowed):
        lookup.face_addresses(viewer, {"image_ids": [3], "view": "full"})
    for wrong in ({"image_ids": "3"}, {"image_ids": [3], "view": "../x"}, {"image_ids": list(range(501))}, {}):
        with pytest.raises(InputError):
            lookup.face_addresses(ann, wrong)
    with pytest.raises(InputError, match="whole number"):
        lookup.face_addresses(ann, {"image_ids": ["../../etc/passwd"]})


@pytest.mark.parametrize("value", ["1", 1.5, True, None, -1, 2**53, [1]])
def test_only_whole_numbers_are_ids(value):
    with pytest.raises(InputError, match="whole number"):
        whole({"id": value}, "id")
    assert optional({}, "id") is None
