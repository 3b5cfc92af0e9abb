"""Threads on an item: who reads what, and who settles."""

import pytest

from review.errors import NotAllowed
from review.page_comments import CommentThreads
from review.store.reviews import submit


def bodies(thread):
    return [one["body"] for one in thread["comments"]]


def test_a_thread_keeps_other_reviewers_out_until_one_has_submitted(
    database, make_description, make_campaign, make_user, begin, judged, write
):
    number = make_description()
    anna, ben, lead = make_user("anna"), make_user("ben"), make_user("lea", role="lead")
    threads, item = CommentThreads(database), {"description_id": number}
    threads.add(anna, item | {"body": "The left side is weaker."})
    threads.add(lead, item | {"body": "Look at the brows."})
    seen = threads.thread(ben, item)
    assert (bodies(seen), seen["hidden"]) == (["Look at the brows."], 1)
    review = begin(make_campaign(), ben)
    ready = {"review_id": review.id, "reviewer_id": ben.id, "version": review.version, "state": judged(review)}
    write(submit, **ready, token="click")
    seen = threads.thread(ben, item)
    assert (bodies(seen), seen["hidden"]) == (["The left side is weaker.", "Look at the brows."], 0)
    assert seen["comments"][0]["author"] == f"R{anna.id:02d}"
    assert threads.thread(lead, item | {"nameless": True})["comments"][0]["author"] == "Somebody"
    first = seen["comments"][0]["id"]
    with pytest.raises(NotAllowed):
        threads.resolve(ben, {"comment_id": first})
    assert threads.resolve(lead, {"comment_id": first})["comments"][0]["resolved"] == "You"
