"""Nothing that a page or a call sends tells whose text it is while a blind check runs."""

from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from review.page_api import MARK, PREFIX, api_routes
from review.page_browse import find, show
from review.page_corrections import corrections_html
from review.page_desk import ReviewDesk
from review.page_faces import FaceSigner
from review.page_lookup import ReviewLookup
from review.page_queue import load_places, queue_html
from review.predictions import import_predictions
from review.store.browse import BrowseFilter
from review.store.corrections import list_corrections
from review.store.items import load_item

OLD, NEW = "EmoLA-before", "EmoLA-after"


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
