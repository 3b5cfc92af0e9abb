"""Releases for the loop: the one that was named or a new one, and that of a rendered sample corrected by script."""

from pathlib import Path

from emola.errors import InputError
from review.console import open_database
from review.database import Database, parse_url
from review.importing import import_faba
from review.planting import read_errors
from review.releasing import make_release, preview_release, recover_releases
from review.scripted import review_campaign
from review.store.campaigns import CampaignFilter, create_campaign, list_campaigns
from review.store.people import LOOP, ensure_user
from review.store.releases import ReleaseRecord, find_release, list_releases

CORRECTED = "corrected"


def find_for_loop(url: str, name: str, can_be_made: bool, labelled: bool) -> tuple[Path, Path] | None:
    """Return folder and data root of a release, or None where it is still to be made; nothing is written.

    Args:
        url: of a database that exists.
        name: of the release.
        can_be_made: whether one that is not there is made later, of all that is gold now.
        labelled: whether it must hold benchmark labels, since nothing else is measured on.

    Raises:
        InputError: there is no database or no complete release of that name, nothing to release, or no such label.
    """
    with open_database(url) as database:
        found = _find_complete(database, name)
        if found is None and not can_be_made:
            raise InputError(
                f"There is no complete release {name!r} in {shown(url)}; make it, or name none to have one made."
            )
        rows = found.counts if found is not None else _rows_now(database, shown(url))
    if labelled and not any(rows.get(f"benchmark/{task}.jsonl") for task in ("au", "emotion")):
        which = f"The release {name!r}" if found is not None else f"A release of what is gold in {shown(url)}"
        raise InputError(
            f"{which} holds no benchmark labels, since no corrected picture is of an evaluation split; say with --data "
            "what to measure on (a folder with evaluation JSON, a data set or another release)."
        )
    return _places(found) if found is not None else None


def make_for_loop(url: str, folder: Path, name: str) -> tuple[Path, Path]:
    """Make a release of all that is gold now, anew where it was only begun; return its folder and data root.

    Args:
        url: of the database.
        folder: where new releases are put.
        name: of the release.

    Raises:
        InputError: there is nothing to release.
    """
    with open_database(url) as database:
        recover_releases(database)
        with database.write() as session:
            actor = ensure_user(session, login=LOOP, role="lead")
        return _places(make_release(database, name=name, folder=folder, actor_id=actor.id))


def shown(url: str) -> str:
    """Return what a user named as database, without its password."""
    return parse_url(url).render_as_string(hide_password=True) if "://" in url else url


def complete_releases(database: Database) -> list[tuple[Path, Path]]:
    """Return folder and data root of every complete release whose folder is still there, the newest first."""
    with database.read() as session:
        found = list_releases(session, state="complete")
    places = [_places(release) for release in sorted(found, key=lambda release: release.at, reverse=True)]
    return [(folder, root) for folder, root in places if folder.is_dir()]


def corrected_sample(sample: Path, out: Path) -> Path:
    """Import a rendered sample, let the scripted reviewer correct it, and return the folder of its release.

    Killed at any moment, the same call goes on.

    Args:
        sample: made by ``training.synthetic`` with planted errors.
        out: where the database and the release go.
    """
    database = Database(out / "review.db")
    database.upgrade()
    recover_releases(database)
    found = _find_complete(database, CORRECTED)
    if found is not None:
        return Path(found.folder)
    for task in ("au", "emotion"):
        import_faba(database, json_path=sample / "train" / f"train_{task}_anno.json", images_dir=sample, task=task)
    with database.write() as session:
        actor = ensure_user(session, login=LOOP, role="lead")
        campaigns = [campaign for campaign in list_campaigns(session) if campaign.name == CORRECTED]
        campaign = (
            campaigns[0]
            if campaigns
            else create_campaign(session, name=CORRECTED, filter=CampaignFilter(), random_rate=0.0, actor_id=actor.id)
        )
    errors = read_errors(sorted(sample.glob("*/errors.jsonl")))
    review_campaign(database, campaign_id=campaign.id, reviewer_id=actor.id, errors=errors)
    release = make_release(database, name=CORRECTED, folder=out / "releases", actor_id=actor.id, data_root=sample)
    return Path(release.folder)


def _find_complete(database: Database, name: str) -> ReleaseRecord | None:
    with database.read() as session:
        found = find_release(session, name=name)
    return found if found is not None and found.state == "complete" else None


def _rows_now(database: Database, url: str) -> dict[str, int]:
    """Return by file how many rows a release of all that is gold now would hold; InputError where it would be empty."""
    preview = preview_release(database)
    if preview.is_empty:
        raise InputError(f"There is nothing to release yet in {url}: nothing in it has been reviewed to the end.")
    return preview.counts


def _places(release: ReleaseRecord) -> tuple[Path, Path]:
    return Path(release.folder), Path(str(release.data_root))
