"""The release of a turn of the loop: looked for before it begins, made once, made anew where its writer was killed."""

import pytest

from emola.errors import InputError
from review.loop_releases import find_for_loop, make_for_loop, shown
from review.release_folder import lock_file
from review.store.people import LOOP, ensure_user, find_user
from review.store.releases import begin_release, list_releases


@pytest.fixture
def correct(describe, make_campaign, make_user, review):
    """Review one description, of a picture of the training or the evaluation split."""

    def act(split):
        number = describe(split=split, label="4" if split == "eval" else None)
        review(make_campaign(), make_user(), number)

    return act


@pytest.fixture
def url(database_url, database):
    return database_url


def test_a_release_of_training_corrections_can_be_learnt_from_but_not_measured_on(correct, release, url):
    correct("train")
    folder = release("spring")
    found = find_for_loop(url, "spring", False, False)
    assert found is not None and found[0] == folder
    with pytest.raises(InputError, match=r"^The release 'spring' holds no benchmark labels.*--data") as refused:
        find_for_loop(url, "spring", False, True)
    assert "--unlabelled" not in str(refused.value)
    with pytest.raises(InputError, match=r"^A release of what is gold in .* holds no benchmark labels"):
        find_for_loop(url, "new", True, True)
    assert find_for_loop(url, "new", True, False) is None


def test_a_release_with_benchmark_labels_needs_no_other_data(correct, release, url):
    correct("eval")
    assert find_for_loop(url, "new", True, True) is None
    folder = release("autumn")
    assert (folder / "benchmark" / "au.jsonl").stat().st_size
    assert find_for_loop(url, "autumn", False, True)[0] == folder


def test_a_refusal_writes_nothing(url, database, tmp_path):
    with pytest.raises(InputError, match="There is no complete release 'none' in"):
        find_for_loop(url, "none", False, False)
    with pytest.raises(InputError, match="nothing to release yet"):
        find_for_loop(url, "new", True, False)
    with database.read() as session:
        assert find_user(session, login=LOOP) is None
    with pytest.raises(InputError, match="There is no review database"):
        find_for_loop(str(tmp_path / "typo.db"), "none", False, False)
    assert not (tmp_path / "typo.db").exists()


def test_the_loop_makes_its_release_once_also_after_a_kill(correct, database, url, tmp_path):
    correct("train")
    folder = tmp_path / "releases"
    left = lock_file(folder, "loop-1")
    left.parent.mkdir(parents=True, exist_ok=True)
    left.touch()
    with database.write() as session:  # a release whose writer was killed
        me = ensure_user(session, login=LOOP, role="lead")
        begin_release(session, name="loop-1", folder=str(folder.resolve() / "loop-1"), query={}, actor_id=me.id)
    with pytest.raises(InputError, match="There is no complete release 'loop-1'"):
        find_for_loop(url, "loop-1", False, False)
    assert find_for_loop(url, "loop-1", True, False) is None
    made = make_for_loop(url, folder, "loop-1")
    assert made[0] == folder.resolve() / "loop-1" and (made[0] / "manifest.json").is_file()
    assert find_for_loop(url, "loop-1", True, False) == made == find_for_loop(url, "loop-1", False, False)
    with database.read() as session:
        assert [release.name for release in list_releases(session)] == ["loop-1"]


def test_no_password_is_shown():
    assert shown("review.db") == "review.db"
    said = shown("postgresql://ann:secret@server/review")
    assert "secret" not in said and "ann:***@server/review" in said
