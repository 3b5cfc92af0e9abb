"""The store at the size of FABA-Instruct: 36,040 descriptions, 50 reviewers. Times are printed."""

import hashlib
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from emola.answer import split_claims
from review.records import ReviewState
from review.schema import Assignment, Claim, Description, Image, Source, Suspicion
from review.store.reviews import open_review, save_draft
from review.store.work import lease_next

pytestmark = pytest.mark.timeout(3600)
DESCRIPTIONS = 36_040
PEOPLE = 50
TEXT = "1. AU4 - Brow Lowerer: Low.\n2. AU9 - Nose Wrinkler: Wrinkled.\n3. AU15 - Lip Corner Depressor: Down.\n"
CHUNK = 5000


@pytest.fixture(scope="session")
def postgres_options() -> str:
    """As a server is run in earnest: what is committed is on disk."""
    return "-c fsync=on"


@pytest.fixture
def whole_set(database) -> None:
    """As many images, descriptions, claims and suspicions as the published data has."""
    claims = split_claims(TEXT)
    with database.write() as session:
        source = Source(name="all", json_sha256="", images_dir="/", imported_at=datetime.now(UTC), report={})
        session.add(source)
        session.flush()
        for first in range(1, DESCRIPTIONS + 1, CHUNK):
            numbers = range(first, min(first + CHUNK, DESCRIPTIONS + 1))
            session.execute(insert(Image), [image_row(number, source.id) for number in numbers])
            session.execute(insert(Description), [description_row(number, source.id) for number in numbers])
            session.execute(
                insert(Claim), [claim_row(number, *pair) for number in numbers for pair in enumerate(claims)]
            )
            scores = [
                {"description_id": n, "score": n * 7919 % 10_007 / 10_007, "reasons": [], "version": "x"}
                for n in numbers
            ]
            session.execute(insert(Suspicion), scores)


def image_row(number: int, source: int) -> dict:
    sha = hashlib.sha256(str(number).encode()).hexdigest()
    return {"id": number, "source_id": source, "sha256": sha, "rel_path": f"{number}.jpg", "split": "train"} | {
        "width": 9,
        "height": 9,
    }


def description_row(number: int, source: int) -> dict:
    row = {"id": number, "image_id": number, "source_id": source, "task": "au", "row_id": str(number)}
    return row | {"origin_model": "m", "prompt": "?", "text": TEXT, "text_sha256": "", "parser_version": "x"}


def claim_row(number: int, place: int, claim) -> dict:
    row = {"description_id": number, "ord": place, "kind": "au", "start": claim.start, "end": claim.end}
    return row | {"action_unit": claim.action_unit, "more_units": [], "side": "N", "negated": False}


def shown(name: str, times: list[float]) -> str:
    ordered = sorted(times)
    at = [1000 * ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.95)]
    return f"{name:<12} {len(times):>5} times, median {at[0]:6.2f} ms, p95 {at[1]:6.2f} ms"


def test_fifty_reviewers_over_the_whole_set(
    database, whole_set, make_campaign, make_user, run_crowd, check_store, write, capsys
):
    start = time.perf_counter()
    campaign = make_campaign(overlap=2)
    laid_out = time.perf_counter() - start
    alone = one_person(write, campaign, make_user())
    crowd = run_crowd(campaign, [make_user() for _ in range(PEOPLE)], items=12, pause=0.5)
    check_store(campaign, crowd)
    assert len(crowd.submitted) > PEOPLE * 6
    with capsys.disabled():
        print(f"\n{database.dialect}, {DESCRIPTIONS} descriptions, overlap 2; queue laid out in {laid_out:.1f} s")
        for title, found in (("one person", alone), (f"{PEOPLE} people at once", crowd.seconds)):
            print(title, *(shown(name, times) for name, times in found.items()), sep="\n  ")


def one_person(write, campaign, person) -> dict[str, list[float]]:
    """Time the two calls a person waits for most, with nobody else there."""
    times: dict[str, list[float]] = {"lease_next": [], "save_draft": []}

    def timed(name, function, **options):
        start = time.perf_counter()
        result = write(function, **options)
        times[name].append(time.perf_counter() - start)
        return result

    for _ in range(200):
        lease = timed("lease_next", lease_next, campaign_id=campaign.id, reviewer_id=person.id)
        review = write(open_review, assignment_id=lease.assignment_id, reviewer_id=person.id)
        me = {"review_id": review.id, "reviewer_id": person.id}
        for version in (1, 2, 3):
            timed("save_draft", save_draft, **me, version=version, state=ReviewState(note=f"note {version}"))
        write(take_out, assignment_id=lease.assignment_id)
    return times


def take_out(session, *, assignment_id: int) -> None:
    """Count a place as done, so that the next one is given out."""
    slot = session.get_one(Assignment, assignment_id)
    slot.state, slot.lease_until = "submitted", None
