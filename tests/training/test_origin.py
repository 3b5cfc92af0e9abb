"""What is known of an adapter: its release with manifest and revision, or the hashes of plain data and of its run."""

import json

import pytest

from training.loop.turn import write_lineage
from training.origin import origin_of

AU, EMOTION, REVISION, MANIFEST = "a" * 64, "e" * 64, "1" * 40, "9" * 64


@pytest.fixture
def adapter(tmp_path):
    """The adapter of a run on two files."""
    folder = tmp_path / "run" / "adapter"
    folder.mkdir(parents=True)
    data = {"1 emotion x.json": {"task": "emotion", "sha256": EMOTION}, "2 au y.json": {"task": "au", "sha256": AU}}
    (folder.parent / "data.json").write_text(json.dumps(data))
    (folder.parent / "run.json").write_text(json.dumps({"git": REVISION}))
    return folder


def test_a_release_is_known_by_its_manifest_and_the_revision_that_made_it(adapter):
    release = {"release": "pilot-1", "manifest_sha256": MANIFEST, "git_revision": "2" * 40}
    write_lineage(adapter, {**release, "data": "Release pilot-1", "seed": 3, "base": "base"})
    assert origin_of(f"base+{adapter}") == {**release, "seed": "3"}


def test_plain_data_is_known_by_its_files_and_the_revision_of_the_run(adapter):
    write_lineage(adapter, {"data": "small faces", "seed": 1, "base": "base"})
    expected = {
        "data": "small faces",
        "git_revision": REVISION,
        "seed": "1",
        "au_sha256": AU,
        "emotion_sha256": EMOTION,
    }
    assert origin_of(f"base+{adapter}") == expected


def test_nothing_is_known_of_a_base_and_a_broken_lineage_says_so(adapter, monkeypatch):
    assert origin_of("base") == origin_of(f"base+{adapter}") == {}
    (adapter / "lineage.json").write_text("{")
    monkeypatch.chdir(adapter)
    assert origin_of("base") == {}, "the lineage that lies where the program was started is none of the base"
    assert origin_of(f"base+{adapter}") == {"lineage": f"cannot be read (JSONDecodeError in {adapter})"}
