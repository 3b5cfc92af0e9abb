"""Moving a database to another one: everything arrives, and the rest of the work goes on there."""

import pytest
from sqlalchemy import func, select, text, update

from emola.errors import InputError
from review.database import Database
from review.migrating import migrate, table_digest
from review.records import UnitState, VerdictState
from review.releasing import make_release
from review.schema import Gold, Image, Table, User
from review.store.events import append_event, verify_events
from review.store.people import create_user

ABSENT = VerdictState("wrong", "H1", 2, replacement="")


@pytest.fixture
def filled(database, make_description, make_campaign, make_user, review, tmp_path):
    """Reviews of two people, superseded gold, a conflict and a release."""
    first, second = make_description(), make_description()
    campaign, anna, berta = make_campaign(overlap=2), make_user("anna ä"), make_user("berta")
    for person in (anna, berta):
        review(campaign, person, first, units={12: UnitState("present", "B")})
    review(campaign, anna, second)
    review(campaign, berta, second, wrong={9: ABSENT})
    lead = make_user("lead", role="lead")
    make_release(database, name="r1", folder=tmp_path / "releases", actor_id=lead.id)
    return database


@pytest.fixture
def empty(database, request, tmp_path):
    """An empty database of the other dialect."""
    if database.dialect == "postgresql":
        other = Database(tmp_path / "other.db")
    else:
        server = request.getfixturevalue("postgres_server")
        request.getfixturevalue("make_postgres")("copy_of_review")
        other = Database(f"{server}/copy_of_review")
    yield other
    other.close()


@pytest.fixture
def make_postgres(postgres_server):
    import psycopg

    names = []

    def run(statement):
        with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as connection:
            connection.execute(statement)

    def make(name):
        run(f"CREATE DATABASE {name}")
        names.append(name)

    yield make
    for name in names:
        run(f"DROP DATABASE {name} WITH (FORCE)")


def digests(database):
    with database.read() as session:
        return {table.name: table_digest(session, table) for table in Table.metadata.sorted_tables}


def test_everything_arrives_and_work_goes_on(filled, empty):
    with filled.write() as session:
        session.execute(update(Image).values(split="eval"))  # the release was right when it was made
    seen = []
    report = migrate(filled, empty, progress=lambda *done: seen.append(done))
    assert digests(empty) == digests(filled)
    assert {table.name: (table.rows, table.sha256) for table in report.tables} == digests(filled)
    assert report.events > 10
    assert ("event", report.events, report.events) in seen
    with empty.write() as session:
        newest = session.scalar(select(func.max(User.id)))
        assert create_user(session, login="new", password=None, role="viewer").id == newest + 1
        append_event(session, actor_id=None, entity="test", entity_id=1, action="go on")
        assert session.scalar(select(func.count(Gold.id)).where(Gold.superseded_by.is_not(None))) > 0
    with empty.read() as session:
        assert verify_events(session).first_bad is None


def test_the_guards_are_back_afterwards(filled, empty):
    migrate(filled, empty)
    from sqlalchemy.exc import DBAPIError

    with pytest.raises(DBAPIError, match="cannot be changed"), empty.write() as session:
        session.execute(text("DELETE FROM release_row"))


def test_only_into_an_empty_database(filled, empty):
    migrate(filled, empty)
    with pytest.raises(InputError, match="already holds rows in"):
        migrate(filled, empty)
    with pytest.raises(InputError, match="Source and target are both"):
        migrate(filled, filled)


def test_a_forged_log_is_not_copied(filled, empty):
    with filled.write() as session:
        if filled.dialect == "postgresql":
            session.execute(text("ALTER TABLE event DISABLE TRIGGER USER"))
        else:
            session.execute(text("DROP TRIGGER guard_event_update"))
        session.execute(text("UPDATE event SET action = 'nothing' WHERE id = 2"))
    with pytest.raises(InputError, match="does not hold from event 2 on"):
        migrate(filled, empty)
    with empty.read() as session:
        assert session.scalar(select(func.count(User.id))) == 0
