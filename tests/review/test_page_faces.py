"""Faces: only by an address of five minutes made for this person; nothing else opens a file, every look is logged."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image as Picture
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from emola.errors import InputError
from review.errors import NotAllowed
from review.page_faces import LIFE_S, THUMB_SIDE, FaceRoute, FaceSigner, make_signer, thumbnail, whole_picture
from review.schema import Image, ImageAccess
from review.store.access import image_file, log_look, seen_lately, setting

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock():
    return {"now": NOW.timestamp()}


@pytest.fixture
def signer(clock):
    return FaceSigner(b"k" * 32, clock=lambda: clock["now"])


@pytest.fixture
def face(make_image, tmp_path):
    """A picture row with its file: 80 x 60, red on the left and blue on the right."""
    picture = Picture.new("RGB", (80, 60), "red")
    picture.paste("blue", (40, 0, 80, 60))
    picture.save(tmp_path / "face.png")
    return make_image(rel_path="face.png")


@pytest.fixture
def ask(database, signer, make_user):
    """Ask for an address as somebody; returns the answer."""
    ann = make_user("ann")

    def answer(address, user=ann, **headers):
        route = FaceRoute(database, signer, lambda request: user)
        app = Starlette(routes=[Route("/review-face/{view}/{image_id:int}", route.serve)])
        return TestClient(app).get(address.removeprefix("."), headers=headers)

    answer.ann = ann
    return answer


def looks(database):
    with database.read() as session:
        return [(row.user_id, row.image_id, row.view) for row in session.scalars(select(ImageAccess))]


def test_an_address_shows_the_picture_and_the_look_is_logged_once(database, signer, ask, face):
    address = signer.address(ask.ann, face)
    for _ in range(3):
        answer = ask(address)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert Picture.open(io.BytesIO(answer.content)).size == (80, 60)
    assert looks(database) == [(ask.ann.id, face, "full")]


def test_a_thumbnail_is_small_and_blurred(signer, ask, face):
    answer = ask(signer.address(ask.ann, face, "thumb"))
    small = Picture.open(io.BytesIO(answer.content))
    assert small.size == (THUMB_SIDE, 18)
    edge = small.getpixel((12, 9))
    assert 20 < edge[0] < 235 and 20 < edge[2] < 235, "the border between red and blue must be blurred"


def test_an_address_runs_out_after_five_minutes(signer, ask, face, clock):
    address = signer.address(ask.ann, face)
    clock["now"] += LIFE_S
    assert ask(address).status_code == 200
    clock["now"] += 1
    answer = ask(address)
    assert (answer.status_code, "run out" in answer.json()["error"]) == (403, True)


def test_an_address_is_good_for_one_person_one_picture_and_one_view(signer, ask, face, make_user, make_image):
    other = make_image()
    address = signer.address(ask.ann, face)
    assert ask(address, user=make_user("bob")).status_code == 403
    assert ask(address.replace(f"/{face}?", f"/{other}?")).status_code == 403
    assert ask(signer.address(ask.ann, face, "thumb").replace("/thumb/", "/full/")).status_code == 403
    later = parse_qs(urlsplit(address).query)["until"][0]
    assert ask(address.replace(later, str(int(later) + 60))).status_code == 403


@pytest.mark.parametrize("query", ["", "?until=&mark=", "?until=99999999999&mark=abc", "?until=-1&mark=é", "?mark=x"])
def test_without_a_good_mark_nothing_is_shown(database, ask, face, query):
    assert ask(f"./review-face/full/{face}{query}").status_code == 403
    assert looks(database) == []


@pytest.mark.parametrize("path", ["../../etc/passwd", "1/../2", "%2e%2e/1", "1.png", "full", "-1", "1%00", "٣"])
def test_nothing_but_a_number_is_a_picture(ask, path):
    assert ask(f"./review-face/full/{path}").status_code in (403, 404)


def test_viewers_see_thumbnails_only(signer, ask, face, make_user):
    viewer = make_user("vic", role="viewer")
    assert ask(signer.address(viewer, face, "thumb"), user=viewer).status_code == 200
    assert ask(signer.address(viewer, face), user=viewer).status_code == 403


def test_somebody_who_is_switched_off_sees_nothing(signer, ask, face):
    off = replace(ask.ann, active=False)
    assert ask(signer.address(off, face), user=off).status_code == 403


@pytest.mark.parametrize("rel_path", ["../secret.png", "/etc/hostname", "sub/../../secret.png", "gone.png"])
def test_a_stored_path_that_leaves_the_folder_or_is_gone_opens_nothing(signer, ask, make_image, tmp_path, rel_path):
    Picture.new("RGB", (8, 8)).save(tmp_path.parent / "secret.png")
    image_id = make_image(rel_path=rel_path)
    answer = ask(signer.address(ask.ann, image_id))
    assert answer.status_code == 404
    assert str(tmp_path.parent) not in answer.text


def test_a_link_out_of_the_folder_opens_nothing(signer, ask, make_image, tmp_path):
    Picture.new("RGB", (8, 8)).save(tmp_path.parent / "outside.png")
    (tmp_path / "link.png").symlink_to(tmp_path.parent / "outside.png")
    assert ask(signer.address(ask.ann, make_image(rel_path="link.png"))).status_code == 404


def test_a_file_that_is_no_picture_is_not_given_out(signer, ask, make_image, tmp_path):
    (tmp_path / "page.png").write_text("<script>alert(1)</script>")
    answer = ask(signer.address(ask.ann, make_image(rel_path="page.png")))
    assert (answer.status_code, "script" in answer.text) == (404, False)


def test_metadata_is_left_out_and_the_picture_turned_upright(tmp_path):
    exif = Picture.Exif()
    exif[0x0112], exif[0x010F] = 6, "a secret camera"
    Picture.new("RGB", (40, 20), "green").save(tmp_path / "turned.jpg", exif=exif)
    content, kind = whole_picture(tmp_path / "turned.jpg")
    assert kind == "image/png" and b"secret camera" not in content
    assert Picture.open(io.BytesIO(content)).size == (20, 40)
    assert thumbnail(tmp_path / "turned.jpg")[1] == "image/png"


def test_a_plain_file_is_given_out_byte_by_byte(tmp_path):
    Picture.new("RGB", (40, 20), "green").save(tmp_path / "plain.jpg")
    assert whole_picture(tmp_path / "plain.jpg") == ((tmp_path / "plain.jpg").read_bytes(), "image/jpeg")


def test_the_key_is_made_once_and_differs_between_addresses(database, make_user):
    ann = make_user("ann")
    first, second = make_signer(database), make_signer(database)
    query = parse_qs(urlsplit(first.address(ann, 7)).query)
    second.check(ann, 7, "full", int(query["until"][0]), query["mark"][0])
    with pytest.raises(NotAllowed, match="not made for you"):
        FaceSigner(b"another").check(ann, 7, "full", int(query["until"][0]), query["mark"][0])


def test_settings_are_kept(database):
    with database.write() as session:
        assert setting(session, key="a", make=lambda: "first") == "first"
    with database.write() as session:
        assert setting(session, key="a", make=lambda: "second") == "first"


def test_looks_within_five_minutes_are_one(database, make_user, face):
    ann = make_user()
    with database.write() as session:
        log_look(session, user_id=ann.id, image_id=face, view="full", now=NOW)
        with pytest.raises(InputError, match="no view 'huge'"):
            log_look(session, user_id=ann.id, image_id=face, view="huge", now=NOW)
    seen = {"user_id": ann.id, "image_id": face, "view": "full"}
    with database.read() as session:
        assert seen_lately(session, **seen, now=NOW + timedelta(minutes=4))
        assert not seen_lately(session, **seen, now=NOW + timedelta(minutes=6))
        assert not seen_lately(session, **{**seen, "view": "thumb"}, now=NOW)
        assert not seen_lately(session, **{**seen, "user_id": ann.id + 1}, now=NOW)


def test_a_picture_that_is_not_there_has_no_file(database):
    with database.read() as session, pytest.raises(InputError, match="no picture 99"):
        image_file(session, image_id=99)
    assert Image.__tablename__ == "image"
