"""The log: chained, appended only, and what changes it from outside is found."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from review.schema import Event
from review.store.events import GENESIS, append_event, chain_hash, head, list_events, verify_events

NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, UTC)


@pytest.fixture
def log(database):
    def act(*actions, **fields):
        with database.write() as session:
            for action in actions:
                options = {"actor_id": None, "entity": "thing", "entity_id": 7, "now": NOON} | fields
                append_event(session, action=action, **options)

    return act


def test_events_stand_on_each_other(log, database):
    log("one", "two")
    log("three")
    with database.read() as session:
        rows = session.scalars(select(Event).order_by(Event.id)).all()
        assert [row.id for row in rows] == [1, 2, 3]
        assert rows[0].previous_hash == GENESIS
        assert all(after.previous_hash == before.hash for before, after in pairwise(rows))
        assert head(session) == (3, rows[2].hash)
        assert (verify_events(session).count, verify_events(session).first_bad) == (3, None)


def test_the_hash_is_that_of_the_canonical_json():
    row = {"at": NOON, "actor_id": 3, "entity": "e", "entity_id": "1", "action": "a", "before": None}
    row["after"] = {"b": "é", "a": [1, 0.5]}
    # by the program sha256sum, of this in one line: {"action":"a","actor_id":3,"after":{"a":[1,0.5],"b":"é"},
    # "at":"2026-11-23T12:00:00.123456+00:00","before":null,"entity":"e","entity_id":"1","previous_hash":"00"}
    assert chain_hash(row, "00") == "6540ce9e8bc7ebf23338110ec8ff2c778351593e743ed12510939f9b0df330b8"


def test_keys_and_numbers_survive_the_database(log, database):
    log("odd", after={10: "ten", 9: "nine", "float": 0.1, "tuple": (1, 2), "text": "\u2028 'é\" \\"})
    with database.read() as session:
        assert verify_events(session).first_bad is None
        (event,) = list_events(session, entity="thing", entity_id=7)
        assert event.after["tuple"] == [1, 2]


@pytest.mark.parametrize("statement", ["UPDATE event SET action = 'other'", "DELETE FROM event WHERE id = 2"])
def test_the_database_itself_refuses_to_change_the_log(log, database, statement):
    log("one", "two")
    with pytest.raises(IntegrityError, match="appended only"), database.write() as session:
        session.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE event SET action = 'other' WHERE id = 2", 2),
        ("UPDATE event SET hash = 'x' WHERE id = 3", 3),
        ("DELETE FROM event WHERE id = 2", 3),
        ("UPDATE event SET actor_id = NULL, at = '2020-01-01 00:00:00+00:00' WHERE id = 1", 1),
    ],
)
def test_what_was_changed_behind_the_triggers_is_found(log, database, statement, found):
    log("one", "two", "three")
    with database.write() as session:
        for operation in ("update", "delete"):
            drop = f"DROP TRIGGER guard_event_{operation}"
            session.execute(text(drop if database.dialect == "sqlite" else f"{drop} ON event"))
        session.execute(text(statement))
    with database.read() as session:
        assert verify_events(session).first_bad == found


def test_what_is_no_json_is_refused(log):
    with pytest.raises(ValueError, match="JSON"):
        log("odd", after={"x": float("nan")})
