"""What the Review page looks up: words and keys, previews, rewrites, evidence, picture addresses, past decisions."""

from typing import Any

from emola.errors import InputError
from review.database import Database
from review.errors import NotAllowed
from review.guidelines import Guideline, packaged_guideline
from review.page_advice import hints_json, preview_json, rewrite_json
from review.page_api import Call
from review.page_body import Body, whole
from review.page_bundle import keys_json, vocabulary_json
from review.page_faces import FaceSigner
from review.page_keys import check_keymap
from review.records import state_from_json
from review.store.access import VIEWS
from review.store.campaign_records import campaign_rules
from review.store.guidelines import current_guideline
from review.store.items import ItemView, load_item
from review.store.parsed import load_texts
from review.store.people import UserRecord, require, set_keymap
from review.store.review_rows import ReviewRecord
from review.store.reviews import get_review, my_reviews

DECISIONS = 10
"""How many of somebody's last decisions can be opened again (as in Prodigy)."""

FIRST_WORDS = 90
"""Characters of a text that tell one decision from another."""

MOST_ADDRESSES = 500
"""Pictures that one page can ask addresses for at once."""


class ReviewLookup:
    """Answers what changes no review.

    Args:
        database: the store.
        signer: makes addresses of pictures.
    """

    def __init__(self, database: Database, signer: FaceSigner) -> None:
        self._database = database
        self._signer = signer

    def calls(self) -> dict[str, tuple[str, Call]]:
        """Return each call's name with the role that it needs and its function."""
        return {
            "vocabulary": ("reviewer", self.vocabulary),
            "preview": ("reviewer", self.preview),
            "rewrite": ("reviewer", self.rewrite),
            "hints": ("reviewer", self.hints),
            "decisions": ("reviewer", self.decisions),
            "keymap": ("reviewer", self.keymap),
            "me": ("viewer", self.me),
            "face-addresses": ("viewer", self.face_addresses),
        }

    def me(self, user: UserRecord, _body: Body) -> dict[str, Any]:
        """Say who is logged in."""
        return {"login": user.name, "role": user.role}

    def vocabulary(self, user: UserRecord, _body: Body) -> dict[str, Any]:
        """Return what the page needs once."""
        with self._database.read() as session:
            record = current_guideline(session)
        guideline: Guideline = record.guideline if record else packaged_guideline()
        return vocabulary_json(user, guideline)

    def preview(self, user: UserRecord, body: Body) -> dict[str, Any]:
        """Work out what the answers so far lead to; nothing is written."""
        _review, item = self._own(user, body)
        return preview_json(item, state_from_json(body.get("state")))

    def rewrite(self, user: UserRecord, body: Body) -> dict[str, Any]:
        """Return a rewritten sentence for an error, "" to delete the claim, or null."""
        _review, item = self._own(user, body)
        return rewrite_json(item, body)

    def hints(self, user: UserRecord, body: Body) -> dict[str, Any]:
        """Return what machines say of one claim, where the campaign shows it."""
        review, item = self._own(user, body)
        with self._database.read() as session:
            campaign = campaign_rules(session, campaign_id=review.campaign_id)
        if campaign.hints == "never":
            raise NotAllowed("This campaign shows no evidence.")
        return hints_json(item, whole(body, "claim_id"))

    def decisions(self, user: UserRecord, _body: Body) -> dict[str, Any]:
        """Return this person's last submitted reviews."""
        with self._database.read() as session:
            rows = [row for row in my_reviews(session, reviewer_id=user.id, limit=DECISIONS) if row.submitted_at]
            texts = {
                text.description_id: text.text for text in load_texts(session, ids=[row.description_id for row in rows])
            }
        decisions = [
            {
                "review_id": row.id,
                "task": row.task,
                "words": texts.get(row.description_id, "")[:FIRST_WORDS],
                "submitted_at": row.submitted_at.isoformat() if row.submitted_at else None,
            }
            for row in rows
        ]
        return {"decisions": decisions}

    def keymap(self, user: UserRecord, body: Body) -> dict[str, Any]:
        """Keep this person's own keys."""
        keymap = check_keymap(body.get("keymap"))
        with self._database.write() as session:
            saved = set_keymap(session, user_id=user.id, keymap=keymap, actor_id=user.id)
        return keys_json(saved.keymap)

    def face_addresses(self, user: UserRecord, body: Body) -> dict[str, Any]:
        """Return addresses of pictures for lists."""
        wanted, view = body.get("image_ids"), body.get("view", "thumb")
        if view not in VIEWS or not isinstance(wanted, list) or len(wanted) > MOST_ADDRESSES:
            raise InputError(f"Ask for at most {MOST_ADDRESSES} pictures as one of {', '.join(VIEWS)}.")
        require(user, "viewer" if view == "thumb" else "reviewer")
        ids = [whole({"image_id": value}, "image_id") for value in wanted]
        return {"addresses": {str(image_id): self._signer.address(user, image_id, view) for image_id in ids}}

    def _own(self, user: UserRecord, body: Body) -> tuple[ReviewRecord, ItemView]:
        """Return a review of this person and its item."""
        with self._database.read() as session:
            review = get_review(session, review_id=whole(body, "review_id"))
            if review.reviewer_id != user.id:
                raise NotAllowed("This is somebody else's review.")
            return review, load_item(session, description_id=review.description_id, reviewer_id=user.id)
