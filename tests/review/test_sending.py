"""A description sent to review from the demo."""

import io

import pytest
from PIL import Image
from sqlalchemy import select

from emola.errors import InputError
from review.schema import Image as ImageRow
from review.sending import CAMPAIGN, add_description, offer_for_review
from review.store.campaigns import list_campaigns
from review.store.events import list_events
from review.store.items import load_item
from review.store.work import lease_next


def jpeg(turned=False):
    picture = Image.new("RGB", (20, 10), (200, 30, 30))
    exif = Image.Exif()
    exif[0x0112] = 6 if turned else 1
    exif[0x010E] = "secret place"
    stream = io.BytesIO()
    picture.save(stream, format="JPEG", exif=exif)
    return stream.getvalue()


def send(database, user, folder, content=None, text="AU12 is visible.", task="au"):
    with database.write() as session:
        return add_description(
            session,
            image_bytes=jpeg(turned=True) if content is None else content,
            text=text,
            task=task,
            origin_model="EmoLA-tiny",
            prompt="What AUs are conveyed by this face?",
            actor_id=user.id,
            images_dir=folder,
        )


def test_the_picture_is_kept_upright_and_without_metadata(database, make_user, tmp_path):
    user = make_user()
    description = send(database, user, tmp_path / "kept")
    with database.read() as session:
        item = load_item(session, description_id=description)
        path = tmp_path / "kept" / session.scalars(select(ImageRow.rel_path)).one()
        (event,) = list_events(session, entity="description", entity_id=description)[:1]
    assert (item.origin_model, item.split, item.width, item.height) == ("EmoLA-tiny", "probe", 10, 20)
    assert [claim.action_unit for claim in item.claims] == [12]
    assert b"secret" not in path.read_bytes()
    with Image.open(path) as kept:
        assert kept.size == (10, 20) and not kept.getexif()
    assert (event.action, event.actor_id) == ("send", user.id)


def test_sending_twice_keeps_one(database, make_user, tmp_path):
    user = make_user()
    first = send(database, user, tmp_path)
    assert send(database, user, tmp_path) == first
    assert send(database, user, tmp_path, text="The person is happy.", task="emotion") != first


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"content": b"text"}, "cannot be opened"),
        ({"content": b""}, "0 bytes"),
        ({"text": " "}, "no words"),
        ({"text": "x" * 30_000}, "30,000 characters"),
        ({"task": "mood"}, "no task"),
    ],
)
def test_what_cannot_be_reviewed_is_refused(database, make_user, tmp_path, changes, reason):
    with pytest.raises(InputError, match=reason):
        send(database, make_user(), tmp_path, **changes)


def test_what_is_sent_waits_in_one_campaign_that_everybody_sees(database, make_user, tmp_path):
    anna, ben = make_user("anna"), make_user("ben")
    numbers = [send(database, anna, tmp_path, text=f"AU{unit} is visible.") for unit in (4, 12)]
    with database.write() as session:
        for number in (*numbers, numbers[0]):
            offer_for_review(session, description_id=number, actor_id=anna.id)
    with database.read() as session:
        (campaign,) = list_campaigns(session)
    assert (campaign.name, campaign.overlap, campaign.total, campaign.open) == (CAMPAIGN, 1, 2, 2)
    with database.write() as session:
        lease = lease_next(session, campaign_id=campaign.id, reviewer_id=ben.id)
    assert lease is not None and lease.description_id == numbers[0]
