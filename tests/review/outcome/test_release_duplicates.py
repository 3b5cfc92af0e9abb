"""Near-duplicates of evaluation pictures stay out of the training files, whether anybody looked for them or not."""

import json

import pytest
from PIL import Image as Picture
from sqlalchemy import insert, update
from sqlalchemy.exc import DBAPIError

from emola.errors import InputError
from review.records import VerdictState
from review.releasing import preview_release, verify_release
from review.schema import Image, ReleaseRow
from review.store.needs import find_needs
from review.store.releases import begin_release

REWRITTEN = VerdictState("wrong", "H2", 2, 10, "AU 10 - Upper Lip Raiser: The upper lip is drawn up.")
SFT, PAIRS, AU = "sft/train_au_anno.json", "preference/pairs.jsonl", "benchmark/au.jsonl"


@pytest.fixture
def pictured(describe, make_image, make_campaign, make_user, review, tmp_path):
    """A reviewed description of a picture on disk that nobody has hashed."""

    def make(name, picture, *, split="train", **options):
        if picture is not None:
            picture.save(tmp_path / name, **options)
        number = describe(image_id=make_image(split=split, rel_path=name, hashed=False))
        review(make_campaign(ids=(number,)), make_user(), number, wrong={9: REWRITTEN})
        return number

    return make


@pytest.fixture
def faces(astronaut):
    """One face and two pictures that look like no other here."""
    face = Picture.fromarray(astronaut)
    return face, face.transpose(Picture.Transpose.ROTATE_90), face.transpose(Picture.Transpose.ROTATE_180)


def test_a_picture_saved_again_is_found_without_anybody_asking(pictured, faces, release, database):
    pictured("e.png", faces[0], split="eval")
    pictured("copy.jpg", faces[0].resize((200, 200)), quality=60)
    pictured("other.png", faces[1])
    preview = preview_release(database)
    assert (preview.counts[SFT], preview.counts[PAIRS], preview.counts[AU]) == (1, 1, 1)
    assert preview.left_out["sft"]["a near-duplicate of an evaluation picture"] == 1
    folder = release()
    (row,) = json.loads((folder / SFT).read_text())
    assert row["image"] == "other.png"
    assert verify_release(folder, database).problems == ()


def test_what_cannot_be_read_is_not_compared_and_left_out(pictured, faces, release, database, tmp_path):
    pictured("e.png", faces[0], split="eval")
    pictured("gone.png", None)
    pictured("other.png", faces[1])
    preview = preview_release(database)
    assert preview.counts[SFT] == 1
    assert preview.left_out["sft"]["not compared: the picture cannot be read"] == 1
    pictured("gone-too.png", None, split="eval")
    left_out = preview_release(database).left_out["preference"]
    assert [count for reason, count in left_out.items() if "an evaluation picture cannot be read" in reason] == [1]
    (tmp_path / "gone-too.png").write_bytes(b"no picture")
    assert "an evaluation picture cannot be read" in str(preview_release(database).left_out["sft"])
    faces[2].save(tmp_path / "gone-too.png")
    assert preview_release(database).counts[SFT] == 1


def test_nothing_to_release_says_that_nothing_was_compared(pictured, release):
    pictured("gone.png", None)
    with pytest.raises(InputError, match="1 x not compared: the picture cannot be read"):
        release()


def test_the_database_refuses_all_while_an_evaluation_picture_is_unknown(database, describe, make_image, lead):
    number = describe()
    make_image(split="eval", hashed=False)
    row = {"description_id": number, "format": "sft", "payload_sha256": "", "gold_ids": []}
    with pytest.raises(DBAPIError, match="not compared"), database.write() as session:
        release = begin_release(session, name="r", folder="f", query={}, actor_id=lead.id)
        session.execute(insert(ReleaseRow), [row | {"release_id": release}])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"split": "eval"}, "2 rows are in its training files that must not be: of an evaluation picture."),
        ({"dup_group": 7}, "of a near-duplicate of an evaluation picture"),
        ({"phash": None}, "never compared"),
    ],
)
def test_a_complete_release_that_breaks_the_rule_now_is_reported(
    describe, make_image, make_campaign, make_user, review, release, database, change, words
):
    number = describe(image_id=make_image())
    make_image(split="eval", dup_group=7)
    review(make_campaign(ids=(number,)), make_user(), number, wrong={9: REWRITTEN})
    folder = release()
    assert verify_release(folder, database).problems == ()
    with database.write() as session:
        session.execute(update(Image).where(Image.split == "train").values(change))
    (problem,) = verify_release(folder, database).problems
    assert words in problem


def test_pictures_that_are_not_hashed_are_named_among_the_needs(database, describe, make_image, make_campaign, read):
    describe(image_id=make_image(split="eval"))
    describe(image_id=make_image(hashed=False))
    make_campaign()
    said = [need for need in read(find_needs) if "duplicates" in need]
    assert said == [
        "1 picture is not hashed yet, so near-duplicates of evaluation pictures are not known: "
        "python -m review duplicates."
    ]
    with database.write() as session:
        session.execute(update(Image).values(phash="0" * 16))
    assert not [need for need in read(find_needs) if "duplicates" in need]
