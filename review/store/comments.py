"""Remarks on a description or one of its claims; resolved, never deleted."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from emola.errors import InputError
from review.schema import Claim, Comment, Description, User
from review.store.events import append_event
from review.store.people import locked_user, require

LONGEST = 5000


@dataclass(frozen=True)
class CommentRecord:
    """One remark; ``resolved_by`` is the id of who settled it, or None."""

    id: int
    description_id: int
    claim_id: int | None
    author_id: int
    author: str
    at: datetime
    body: str
    resolved_by: int | None


def add_comment(
    session: Session,
    *,
    description_id: int,
    author_id: int,
    body: str,
    claim_id: int | None = None,
    now: datetime | None = None,
) -> CommentRecord:
    """Add a remark.

    Raises:
        InputError: it is empty or too long, or the claim belongs to another description.
    """
    body = body.strip()
    if session.get(Description, description_id) is None:
        raise InputError(f"There is no description {description_id}.")
    if not 0 < len(body) <= LONGEST or "\x00" in body:
        raise InputError(f"A comment has 1 to {LONGEST} characters of plain text.")
    if claim_id is not None:
        claim = session.get(Claim, claim_id)
        if claim is None or claim.description_id != description_id:
            raise InputError(f"Description {description_id} has no claim {claim_id}.")
    now = now or datetime.now(UTC)
    comment = Comment(
        description_id=description_id, claim_id=claim_id, author_id=author_id, at=now, body=body, resolved_by=None
    )
    session.add(comment)
    session.flush()
    after = {"description_id": description_id, "claim_id": claim_id, "body": body}
    append_event(
        session, actor_id=author_id, entity="comment", entity_id=comment.id, action="add", after=after, now=now
    )
    return _record(comment, session.get_one(User, author_id).login)


def list_comments(session: Session, *, description_id: int) -> list[CommentRecord]:
    """Return the remarks on a description, the first one at the front."""
    query = (
        select(Comment, User.login)
        .join(User, User.id == Comment.author_id)
        .where(Comment.description_id == description_id)
        .order_by(Comment.at, Comment.id)
    )
    return [_record(comment, login) for comment, login in session.execute(query)]


def resolve_comment(session: Session, *, comment_id: int, actor_id: int, now: datetime | None = None) -> CommentRecord:
    """Mark a remark as settled, by its author or a lead; a second time changes nothing.

    Raises:
        InputError: there is none of this id.
        NotAllowed: it is somebody else's, and the actor is no lead.
    """
    comment = session.get(Comment, comment_id, with_for_update=True)
    if comment is None:
        raise InputError(f"There is no comment {comment_id}.")
    if comment.author_id != actor_id:
        require(locked_user(session, user_id=actor_id), "lead")
    if comment.resolved_by is None:
        comment.resolved_by = actor_id
        session.flush()
        append_event(session, actor_id=actor_id, entity="comment", entity_id=comment_id, action="resolve", now=now)
    return _record(comment, session.get_one(User, comment.author_id).login)


def _record(comment: Comment, author: str) -> CommentRecord:
    return CommentRecord(
        comment.id,
        comment.description_id,
        comment.claim_id,
        comment.author_id,
        author,
        comment.at,
        comment.body,
        comment.resolved_by,
    )
