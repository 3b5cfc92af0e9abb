"""Processes that are killed while they import, save, submit and release."""

import json
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import get_context

import pytest
from PIL import Image
from sqlalchemy import func, select

from review.database import Database
from review.importing import import_faba
from review.releasing import make_release, recover_releases, verify_release
from review.schema import Assignment, Claim, ClaimVerdict, Description
from review.store.events import verify_events
from review.store.releases import list_releases
from review.store.reviews import get_review, save_draft, submit, undo_submit
from review.store.revisions import revisions, verify_revisions

Report = Callable[[object], object]


@pytest.fixture
def kill_during(database_url) -> Callable[..., list[str]]:
    """Run ``work(database, report)`` in a process of its own and SIGKILL it; return what it had reported by then.

    The kill comes ``seconds`` after the report number ``reports``, so that it hits in the middle of what follows.
    """

    def kill(work: Callable[[Database, Report], None], *, reports: int, seconds: float) -> list[str]:
        reading, writing = os.pipe()
        child = get_context("fork").Process(target=_work, args=(work, database_url, reading, writing))
        child.start()
        os.close(writing)
        with os.fdopen(reading) as pipe:
            reported = [pipe.readline() for _ in range(reports)]
            time.sleep(seconds)
            os.kill(child.pid, signal.SIGKILL)
            reported += pipe.readlines()
        child.join()
        assert child.exitcode == -signal.SIGKILL, "it ended by itself"
        return [line.strip() for line in reported if line.endswith("\n")]

    return kill


def _work(work: Callable[[Database, Report], None], url: str, reading: int, writing: int) -> None:
    os.close(reading)
    database = Database(url)
    with os.fdopen(writing, "w", buffering=1) as pipe:
        work(database, lambda line: pipe.write(f"{line}\n"))


@pytest.fixture
def prove_saving(
    database, kill_during, make_description, make_campaign, make_user, begin, judged
) -> Callable[..., None]:
    """Kill a process that saves, submits and takes back one review for ever; look after each kill."""

    def prove(*, kills: int) -> None:
        make_description()
        person = make_user()
        review = begin(make_campaign(), person)
        chance, state = random.Random(kills), judged(review)
        me = {"review_id": review.id, "reviewer_id": person.id}

        def work(own: Database, report: Report) -> None:
            with own.read() as session:
                now = get_review(session, review_id=review.id)
            while True:
                with own.write() as session:
                    if now.status == "submitted":
                        now = undo_submit(session, **me)
                    elif now.state.note == f"version {now.version - 1}":
                        token = f"token {now.version}"
                        now = submit(session, **me, version=now.version, state=now.state, token=token)
                    else:
                        note = replace(state, note=f"version {now.version}")
                        now = save_draft(session, **me, version=now.version, state=note)
                report(now.version)

        for _ in range(kills):
            reported = kill_during(work, reports=chance.randint(1, 4), seconds=chance.uniform(0, 0.03))
            with database.read() as session:
                saved = get_review(session, review_id=review.id)
                assert int(reported[-1]) <= saved.version <= int(reported[-1]) + 1
                listed = [row.version for row in revisions(session, review_id=review.id)]
                assert listed == [*range(1, saved.version + 1)]
                coded = session.scalar(select(func.count()).where(ClaimVerdict.review_id == review.id))
                assert coded == (len(state.verdicts) if saved.status == "submitted" else 0)
                assert session.scalar(select(Assignment.state)) == ("submitted" if coded else "leased")
                assert verify_events(session).first_bad is None
                assert verify_revisions(session).first_bad is None

    return prove


@pytest.fixture
def prove_importing(database, kill_during, tmp_path) -> Callable[..., None]:
    """Kill imports of ever new files, finish each, and count."""
    for number in range(10):
        Image.new("RGB", (40, 40), (number, 90, 120)).save(tmp_path / f"{number}.png")

    def prove(*, kills: int) -> None:
        chance, size = random.Random(kills), 30
        for kill in range(kills):
            path = tmp_path / f"train_{kill}.json"
            path.write_text(json.dumps([faba_record(kill, number) for number in range(size)]))
            options = {"json_path": path, "images_dir": tmp_path, "split": "train", "task": "au", "batch": 3}

            def work(own: Database, report: Report, options=options) -> None:
                while True:
                    import_faba(own, **options, progress=lambda *counts: report(counts))

            kill_during(work, reports=chance.randint(1, size // 3), seconds=chance.uniform(0, 0.02))
            last = import_faba(database, **options)
            assert (last.inserted + last.already_there, last.skipped) == (size, ())
            with database.read() as session:
                assert session.scalar(select(func.count()).select_from(Description)) == size * (kill + 1)
                tiled = select(func.sum(Claim.end - Claim.start), func.count(Claim.ord.distinct()), func.count())
                query = tiled.add_columns(func.max(func.length(Description.text))).join(Description)
                for covered, places, claims, length in session.execute(query.group_by(Claim.description_id)):
                    assert covered == length
                    assert places == claims
                assert verify_events(session).first_bad is None

    return prove


def faba_record(kill: int, number: int) -> dict:
    """A record in the training form; every file has texts of its own about the same pictures."""
    answer = f"1. AU4 - Brow Lowerer: Low, case {kill}.{number}.\n2. AU12 - Lip Corner Puller: The corners rise."
    question = "Which facial action units are shown?\n<image>"
    conversation = [{"from": "human", "value": question}, {"from": "gpt", "value": answer}]
    name = f"{number % 10}.png"
    return {"source": "x", "image": name, "id": f"{kill}-{number}", "conversations": conversation, "landmark": "l.npy"}


@pytest.fixture
def prove_releasing(database, kill_during, tmp_path, make_description, make_campaign, make_user, begin, judged, write):
    """Kill a process that makes one release after another; what it finished is whole, what it did not is gone."""

    def prove(*, kills: int) -> None:
        for _ in range(3):
            make_description()
        campaign, person, lead = make_campaign(), make_user(), make_user(role="lead")
        for token in ("one", "two", "three"):
            review = begin(campaign, person)
            me = {"review_id": review.id, "reviewer_id": person.id, "version": review.version}
            write(submit, **me, state=judged(review), token=token)
        chance, folder = random.Random(kills), tmp_path / "releases"

        def work(own: Database, report: Report) -> None:
            while True:
                name = f"r{time.time_ns()}"
                make_release(own, name=name, folder=folder, actor_id=lead.id)
                report(name)

        finished: list[str] = []
        for _ in range(kills):
            finished += kill_during(work, reports=chance.randint(0, 1), seconds=chance.uniform(0, 0.1))
            recover_releases(database)
            with database.read() as session:
                complete = {record.name for record in list_releases(session)}
                assert {record.state for record in list_releases(session)} <= {"complete"}
                assert verify_events(session).first_bad is None
            assert set(finished) <= complete
            assert complete == {path.name for path in folder.glob("[!.]*") if path.is_dir()}
        for name in complete:
            assert verify_release(folder / name, database).problems == ()

    return prove
