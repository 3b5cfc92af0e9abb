"""What the Review page asks Python to do; each function takes a user and the JSON that the page sent."""

from collections.abc import Callable
from typing import Any

from emola.errors import InputError
from review.database import Database
from review.errors import Holder, NotAllowed, NothingToDo
from review.page_api import Call
from review.page_body import Body, optional, whole
from review.page_bundle import item_bundle, review_json
from review.page_faces import FaceSigner
from review.records import state_from_json
from review.store.access import images_of
from review.store.campaign_records import CampaignRules, all_campaign_rules, campaign_rules
from review.store.items import load_item
from review.store.people import UserRecord
from review.store.review_rows import ReviewRecord
from review.store.reviews import open_review, save_draft, submit, undo_submit
from review.store.work import Lease, heartbeat, lease_description, lease_next, peek, skip, who_holds


class ReviewDesk:
    """Everything between the page and the store.

    Args:
        database: the store.
        signer: makes addresses of pictures.
        preparing: says whether a sample project is being made at this moment.
    """

    def __init__(self, database: Database, signer: FaceSigner, preparing: Callable[[], bool] = bool) -> None:
        self._database = database
        self._signer = signer
        self._preparing = preparing

    def calls(self) -> dict[str, tuple[str, Call]]:
        """Return each call's name with the role that it needs and its function."""
        return {
            "start": ("reviewer", self.start),
            "open": ("reviewer", self.open),
            "save": ("reviewer", self.save),
            "submit": ("reviewer", self.submit),
            "undo": ("reviewer", self.undo),
            "skip": ("reviewer", self.skip),
            "heartbeat": ("reviewer", self.heartbeat),
        }

    def start(self, user: UserRecord, body: Body) -> dict[str, Any]:
        """Lease what the page asks for: a description, the next one of a campaign, or of any open campaign."""
        campaign_id, description_id = optional(body, "campaign_id"), optional(body, "description_id")
        campaigns = self._campaigns(user, campaign_id)
        if not campaigns and self._preparing():
            sentence = "It is in Queue as soon as its faces are drawn; Queue looks for it by itself."
            return _nothing(sentence, "The sample project is being made")
        if not campaigns:
            return _nothing("No campaign is open. A lead opens one on the Campaigns page.", "Nothing to review yet")
        if description_id is not None:
            return self._described(user, campaigns, description_id)
        for campaign in campaigns:
            found = self._next(user, campaign)
            if "nothing" not in found:
                return found
        return found

    def open(self, user: UserRecord, body: Body) -> dict[str, Any]:
        """Open an assignment that this person holds, as it is now saved."""
        assignment_id = whole(body, "assignment_id")
        with self._database.write() as session:
            review = open_review(session, assignment_id=assignment_id, reviewer_id=user.id)
            lease = lease_description(
                session, campaign_id=review.campaign_id, description_id=review.description_id, reviewer_id=user.id
            )
        return self._bundle(user, lease, review)

    def save(self, user: UserRecord, body: Body) -> dict[str, Any]:
        """Save a draft."""
        review_id, version = whole(body, "review_id"), whole(body, "version")
        state = state_from_json(body.get("state"))
        with self._database.write() as session:
            saved = save_draft(session, review_id=review_id, reviewer_id=user.id, version=version, state=state)
        return review_json(saved)

    def submit(self, user: UserRecord, body: Body) -> dict[str, Any]:
        """Submit a review and lease the next item."""
        token = str(body.get("token") or "")
        if not 8 <= len(token) <= 64:
            raise InputError("A submission needs its token; reload the page.")
        review_id, version = whole(body, "review_id"), whole(body, "version")
        state = state_from_json(body.get("state"))
        with self._database.write() as session:
            done = submit(session, review_id=review_id, reviewer_id=user.id, version=version, state=state, token=token)
            campaign = campaign_rules(session, campaign_id=done.campaign_id)
        return {"submitted": {"review_id": done.id}, "next_item": self._after(user, campaign)}

    def undo(self, user: UserRecord, body: Body) -> dict[str, Any]:
        """Take a submission back and open the review again."""
        review_id = whole(body, "review_id")
        with self._database.write() as session:
            review = undo_submit(session, review_id=review_id, reviewer_id=user.id)
            lease = lease_description(
                session, campaign_id=review.campaign_id, description_id=review.description_id, reviewer_id=user.id
            )
        return self._bundle(user, lease, review)

    def skip(self, user: UserRecord, body: Body) -> dict[str, Any]:
        """Pass an item over and lease the next one."""
        assignment_id, campaign_id = whole(body, "assignment_id"), whole(body, "campaign_id")
        reason = str(body.get("reason") or "")[:500]
        with self._database.write() as session:
            skip(session, assignment_id=assignment_id, reviewer_id=user.id, reason=reason)
            campaign = campaign_rules(session, campaign_id=campaign_id)
        return self._after(user, campaign)

    def heartbeat(self, user: UserRecord, body: Body) -> dict[str, Any]:
        """Keep a lease alive."""
        with self._database.write() as session:
            until = heartbeat(session, assignment_id=whole(body, "assignment_id"), reviewer_id=user.id)
        return {"lease_until": until.isoformat()}

    def _after(self, user: UserRecord, campaign: CampaignRules) -> dict[str, Any]:
        """Return the next item of the campaign, or why there is none; what was done before stays done."""
        try:
            return self._next(user, campaign)
        except NotAllowed as error:
            return _nothing(str(error), "Done here")

    def _next(self, user: UserRecord, campaign: CampaignRules) -> dict[str, Any]:
        with self._database.write() as session:
            lease = lease_next(session, campaign_id=campaign.id, reviewer_id=user.id)
            if lease is not None:
                review = open_review(session, assignment_id=lease.assignment_id, reviewer_id=user.id)
        if lease is not None:
            return self._bundle(user, lease, review)
        with self._database.read() as session:
            holders = who_holds(session, campaign_id=campaign.id)
        if holders:
            sentence = f"Everything of “{campaign.name}” is done or in other hands. What comes back appears here."
            return _nothing(sentence, "Nothing free at the moment", holders)
        return _nothing(f"You have judged everything of “{campaign.name}” that is yours to judge.", "All done")

    def _described(self, user: UserRecord, campaigns: list[CampaignRules], description_id: int) -> dict[str, Any]:
        """Lease one description in the first campaign that has a place for it."""
        reason = _nothing(f"Item {description_id} is in no open campaign.", "Not in a campaign")
        for campaign in campaigns:
            try:
                with self._database.write() as session:
                    lease = lease_description(
                        session, campaign_id=campaign.id, description_id=description_id, reviewer_id=user.id
                    )
                    review = open_review(session, assignment_id=lease.assignment_id, reviewer_id=user.id)
                return self._bundle(user, lease, review)
            except NothingToDo as error:
                if error.holders:
                    reason = _nothing(str(error), "In other hands", error.holders)
            except NotAllowed as error:
                reason = _nothing(str(error), "Not free for you")
        return reason

    def _campaigns(self, user: UserRecord, campaign_id: int | None) -> list[CampaignRules]:
        """Return the campaign asked for, or every open one, those first in which this person holds something."""
        with self._database.read() as session:
            if campaign_id is not None:
                return [campaign_rules(session, campaign_id=campaign_id)]
            campaigns = [campaign for campaign in all_campaign_rules(session) if campaign.state == "open"]
            mine = {
                campaign.id
                for campaign in campaigns
                if any(holder.reviewer_id == user.id for holder in who_holds(session, campaign_id=campaign.id))
            }
        return sorted(campaigns, key=lambda campaign: (campaign.id not in mine, campaign.id))

    def _bundle(self, user: UserRecord, lease: Lease, review: ReviewRecord) -> dict[str, Any]:
        with self._database.read() as session:
            campaign = campaign_rules(session, campaign_id=lease.campaign_id)
            item = load_item(session, description_id=lease.description_id, reviewer_id=user.id)
            coming = peek(session, campaign_id=campaign.id, reviewer_id=user.id)
            images = images_of(session, description_ids=coming)
        bundle = item_bundle(user, self._signer, campaign, lease, review, item)
        bundle["next"] = [{"image_id": number, "address": self._signer.address(user, number)} for number in images]
        return bundle


def _nothing(sentence: str, title: str, holders: tuple[Holder, ...] = ()) -> dict[str, Any]:
    lines = [f"{h.login} has item {h.description_id} until {h.lease_until:%H:%M} UTC" for h in holders]
    return {"nothing": sentence, "title": title, "holders": lines}
