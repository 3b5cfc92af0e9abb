"""Remarks: added, listed, settled."""

import pytest

from emola.errors import InputError
from review.errors import NotAllowed
from review.store.coded_rows import claims_of
from review.store.comments import add_comment, list_comments, resolve_comment


def test_a_remark_is_listed_and_settled_once(make_description, make_user, read, write):
    number, anna, lead = make_description(), make_user("anna"), make_user(role="lead")
    claim = read(claims_of, description_id=number)[0].id
    first = write(add_comment, description_id=number, author_id=anna.id, body=" Side? ", claim_id=claim)
    write(add_comment, description_id=number, author_id=lead.id, body="Left.")
    assert [(c.author, c.body, c.claim_id) for c in read(list_comments, description_id=number)] == [
        ("anna", "Side?", claim),
        (lead.login, "Left.", None),
    ]
    assert write(resolve_comment, comment_id=first.id, actor_id=lead.id).resolved_by == lead.id
    assert write(resolve_comment, comment_id=first.id, actor_id=anna.id).resolved_by == lead.id


def test_a_remark_is_settled_by_its_author_or_a_lead(make_description, make_user, write):
    anna, bob = make_user("anna"), make_user("bob")
    remark = write(add_comment, description_id=make_description(), author_id=anna.id, body="Side?")
    with pytest.raises(NotAllowed, match="role lead"):
        write(resolve_comment, comment_id=remark.id, actor_id=bob.id)
    assert write(resolve_comment, comment_id=remark.id, actor_id=anna.id).resolved_by == anna.id


def test_a_remark_needs_words_and_a_claim_of_its_description(make_description, make_user, read, write):
    number, other, anna = make_description(), make_description(), make_user()
    foreign = read(claims_of, description_id=other)[0].id
    for body, claim in (("  ", None), ("x" * 5001, None), ("fine", foreign)):
        with pytest.raises(InputError):
            write(add_comment, description_id=number, author_id=anna.id, body=body, claim_id=claim)
    with pytest.raises(InputError, match="no comment 77"):
        write(resolve_comment, comment_id=77, actor_id=anna.id)
    with pytest.raises(InputError, match="no description 77"):
        write(add_comment, description_id=77, author_id=anna.id, body="fine")
