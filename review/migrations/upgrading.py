"""Bringing a database to the schema of this program."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from emola.errors import InputError

UPGRADE_LOCK = 5240405053
"""Key of the PostgreSQL advisory lock that lets one program at a time upgrade."""


def upgrade_schema(connection: Connection) -> None:
    """Run the migrations that the database lacks, inside the transaction of ``connection``.

    Raises:
        InputError: the schema is newer than this program, or the database belongs to another program.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
    scripts = ScriptDirectory(str(Path(__file__).parent))
    known = {script.revision for script in scripts.walk_revisions()}
    current = MigrationContext.configure(connection).get_current_heads()
    if unknown := set(current) - known:
        raise InputError(
            f"The database has schema {sorted(unknown)[0]}, which this program does not know; "
            "it was written by a newer version: update this program."
        )
    if not current and inspect(connection).get_table_names():
        raise InputError("The database holds tables of another program; give an empty database or a new file.")
    if set(current) != set(scripts.get_heads()):
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
        command.upgrade(config, "head")
