"""The offer beside two models' answers: one press opens a blind check, a second one only says how it stands."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from PIL import Image

from emola.errors import InputError
from review.__main__ import main
from review.blind_offers import BlindOffers
from review.errors import NotAllowed
from review.store.blind_checks import list_checks
from review.store.campaigns import get_campaign, set_state


@pytest.fixture
def database_url(sqlite_url):
    """SQLite alone: what differs between the dialects is tested with the store."""
    return sqlite_url


@pytest.fixture
def make_run(tmp_path):
    """Make a finished run over seven pictures."""
    (tmp_path / "data").mkdir()
    for face in range(7):
        Image.new("RGB", (8, 8), (face, 0, 0)).save(tmp_path / "data" / f"{face}.png")

    def make(name, tasks=("au", "emotion"), finished=True):
        folder = tmp_path / name
        (folder / "parts").mkdir(parents=True)
        described = {"identity": {"model": name}, "model": name, "root": str(tmp_path / "data")}
        (folder / "run.json").write_text(json.dumps(described))
        for task in tasks:
            said = f"AU4 is what {name} sees." if task == "au" else f"It is anger, says {name}."
            rows = [{"id": f"{face}", "task": task, "image": f"{face}.png", "prediction": said} for face in range(7)]
            path = f"predictions_{task}.jsonl" if finished else f"parts/journal-{task}.jsonl"
            (folder / path).write_text("".join(json.dumps(row) + "\n" for row in rows))
        return folder

    return make


@pytest.fixture
def offers(database, make_user):
    """The offer as somebody sees it."""

    def see(role="lead"):
        user = make_user(role=role)
        return BlindOffers(database, lambda request: user)

    return see


def checks(database):
    with database.read() as session:
        return list_checks(session)


def test_one_press_opens_a_check_and_a_second_one_says_how_it_stands(offers, make_run, database, write, read):
    see, old, new = offers(), make_run("before"), make_run("after")
    assert see.state(old, new) is None
    said = see.ask(old, new, SimpleNamespace())
    (check,) = checks(database)
    assert check.campaign.name == f"Blind check {datetime.now(UTC):%Y-%m-%d}" and f"“{check.campaign.name}”" in said
    assert (check.faces, check.campaign.total, {pair.task for pair in check.pairs}) == (7, 14, {"au"})
    assert "7 faces" in said and "0 are judged" in said and "before" not in said.replace("answers here before", "")
    assert see.ask(old, new, SimpleNamespace()) == see.state(old, new) == see.state(new, old) == said
    assert len(checks(database)) == 1
    campaign = read(get_campaign, campaign_id=check.campaign.id)
    write(set_state, campaign_id=campaign.id, state="closed", actor_id=1, version=campaign.version)
    assert "is over" in see.state(old, new)


def test_a_second_pair_of_runs_gets_a_name_and_a_task_of_its_own(offers, make_run, database):
    see = offers()
    see.ask(make_run("one"), make_run("two"), None)
    see.ask(make_run("before", ("emotion",)), make_run("after"), None)
    second, first = checks(database)
    assert second.campaign.name == f"{first.campaign.name} (2)"
    assert {pair.task for pair in second.pairs} == {"emotion"}


def test_what_cannot_be_compared_is_said_and_only_leads_ask(offers, make_run, database):
    old = make_run("before")
    with pytest.raises(InputError, match="not finished"):
        offers().ask(old, make_run("half", finished=False), None)
    with pytest.raises(InputError, match="no benchmark run"):
        offers().ask(old, old.parent / "none", None)
    assert offers().may_ask(None) and not offers("reviewer").may_ask(None)
    with pytest.raises(NotAllowed):
        offers("reviewer").ask(old, make_run("after"), None)
    with pytest.raises(NotAllowed):
        offers("reviewer").command("a", "b", None)
    assert checks(database) == []


def test_the_command_of_a_job_asks_on_the_database_of_the_environment(
    offers, make_run, database, database_url, monkeypatch, capsys
):
    monkeypatch.setenv("EMOLA_DB", database_url)
    command = offers().command(str(make_run("before")), str(make_run("after")), None)
    for _ in range(2):  # a job that was killed just after it asked asks again
        assert main(command) == 0
        assert "asks reviewers about 7 faces" in capsys.readouterr().out
    assert len(checks(database)) == 1
