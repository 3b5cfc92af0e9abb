"""Releases as folders: whole or absent, the same each time, and found out when they are edited."""

import json
import os
import time
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import DBAPIError

from emola.errors import EmolaError, InputError
from review.database import Database
from review.records import VerdictState
from review.release_folder import lock, write_folder
from review.releasing import ReleasePreview, ReleaseQuery, make_release, recover_releases, verify_release
from review.schema import Image, ReleaseRow
from review.store.events import verify_events
from review.store.releases import begin_release, find_release, list_releases, withdraw_release

REWRITTEN = VerdictState("wrong", "H2", 2, 10, "AU 10 - Upper Lip Raiser: The upper lip is drawn up.")
DELETED = VerdictState("wrong", "H1", 3, replacement="")
EMOTION_TEXT = "The face shows sadness. The corners of the mouth are pulled down."
SFT, PAIRS, AU, EMOTION = (
    "sft/train_au_anno.json",
    "preference/pairs.jsonl",
    "benchmark/au.jsonl",
    "benchmark/emotion.jsonl",
)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("form", ["sft", "preference"])
@pytest.mark.parametrize("image", [{"split": "eval"}, {"split": "probe"}, {"dup_group": 7}, {"hashed": False}])
def test_the_database_itself_refuses_them(database, describe, make_image, lead, image, form):
    make_image(split="eval", dup_group=7)
    number = describe(image_id=make_image(**image))

    def store(name, form):
        with database.write() as session:
            release = begin_release(session, name=name, folder="f", query={}, actor_id=lead.id)
            row = {
                "release_id": release,
                "description_id": number,
                "format": form,
                "payload_sha256": "",
                "gold_ids": [],
            }
            session.execute(insert(ReleaseRow), [row])

    with pytest.raises(DBAPIError, match="training release"):
        store("refused", form)
    store("allowed", "benchmark")


def test_an_image_that_became_evaluated_meanwhile_stops_the_release(
    describe, make_campaign, make_user, review, release, database, tmp_path, monkeypatch
):
    number = describe()
    review(make_campaign(), make_user(), number)

    def late(*arguments):
        with database.write() as session:
            session.execute(update(Image).values(split="eval"))
        return write_folder(*arguments)

    monkeypatch.setattr("review.releasing.write_folder", late)
    with pytest.raises(EmolaError, match="evaluat"):
        release()
    assert list((tmp_path / "releases").iterdir()) == []
    with database.read() as session:
        assert list_releases(session) == []


def test_the_same_gold_gives_the_same_bytes(describe, make_campaign, make_user, review, release):
    for number in (describe(), describe(split="eval")):
        review(make_campaign(ids=(number,)), make_user(), number, wrong={9: REWRITTEN})
    first, second = release("first"), release("second")
    manifests = []
    for folder in (first, second):
        manifests.append(json.loads((folder / "manifest.json").read_text()))
        del manifests[-1]["name"], manifests[-1]["created"]
    assert manifests[0] == manifests[1]
    assert len(list(first.rglob("*"))) == 10  # three folders, manifest, lineage, two and two tasks, pairs
    for path in (
        file.relative_to(first) for file in first.rglob("*") if file.is_file() and file.name != "manifest.json"
    ):
        assert (first / path).read_bytes() == (second / path).read_bytes()


def test_the_manifest_says_what_it_stands_on(describe, make_campaign, make_user, review, release, database):
    number = describe()
    review(make_campaign(), make_user(), number)
    folder = release(query=ReleaseQuery(tasks=("au",)))
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["format"], manifest["format_version"]) == ("emola-review-release", 1)
    assert manifest["query"] == {"campaign_ids": None, "min_basis": "single", "tasks": ["au"], "origin_models": None}
    assert manifest["files"][SFT]["rows"] == 1
    assert "sft/train_emotion_anno.json" not in manifest["files"]
    assert len(manifest["reviewers"]) == 1
    with database.read() as session:
        record = find_release(session, name="r1")
        assert verify_events(session).first_bad is None
    assert (record.state, record.by_login) == ("complete", "lead")
    assert verify_release(folder, database).problems == ()


def test_an_edited_file_is_found(describe, make_campaign, make_user, review, release, database):
    number = describe()
    review(make_campaign(), make_user(), number)
    folder = release()
    original = (folder / SFT).read_bytes()
    (folder / SFT).write_bytes(original.replace(b"brows", b"Brows"))
    (folder / "extra.txt").write_text("x")
    (folder / PAIRS).unlink()
    assert verify_release(folder).problems == (
        "preference/pairs.jsonl is missing.",
        "sft/train_au_anno.json was changed after the release: its sha256 is not the one in the manifest.",
        "extra.txt is not part of the release.",
    )
    (folder / SFT).write_bytes(original)
    (folder / PAIRS).write_bytes(b"")
    (folder / "extra.txt").unlink()
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"guideline_version": "another"}))
    assert verify_release(folder).problems == ()
    assert "manifest.json was changed" in verify_release(folder, database).problems[0]


def test_a_preview_is_empty_where_no_file_would_hold_a_row():
    assert ReleasePreview({}, {}).is_empty
    assert ReleasePreview({SFT: 0, PAIRS: 0}, {"sft": {"nobody wrote its correction": 3}}).is_empty
    assert not ReleasePreview({SFT: 0, PAIRS: 1}, {}).is_empty


def test_names_are_checked_and_never_taken_twice(describe, make_campaign, make_user, review, release, tmp_path):
    with pytest.raises(InputError, match="nothing to release yet"):
        release()
    number = describe()
    review(make_campaign(), make_user(), number)
    release()
    for name in ("../r2", ".hidden", "", "a/b", "x" * 65):
        with pytest.raises(InputError, match="cannot name a release"):
            release(name)
    with pytest.raises(InputError, match="never overwritten"):
        release()
    (tmp_path / "releases" / "taken").mkdir()
    with pytest.raises(InputError, match="exists already"):
        release("taken")
    with pytest.raises(InputError, match="no basis of gold"):
        release("r2", query=ReleaseQuery(min_basis="best"))
    with pytest.raises(InputError, match="outside of the data root"):
        release("r2", data_root=tmp_path / "elsewhere")


def test_paths_start_from_the_data_root(describe, make_campaign, make_user, review, release, tmp_path, database):
    number = describe()
    review(make_campaign(), make_user(), number)
    (row,) = json.loads((release("r1", data_root=tmp_path.parent) / SFT).read_text())
    assert row["image"].startswith(f"{tmp_path.name}/images/")
    assert row["landmark"] == f"{tmp_path.name}/landmarks/1.npy"
    with database.read() as session:
        assert find_release(session, name="r1").data_root == str(tmp_path.parent)


def test_a_release_is_withdrawn_with_a_reason(
    describe, make_campaign, make_user, review, release, write, lead, database
):
    number = describe()
    review(make_campaign(), make_user(), number)
    folder = release()
    with database.read() as session:
        record = find_release(session, name="r1")
    with pytest.raises(InputError, match="Say why"):
        write(withdraw_release, release_id=record.id, actor_id=lead.id, reason=" ")
    write(withdraw_release, release_id=record.id, actor_id=lead.id, reason="AU9 was coded wrongly")
    with database.read() as session:
        assert find_release(session, name="r1").state == "withdrawn"
    assert verify_release(folder).problems == ()


def test_a_complete_release_cannot_be_changed_in_the_database(
    describe, make_campaign, make_user, review, release, database
):
    number = describe()
    review(make_campaign(), make_user(), number)
    release()
    with pytest.raises(DBAPIError, match="cannot be changed"), database.write() as session:
        session.execute(update(ReleaseRow).values(payload_sha256="0"))


def test_a_full_disk_leaves_nothing(
    describe, make_campaign, make_user, review, release, database, tmp_path, monkeypatch
):
    number = describe()
    review(make_campaign(), make_user(), number)

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("review.release_folder.os.fsync", full)
    with pytest.raises(EmolaError, match="No space left"):
        release()
    monkeypatch.undo()
    assert list((tmp_path / "releases").iterdir()) == []
    release()


@pytest.fixture
def write_apart(database_url, lead):
    """Start a process of its own that makes a release."""

    def make(folder, name, prepare):
        prepare()
        apart = Database(database_url)
        make_release(apart, name=name, folder=folder, actor_id=lead.id)

    def start(folder, name, prepare=lambda: None):
        writer = get_context("fork").Process(target=make, args=(folder, name, prepare))
        writer.start()
        return writer

    return start


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_a_release_complete_or_absent(
    describe, make_campaign, make_user, review, database, write_apart, tmp_path
):
    for number in (describe(), describe(split="eval")):
        review(make_campaign(ids=(number,)), make_user(), number, wrong={9: REWRITTEN})
    folder = tmp_path / "releases"
    started = time.perf_counter()
    write_apart(folder, "whole").join()
    needed = time.perf_counter() - started
    for trial in range(15):
        name = f"r{trial}"
        writer = write_apart(folder, name)
        time.sleep(needed * trial / 12)
        writer.kill()
        writer.join()
        recover_releases(database)
        with database.read() as session:
            record = find_release(session, name=name)
        assert (record is not None) == (folder / name).exists()
        if record is not None:
            assert record.state == "complete"
            assert verify_release(folder / name, database).problems == ()
    assert not list(folder.glob(".*.part"))
    with database.read() as session:
        assert verify_events(session).first_bad is None


@pytest.mark.parametrize(
    "moment",
    [
        "review.release_folder._write",
        "review.release_folder._encode",
        "review.release_folder.os.rename",
        "review.releasing.complete_release",
    ],
)
def test_an_interrupted_release_is_taken_back_on_the_next_start(
    describe, make_campaign, make_user, review, lead, database, write_apart, tmp_path, monkeypatch, moment
):
    """The writer dies at the moment named, without any chance to clean up."""
    number = describe()
    review(make_campaign(), make_user(), number)
    writer = write_apart(tmp_path, "r1", lambda: monkeypatch.setattr(moment, lambda *_args, **_options: os._exit(9)))
    writer.join()
    assert writer.exitcode == 9
    assert (tmp_path / "r1").exists() == (moment == "review.releasing.complete_release")
    assert recover_releases(database) == ["The release r1 was interrupted before it was complete; it was taken back."]
    assert [path.name for path in tmp_path.iterdir() if "r1" in path.name] == []
    with database.read() as session:
        assert list_releases(session) == []
    record = make_release(database, name="r1", folder=tmp_path, actor_id=lead.id)
    assert verify_release(Path(record.folder), database).problems == ()


def test_a_living_writer_is_left_alone(database, lead, tmp_path):
    with lock(tmp_path, "r1"):
        with database.write() as session:
            begin_release(session, name="r1", folder=str(tmp_path / "r1"), query={}, actor_id=lead.id)
        assert recover_releases(database) == []
        with pytest.raises(EmolaError, match="Another process"), lock(tmp_path, "r1"):
            pass
    assert recover_releases(database) == []  # no lock is left, so it may be written on another machine
