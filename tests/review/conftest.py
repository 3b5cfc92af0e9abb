"""A review database on SQLite and on PostgreSQL for every test, and builders for what it holds."""

import hashlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from emola.answer import split_claims
from review.database import Database
from review.records import JUDGED_KINDS, ReviewState, VerdictState
from review.schema import Claim, Description, Image, PlantedError, Source, Suspicion
from review.store.campaigns import CampaignFilter, CampaignRecord, create_campaign
from review.store.coded_rows import claims_of
from review.store.people import UserRecord, create_user
from review.store.reviews import ReviewRecord, open_review
from review.store.work import lease_next

KINDS = {"action unit": "au", "emotion": "emotion", "other": "detail"}
AU_TEXT = (
    "The face shows these action units:\n\n"
    "1. AU4 - Brow Lowerer: The brows are lowered and drawn together.\n"
    "2. AU9 - Nose Wrinkler: The skin over the nose is wrinkled.\n"
    "3. AU15 - Lip Corner Depressor: The corners of the mouth are pulled down.\n"
)
numbers = count(1)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory) -> Path:
    """An empty SQLite database of the present schema, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    with closing(Database(path)) as database:
        database.upgrade()
    return path


def postgres_programs() -> Path | None:
    """Folder of initdb and pg_ctl, on the path or where Debian puts them."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "pg_ctl").exists()), None)


def server_account() -> str | None:
    """Whom to run the server as: initdb refuses root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), "")


@pytest.fixture(scope="session")
def postgres_options() -> str:
    """Options of the server; what its disk keeps after a power cut does not matter to most tests."""
    return "-c fsync=off"


@pytest.fixture(scope="session")
def postgres_server(postgres_options) -> Iterator[str]:
    """URL (without a database name) of a PostgreSQL server of our own on a free port of this machine."""
    programs, account = postgres_programs(), server_account()
    if programs is None or account == "":
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="review-pg-"))
    if account:
        shutil.chown(folder, account)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(*command: str) -> None:
        subprocess.run(command, user=account, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    data = str(folder / "data")
    run(str(programs / "initdb"), "-D", data, "-U", "review", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200"
    control = [str(programs / "pg_ctl"), "-D", data]
    run(*control, "-w", "-l", str(folder / "log"), "-o", f"{options} {postgres_options}", "start")
    try:
        yield f"postgresql://review@127.0.0.1:{port}"
    finally:
        run(*control, "-m", "immediate", "stop")
        shutil.rmtree(folder)


def on_server(server: str, statement: str) -> None:
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture(scope="session")
def postgres_template(postgres_server) -> str:
    """The server's URL, once it has a database of the present schema to be copied."""
    on_server(postgres_server, "CREATE DATABASE template_review")
    with closing(Database(f"{postgres_server}/template_review")) as database:
        database.upgrade()
    return postgres_server


@pytest.fixture
def sqlite_url(sqlite_template, tmp_path) -> str:
    """URL of an empty SQLite database of the present schema."""
    shutil.copy(sqlite_template, tmp_path / "review.db")
    return f"sqlite:///{tmp_path / 'review.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request) -> Iterator[str]:
    """URL of an empty database of the present schema, on each dialect."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    server = request.getfixturevalue("postgres_template")
    name = f"review_{next(numbers)}"
    on_server(server, f"CREATE DATABASE {name} TEMPLATE template_review")
    yield f"{server}/{name}"
    on_server(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_url) -> Iterator[Database]:
    """An empty database of the present schema, on each dialect."""
    with closing(Database(database_url)) as database:
        yield database


@pytest.fixture
def make_user(database) -> Callable[..., UserRecord]:
    """Make a user; without a password nobody can log in as them (hashing one takes time)."""

    def make(login: str | None = None, *, role: str = "reviewer", password: str | None = None) -> UserRecord:
        with database.write() as session:
            return create_user(session, login=login or f"user{next(numbers)}", password=password, role=role)

    return make


@pytest.fixture
def make_image(database, tmp_path) -> Callable[..., int]:
    """Make an image row and return its id; the file itself is not made."""

    def make(*, split: str = "train", dup_group: int | None = None, rel_path: str | None = None, hashed=True) -> int:
        number = next(numbers)
        phash = hashlib.sha256(f"looks {dup_group or number}".encode()).hexdigest()[:16]
        with database.write() as session:
            source = Source(
                name=f"source{number}",
                json_sha256=hashlib.sha256(str(number).encode()).hexdigest(),
                images_dir=str(tmp_path),
                imported_at=datetime.now(UTC),
                report={},
            )
            session.add(source)
            session.flush()
            image = Image(
                source_id=source.id,
                sha256=hashlib.sha256(f"image {number}".encode()).hexdigest(),
                rel_path=rel_path or f"images/{number}.jpg",
                split=split,
                width=256,
                height=256,
                phash=phash if hashed else None,
                dup_group=dup_group,
            )
            session.add(image)
            session.flush()
            return image.id

    return make


@pytest.fixture
def make_description(database, make_image) -> Callable[..., int]:
    """Make a description with its claims and return its id."""

    def make(
        text: str = AU_TEXT,
        *,
        task: str = "au",
        image_id: int | None = None,
        split: str = "train",
        origin_model: str = "gpt-4v",
        suspicion: float | None = None,
        planted: str | None = None,
    ) -> int:
        image_id = image_id or make_image(split=split)
        with database.write() as session:
            description = Description(
                image_id=image_id,
                source_id=session.get_one(Image, image_id).source_id,
                task=task,
                row_id=str(next(numbers)),
                origin_model=origin_model,
                prompt="Which facial action units are shown?",
                text=text,
                text_sha256=hashlib.sha256(text.encode()).hexdigest(),
                parser_version="test",
            )
            session.add(description)
            session.flush()
            session.add_all(claim_rows(description.id, text))
            if suspicion is not None:
                session.add(Suspicion(description_id=description.id, score=suspicion, reasons=[], version="test"))
            if planted is not None:
                session.add(PlantedError(description_id=description.id, code=planted, truth={}))
            return description.id

    return make


def claim_rows(description_id: int, text: str) -> list[Claim]:
    return [
        Claim(
            description_id=description_id,
            ord=ord_,
            kind=KINDS[claim.kind],
            start=claim.start,
            end=claim.end,
            action_unit=claim.action_unit,
            more_units=list(claim.more_units),
            emotion=claim.name if claim.kind == "emotion" else None,
            side=claim.side.value[0].upper() if claim.side_stated else "N",
            intensity=claim.intensity.value if claim.intensity else None,
            negated=claim.negated,
        )
        for ord_, claim in enumerate(split_claims(text))
    ]


@pytest.fixture
def make_campaign(database, make_user) -> Callable[..., CampaignRecord]:
    """Make an open campaign over every description there is (or over ``ids``)."""

    def make(*, ids: tuple[int, ...] | None = None, actor_id: int | None = None, **options) -> CampaignRecord:
        actor_id = actor_id or make_user(role="lead").id
        options.setdefault("name", f"campaign{next(numbers)}")
        with database.write() as session:
            return create_campaign(session, filter=CampaignFilter(ids=ids), actor_id=actor_id, **options)

    return make


@pytest.fixture
def write(database) -> Callable[..., Any]:
    """Run one function of the store in a transaction of its own."""

    def act(function: Callable[..., Any], **options: Any) -> Any:
        with database.write() as session:
            return function(session, **options)

    return act


@pytest.fixture
def read(database) -> Callable[..., Any]:
    """Run one function of the store that only reads."""

    def act(function: Callable[..., Any], **options: Any) -> Any:
        with database.read() as session:
            return function(session, **options)

    return act


@pytest.fixture
def begin(write) -> Callable[..., ReviewRecord]:
    """Lease the next description of a campaign for a person and open its review."""

    def act(campaign: CampaignRecord, user: UserRecord, now: datetime | None = None) -> ReviewRecord:
        lease = write(lease_next, campaign_id=campaign.id, reviewer_id=user.id, now=now)
        return write(open_review, assignment_id=lease.assignment_id, reviewer_id=user.id, now=now)

    return act


@pytest.fixture
def judged(read) -> Callable[..., ReviewState]:
    """A state fit to submit: the first claim about the face wrong (H1) and deleted, the others right."""

    def make(review: ReviewRecord, **more: Any) -> ReviewState:
        found = read(claims_of, description_id=review.description_id)
        claims = [claim.id for claim in found if claim.kind in JUDGED_KINDS]
        wrong = {claims[0]: VerdictState("wrong", "H1", 2, replacement="", milliseconds=900)}
        return ReviewState(verdicts=wrong | {claim: VerdictState("correct") for claim in claims[1:]}, **more)

    return make
