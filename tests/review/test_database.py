"""Opening, upgrading and refusing databases; transactions that hold or leave no trace."""

import shutil
import sqlite3
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from emola.errors import EmolaError, InputError
from review.database import Database
from review.schema import Setting, Table
from review.store.events import append_event, verify_events


def settings(database):
    with database.read() as session:
        return set(session.scalars(select(Setting.key)))


def test_migrations_make_the_tables_of_the_models(database):
    with database.read() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_upgrading_again_changes_nothing(database):
    with database.write() as session:
        session.add(Setting(key="a", value="b"))
    database.upgrade()
    assert settings(database) == {"a"}


def test_a_failed_write_leaves_neither_rows_nor_events(database):
    with pytest.raises(ZeroDivisionError), database.write() as session:
        session.add(Setting(key="a", value="b"))
        append_event(session, actor_id=None, entity="setting", entity_id="a", action="set")
        session.flush()
        raise ZeroDivisionError
    assert settings(database) == set()
    with database.read() as session:
        assert verify_events(session).count == 0


def test_reading_cannot_write(database):
    with pytest.raises((EmolaError, DatabaseError)), database.read() as session:
        session.execute(text("INSERT INTO setting VALUES ('a', 'b')"))
    assert settings(database) == set()


def test_a_reader_keeps_its_view_while_others_write(tmp_path, sqlite_template):
    shutil.copy(sqlite_template, tmp_path / "review.db")
    database = Database(tmp_path / "review.db")
    with database.read() as session:
        assert session.scalars(select(Setting.key)).all() == []
        with database.write() as other:
            other.add(Setting(key="a", value="b"))
        assert session.scalars(select(Setting.key)).all() == []
    assert settings(database) == {"a"}
    database.close()


def test_a_newer_schema_is_refused(database):
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(InputError, match="9999, which this program does not know"):
        database.upgrade()


def test_a_database_of_another_program_is_refused(tmp_path):
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE photos (name TEXT)")
    database = Database(tmp_path / "other.db")
    with pytest.raises(InputError, match="another program"):
        database.upgrade()
    database.close()


def test_a_file_that_is_no_database_is_refused_and_stays_as_it_is(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("These are notes, and quite long ones. " * 99)
    with pytest.raises(InputError, match="not a readable SQLite database"):
        Database(path).upgrade()
    assert path.read_text().startswith("These are notes")


def test_a_file_that_another_program_keeps_locked_is_reported(tmp_path, sqlite_template, monkeypatch):
    monkeypatch.setattr("review.database.BUSY_MS", 50)
    shutil.copy(sqlite_template, tmp_path / "review.db")
    database = Database(tmp_path / "review.db")
    other = sqlite3.connect(tmp_path / "review.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(EmolaError, match="in use by another program"), database.write() as session:
        session.add(Setting(key="b", value="c"))
    other.execute("ROLLBACK")
    other.close()
    with database.write() as session:
        session.add(Setting(key="a", value="b"))
    database.close()


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("mysql://localhost/review", "mysql"),
        ("sqlite:///", "must be a file"),
        ("sqlite:///:memory:", "must be a file"),
        ("/nowhere/at/all/review.db", "folder /nowhere/at/all does not exist"),
        ("/tmp", "is a folder"),
        ("http//x://y", "no database URL"),
    ],
)
def test_what_is_no_database_is_refused_by_name(url, named):
    with pytest.raises(InputError, match=named):
        Database(url)


def test_a_server_that_does_not_answer_is_reported_without_its_password():
    database = Database("postgresql://anna:secret@127.0.0.1:1/review")
    with pytest.raises(EmolaError) as caught:
        database.upgrade()
    assert "127.0.0.1:1" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("module", ["review", "review.store.work", "review.store.reviews", "review.database"])
def test_the_store_loads_nothing_heavy(repository, module):
    heavy = ("torch", "cv2", "mediapipe", "transformers", "gradio", "insightface", "onnxruntime", "pandas", "scipy")
    code = f"import sys, {module}; print(*sorted(set(sys.modules) & set({heavy!r})))"
    run = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""
