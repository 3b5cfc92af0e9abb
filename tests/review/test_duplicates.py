"""Near-duplicate pictures."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select, update

from emola.errors import InputError
from review.duplicates import DISTANCE, compare_pictures, find_duplicates, group_hashes, perceptual_hash
from review.schema import Image as ImageRow

near = st.builds(
    lambda base, flips: base ^ sum(1 << bit for bit in flips),
    st.sampled_from([0, 0xFFFF_FFFF_FFFF_FFFF, 0x0123_4567_89AB_CDEF]),
    st.sets(st.integers(0, 63), max_size=9),
)


@given(st.lists(near | st.integers(0, 2**64 - 1), max_size=12))
def test_groups_are_those_of_comparing_every_pair(values):
    hashes = dict(enumerate(values, start=1))
    linked = {image: {image} for image in hashes}
    for a, b in combinations(hashes, 2):
        if (hashes[a] ^ hashes[b]).bit_count() <= DISTANCE:
            merged = linked[a] | linked[b]
            for image in merged:
                linked[image] = merged
    assert group_hashes(hashes) == {image: min(group) for image, group in linked.items() if len(group) > 1}


def test_copies_share_a_group_and_other_faces_do_not(database, make_image, tmp_path, astronaut):
    face = Image.fromarray(astronaut)
    small, other = face.resize((180, 180)), face.transpose(Image.Transpose.ROTATE_90)
    ids = []
    for name, picture in (("a.png", face), ("b.jpg", small), ("c.png", other)):
        picture.save(tmp_path / name)
        ids.append(make_image(rel_path=name, hashed=False))
    missing = make_image(rel_path="missing.png", hashed=False)
    report = find_duplicates(database)
    assert (report.hashed, report.unreadable, report.groups, report.grouped) == (3, ("missing.png",), 1, 2)
    with database.read() as session:
        groups = dict(session.execute(select(ImageRow.id, ImageRow.dup_group)).all())
    assert groups == {ids[0]: ids[0], ids[1]: ids[0], ids[2]: None, missing: None}


def test_groups_are_made_anew(database, make_image):
    first, second = make_image(dup_group=1), make_image(dup_group=1)
    with database.write() as session:
        for image, value in ((first, "0" * 16), (second, "f" * 16)):
            session.execute(update(ImageRow).where(ImageRow.id == image).values(phash=value))
    assert find_duplicates(database).groups == 0
    with database.read() as session:
        assert set(session.scalars(select(ImageRow.dup_group))) == {None}


def test_pictures_are_compared_again_only_when_one_is_new(database, make_image, tmp_path, astronaut, monkeypatch):
    face, grouped = Image.fromarray(astronaut), []
    face.save(tmp_path / "a.png")
    first = make_image(rel_path="a.png", hashed=False)
    monkeypatch.setattr("review.duplicates.group_hashes", lambda hashes: grouped.append(len(hashes)) or {})
    compare_pictures(database)
    compare_pictures(database)
    assert grouped == [1], "the second time everything was known"
    face.resize((200, 200)).save(tmp_path / "b.jpg")
    second = make_image(rel_path="b.jpg", hashed=False)
    monkeypatch.undo()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("review.duplicates.group_hashes", lambda hashes: _stop())
        compare_pictures(database)
    compare_pictures(database)
    with database.read() as session:
        assert dict(session.execute(select(ImageRow.id, ImageRow.dup_group)).all()) == {first: first, second: first}


def _stop():
    raise KeyboardInterrupt


def test_what_is_no_picture_is_refused(tmp_path):
    path = tmp_path / "text.jpg"
    path.write_text("no picture")
    with pytest.raises(InputError, match="cannot be decoded"):
        perceptual_hash(path)
