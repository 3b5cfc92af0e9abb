"""The release of a turn of the loop: named by the turn, made once, made anew where its writer was killed."""

import pytest

from emola.errors import InputError
from review.loop_releases import LOGIN, release_of
from review.release_folder import lock_file
from review.store.people import ensure_user
from review.store.releases import begin_release, list_releases


def test_the_loop_makes_its_release_once_also_after_a_kill(
    database, database_url, make_campaign, make_user, describe, review, tmp_path
):
    number = describe(label="4")
    review(make_campaign(ids=(number,)), make_user(), number)
    folder = tmp_path / "releases"
    with pytest.raises(InputError, match="There is no complete release 'loop-1'"):
        release_of(database_url, folder, "loop-1", False)
    left = lock_file(folder, "loop-1")
    left.parent.mkdir(parents=True, exist_ok=True)
    left.touch()
    with database.write() as session:  # a release whose writer was killed
        me = ensure_user(session, login=LOGIN, role="lead")
        begin_release(session, name="loop-1", folder=str(folder.resolve() / "loop-1"), query={}, actor_id=me.id)
    made = release_of(database_url, folder, "loop-1", True)
    assert made[0] == folder.resolve() / "loop-1" and (made[0] / "manifest.json").is_file()
    manifest = (made[0] / "manifest.json").read_bytes()
    assert release_of(database_url, folder, "loop-1", True) == made == release_of(database_url, folder, "loop-1", False)
    assert (made[0] / "manifest.json").read_bytes() == manifest
    with database.read() as session:
        assert [release.name for release in list_releases(session)] == ["loop-1"]
