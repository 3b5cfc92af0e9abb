"""Remarks on an item: what the Review, Browse and Adjudicate pages show of them, add and settle."""

from typing import Any

from emola.errors import InputError
from review.database import Database
from review.page_api import Call
from review.page_body import Body, whole
from review.page_html import moment
from review.page_item import is_lead, names_for
from review.store.comments import CommentRecord, add_comment, list_comments, resolve_comment
from review.store.items import has_submitted
from review.store.people import UserRecord, list_users


class CommentThreads:
    """Everything between a thread on a page and the store.

    A reviewer who has not submitted an item reads their own remarks and those of leads only, so that nobody else's
    opinion leads them. Where two reviewers' conflict is decided, nobody is named (``nameless``).

    Args:
        database: the store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def calls(self) -> dict[str, tuple[str, Call]]:
        """Return each call's name with the role that it needs and its function."""
        return {
            "comments": ("viewer", self.thread),
            "comment": ("reviewer", self.add),
            "resolve-comment": ("reviewer", self.resolve),
        }

    def thread(self, user: UserRecord, body: Body) -> dict[str, Any]:
        """Return the remarks on an item that this person may read, the first one at the front."""
        return self._thread(user, whole(body, "description_id"), body.get("nameless") is True)

    def add(self, user: UserRecord, body: Body) -> dict[str, Any]:
        """Add a remark and return the thread."""
        number, words = whole(body, "description_id"), body.get("body")
        if not isinstance(words, str):
            raise InputError("A comment must be text.")
        with self._database.write() as session:
            add_comment(session, description_id=number, author_id=user.id, body=words)
        return self._thread(user, number, body.get("nameless") is True)

    def resolve(self, user: UserRecord, body: Body) -> dict[str, Any]:
        """Settle a remark and return the thread."""
        with self._database.write() as session:
            settled = resolve_comment(session, comment_id=whole(body, "comment_id"), actor_id=user.id)
        return self._thread(user, settled.description_id, body.get("nameless") is True)

    def _thread(self, user: UserRecord, description_id: int, nameless: bool) -> dict[str, Any]:
        with self._database.read() as session:
            people = list_users(session)
            found = list_comments(session, description_id=description_id)
            biased = user.role == "reviewer" and not has_submitted(
                session, description_id=description_id, reviewer_id=user.id
            )
        leads = {person.id for person in people if is_lead(person)}
        names = dict.fromkeys((person.id for person in people), "Somebody") if nameless else names_for(user, people)
        shown = [one for one in found if not biased or one.author_id == user.id or one.author_id in leads]
        rows = [_comment_json(user, one, names) for one in shown]
        return {"comments": rows, "hidden": len(found) - len(shown), "may_write": user.role != "viewer"}


def _comment_json(user: UserRecord, comment: CommentRecord, names: dict[int, str]) -> dict[str, Any]:
    settled = comment.resolved_by is not None
    return {
        "id": comment.id,
        "author": names.get(comment.author_id, "?"),
        "at": moment(comment.at),
        "body": comment.body,
        "resolved": names.get(comment.resolved_by or 0, "") if settled else None,
        "may_resolve": not settled and (comment.author_id == user.id or is_lead(user)),
    }
