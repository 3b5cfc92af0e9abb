"""A picture that several imported files describe: each row names the file of its own text."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from review.schema import Description, Source

TEXT = "The face shows sadness. The corners of the mouth are pulled down."


@pytest.fixture
def from_file(database, describe):
    """A description that another file brought in than its picture."""

    def make(image_id, folder, **options):
        number = describe(text=TEXT, task="emotion", image_id=image_id, **options)
        with database.write() as session:
            source = Source(
                name="train_emotion_anno.json",
                json_sha256="0" * 64,
                images_dir=str(folder),
                imported_at=datetime.now(UTC),
                report={},
            )
            session.add(source)
            session.flush()
            session.execute(update(Description).where(Description.id == number).values(source_id=source.id))
        return number

    return make


def test_source_and_prior_are_those_of_the_text_and_the_picture_stays_where_it_is(
    describe, from_file, make_image, make_campaign, make_user, review, release, tmp_path, database
):
    image = make_image()
    units = describe(image_id=image)
    emotion = from_file(image, tmp_path / "emotion")
    for number in (units, emotion):
        review(make_campaign(ids=(number,)), make_user(), number)
    folder = release()
    (of_units,) = json.loads((folder / "sft/train_au_anno.json").read_text())
    (of_emotion,) = json.loads((folder / "sft/train_emotion_anno.json").read_text())
    with database.read() as session:
        name = session.get_one(Source, session.get_one(Description, units).source_id).name
    assert (of_units["source"], of_units["landmark"]) == (name, "landmarks/1.npy")
    assert (of_emotion["source"], of_emotion["landmark"]) == ("train_emotion_anno.json", "emotion/landmarks/1.npy")
    assert of_emotion["image"] == of_units["image"]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["sources"] == {name: 1, "train_emotion_anno.json": 1}
    lineage = [json.loads(line)["sources"]["file"] for line in (folder / "lineage.jsonl").read_text().splitlines()]
    assert sorted(lineage) == sorted([name, "train_emotion_anno.json"])


def test_a_text_without_a_prior_moves_no_paths(
    describe, from_file, make_image, make_campaign, make_user, review, release, tmp_path
):
    number = from_file(make_image(), tmp_path.parent / "elsewhere", landmark=None)
    review(make_campaign(ids=(number,)), make_user(), number)
    (row,) = json.loads((release() / "sft/train_emotion_anno.json").read_text())
    assert row["image"].startswith("images/")
    assert "landmark" not in row
