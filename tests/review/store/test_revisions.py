"""Saved versions of a review: all of them stay, any can be restored, and changed ones are noticed."""

import pytest
from sqlalchemy import text

from emola.errors import InputError
from review.errors import NotAllowed
from review.records import ReviewState
from review.store.reviews import reopen, save_draft, submit, undo_submit
from review.store.revisions import restore_revision, revisions, verify_revisions


@pytest.fixture
def saved(make_description, make_campaign, make_user, begin, write):
    """A review saved twice after it was opened."""
    make_description()
    review = begin(make_campaign(), make_user())
    for version, note in enumerate(("first", "second"), 1):
        state = ReviewState(note=note)
        review = write(save_draft, review_id=review.id, reviewer_id=review.reviewer_id, version=version, state=state)
    return review


def test_every_version_is_listed_and_any_is_restored(saved, read, write):
    assert [(row.version, row.action, row.state.note) for row in read(revisions, review_id=saved.id)] == [
        (1, "open", ""),
        (2, "save", "first"),
        (3, "save", "second"),
    ]
    restored = write(restore_revision, review_id=saved.id, version=2, actor_id=saved.reviewer_id)
    assert (restored.version, restored.state.note) == (4, "first")
    assert [row.action for row in read(revisions, review_id=saved.id)][-1] == "restore"


def test_no_version_is_left_out_of_the_list(saved, read, write, judged, make_user):
    me = {"review_id": saved.id, "reviewer_id": saved.reviewer_id}
    write(submit, **me, version=3, state=judged(saved), token="click")
    draft = write(undo_submit, **me)
    write(submit, **me, version=draft.version, state=judged(saved), token="again")
    write(reopen, review_id=saved.id, actor_id=make_user(role="lead").id, reason="AU9?")
    listed = [(row.version, row.action) for row in read(revisions, review_id=saved.id)][3:]
    assert listed == [(4, "submit"), (5, "undo"), (6, "submit"), (7, "reopen")]


def test_restoring_the_present_version_is_a_version_too(saved, write):
    now = saved.saved_at
    restored = write(restore_revision, review_id=saved.id, version=3, actor_id=saved.reviewer_id, now=now)
    assert (restored.version, restored.state.note) == (4, "second")


def test_who_may_restore_and_what(saved, write, make_user, judged):
    with pytest.raises(NotAllowed, match="needs the role lead"):
        write(restore_revision, review_id=saved.id, version=2, actor_id=make_user().id)
    with pytest.raises(InputError, match="no version 9"):
        write(restore_revision, review_id=saved.id, version=9, actor_id=saved.reviewer_id)
    lead = make_user(role="lead")
    restored = write(restore_revision, review_id=saved.id, version=2, actor_id=lead.id)
    state = judged(saved)
    mine = {"review_id": saved.id, "reviewer_id": saved.reviewer_id, "version": restored.version}
    write(submit, **mine, state=state, token="click")
    with pytest.raises(NotAllowed, match="submitted"):
        write(restore_revision, review_id=saved.id, version=1, actor_id=lead.id)


def test_a_changed_version_does_not_verify(saved, read, database):
    assert read(verify_revisions) == read(verify_revisions)
    assert (read(verify_revisions).count, read(verify_revisions).first_bad) == (3, None)
    with database.write() as session:
        statement = 'UPDATE review_revision SET state = \'{"note": "forged"}\' WHERE version = 2'
        session.execute(text(statement))
    assert read(verify_revisions).first_bad == saved.id


def test_a_lost_version_does_not_verify(saved, read, database):
    with database.write() as session:
        session.execute(text("DELETE FROM review_revision WHERE version = 3"))
    assert read(verify_revisions).first_bad == saved.id
