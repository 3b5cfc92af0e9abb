"""One gold change at the size of FABA-Instruct: 36,040 descriptions, all evaluated, and the answers of 10 runs."""

import statistics
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, insert, select

import review.database
from emola.answer import split_claims
from review.database import Database
from review.predictions import read_answer
from review.records import ReviewState, VerdictState
from review.rescoring import ScoreBoard, rescore_all
from review.schema import Claim, Description, Image, Prediction, ScoreChange, ScoredAnswer, Source
from review.store.coded_rows import claims_of
from review.store.reviews import open_review, submit
from review.store.work import lease_description
from training.benchmark.rouge_l import rouge_f

pytestmark = pytest.mark.timeout(3600)
DESCRIPTIONS, RUNS, CHANGES = 36_040, 10, 30
TEXT = "1. AU4 - Brow Lowerer: Low.\n2. AU12 - Lip Corner Puller: Up.\n3. AU25 - Lips Part: Apart.\n"
ANSWERS = ["AU4 and AU12 are visible.", "AU12 and AU25 are visible.", "AU4, AU12 and AU25 are visible.", "No AU."]


@pytest.fixture
def database(sqlite_template, tmp_path):
    """SQLite on disk, with ROUGE-L as the app has it."""
    path = tmp_path / "review.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(path, rouge_f)
    yield database
    database.close()


@pytest.fixture
def everything(database) -> None:
    """Images, descriptions, claims and predictions, not yet scored."""
    claims, reads = split_claims(TEXT), {text: read_answer(text, "au") for text in ANSWERS}
    with database.write() as session:
        source = Source(name="all", json_sha256="", images_dir="/", imported_at=datetime.now(UTC), report={})
        session.add(source)
        session.flush()
        numbers = range(1, DESCRIPTIONS + 1)
        session.execute(insert(Image), [image_row(number, source.id) for number in numbers])
        session.execute(insert(Description), [description_row(number, source.id) for number in numbers])
        session.execute(insert(Claim), [claim_row(n, place, c) for n in numbers for place, c in enumerate(claims)])
        for run in range(RUNS):
            texts = [ANSWERS[(number * (run + 3)) % len(ANSWERS)] for number in numbers]
            rows = [prediction_row(n, run, text, reads[text]) for n, text in zip(numbers, texts, strict=True)]
            session.execute(insert(Prediction), rows)


def image_row(number: int, source: int) -> dict:
    named = {"sha256": str(number), "rel_path": f"{number}.jpg", "split": "eval"}
    return {"id": number, "source_id": source, "width": 256, "height": 256} | named


def description_row(number: int, source: int) -> dict:
    shared = {"task": "au", "origin_model": "gpt-4v", "prompt": "", "text": TEXT, "parser_version": "test"}
    return shared | {
        "id": number,
        "image_id": number,
        "source_id": source,
        "row_id": str(number),
        "text_sha256": str(number),
    }


def claim_row(number: int, place: int, claim) -> dict:
    shared = {"more_units": [], "emotion": None, "side": "N", "intensity": None, "negated": False}
    placed = {"description_id": number, "ord": place, "start": claim.start, "end": claim.end}
    return shared | placed | {"kind": "au", "action_unit": claim.action_unit}


def prediction_row(image: int, run: int, text: str, read: dict) -> dict:
    named = {"model": f"m{run}", "run": f"run{run}", "version": "test"}
    return named | {"image_id": image, "task": "au", "text": text, "read": read}


class Stopwatch:
    """Calls a function and adds up wall and processor time of the calls (seconds)."""

    def __init__(self, function) -> None:
        self.function, self.calls = function, []

    def __call__(self, *values):
        begun = time.perf_counter(), time.process_time()
        self.function(*values)
        self.calls.append((time.perf_counter() - begun[0], time.process_time() - begun[1]))


def test_one_gold_change_scores_ten_runs_in_milliseconds(
    database, everything, make_campaign, make_user, monkeypatch, capsys
):
    scratch, report = Stopwatch(rescore_all), Stopwatch(ScoreBoard(database).report)
    scratch(database)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(ScoredAnswer)) == DESCRIPTIONS * RUNS
    campaign, person = make_campaign(ids=tuple(range(1, CHANGES + 1))), make_user()
    scoring = Stopwatch(review.database.rescore_queued)
    monkeypatch.setattr(review.database, "rescore_queued", scoring)
    changes = Stopwatch(lambda number: one_change(database, campaign, person, number))
    for number in range(1, CHANGES + 1):
        changes(number)
    scored = [call for call in scoring.calls if call[1] > 0.001]
    report()
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(ScoreChange)) == CHANGES
    with capsys.disabled():
        print(f"\n{DESCRIPTIONS:,} descriptions x {RUNS} runs; scoring after one gold change: {told(scored)}")
        print(f"lease, review and submit with it: {told(changes.calls)}")
        print(f"from scratch: {told(scratch.calls)}")
        print(f"the dashboard's part: {told(report.calls)}")
    assert statistics.median(wall for wall, _ in scored) < 1.0


def one_change(database, campaign, person, number: int) -> None:
    """Submit a review that finds one claim wrong."""
    with database.write() as session:
        lease = lease_description(session, campaign_id=campaign.id, reviewer_id=person.id, description_id=number)
        begun = open_review(session, assignment_id=lease.assignment_id, reviewer_id=person.id)
        claims = [claim.id for claim in claims_of(session, description_id=number)]
    verdicts = {claim: VerdictState("correct") for claim in claims}
    verdicts[claims[number % 3]] = VerdictState("wrong", "H1", 2, replacement="")
    mine = {"review_id": begun.id, "reviewer_id": person.id, "version": begun.version, "token": f"{number}"}
    with database.write() as session:
        submit(session, state=ReviewState(verdicts=verdicts), **mine)


def told(calls: list[tuple[float, float]]) -> str:
    wall, cpu = ([1000 * call[place] for call in calls] for place in (0, 1))
    return (
        f"median {statistics.median(wall):,.0f} ms, slowest {max(wall):,.0f} ms of {len(calls)}; "
        f"processor time median {statistics.median(cpu):,.0f} ms"
    )
