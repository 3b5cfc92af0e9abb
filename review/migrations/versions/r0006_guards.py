"""What the database itself refuses: changed events, changed releases, eval images in training data."""

from alembic import op

revision = "0006"
down_revision = "0005"

APPEND_ONLY = "the event log is appended only"
FROZEN = "a complete release cannot be changed"
TRAINING_ONLY = "an eval image, or a near-duplicate of one, cannot enter a training release"
PLANTED = "a planted error cannot enter a release"

IS_FROZEN = "(SELECT state FROM release WHERE id = OLD.release_id) <> 'writing'"
IS_EVAL = """NEW.format IN ('sft', 'preference') AND EXISTS (
    SELECT 1 FROM description d JOIN image i ON i.id = d.image_id
    WHERE d.id = NEW.description_id AND (i.split <> 'train' OR EXISTS (
        SELECT 1 FROM image other WHERE other.dup_group = i.dup_group AND other.split <> 'train')))"""
IS_PLANTED = """EXISTS (
    SELECT 1 FROM assignment a WHERE a.description_id = NEW.description_id AND a.stratum = 'planted')"""

GUARDS = (
    ("event_update", "UPDATE", "event", "true", APPEND_ONLY),
    ("event_delete", "DELETE", "event", "true", APPEND_ONLY),
    ("release_row_update", "UPDATE", "release_row", IS_FROZEN, FROZEN),
    ("release_row_delete", "DELETE", "release_row", IS_FROZEN, FROZEN),
    ("release_row_eval", "INSERT", "release_row", IS_EVAL, TRAINING_ONLY),
    ("release_row_planted", "INSERT", "release_row", IS_PLANTED, PLANTED),
)
"""Name, operation, table, the condition that is refused, and the message."""


def upgrade() -> None:
    """Make the triggers, in the words of either dialect."""
    make = _postgresql if op.get_context().dialect.name == "postgresql" else _sqlite
    for name, operation, table, condition, message in GUARDS:
        make(name, operation, table, condition, message)


def _sqlite(name: str, operation: str, table: str, condition: str, message: str) -> None:
    op.execute(
        f"CREATE TRIGGER guard_{name} BEFORE {operation} ON {table} WHEN {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )


def _postgresql(name: str, operation: str, table: str, condition: str, message: str) -> None:
    row = "OLD" if operation == "DELETE" else "NEW"
    op.execute(
        f"CREATE FUNCTION guard_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN "
        f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        f"RETURN {row}; END $$"
    )
    op.execute(
        f"CREATE TRIGGER guard_{name} BEFORE {operation} ON {table} FOR EACH ROW EXECUTE FUNCTION guard_{name}()"
    )
