"""No release takes a text that was made to hold an error, whether it was handed out or not."""

from alembic import op

revision = "0011"
down_revision = "0010"

PLANTED = "a planted error cannot enter a release"
IS_PLANTED = """(EXISTS (
    SELECT 1 FROM assignment a WHERE a.description_id = NEW.description_id AND a.stratum = 'planted')
    OR EXISTS (SELECT 1 FROM description d WHERE d.id = NEW.description_id AND d.origin_run = 'planted errors'))"""


def upgrade() -> None:
    """Exchange the trigger."""
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            f"CREATE OR REPLACE FUNCTION guard_release_row_planted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {IS_PLANTED} THEN RAISE EXCEPTION '{PLANTED}' USING ERRCODE = 'integrity_constraint_violation'; "
            f"END IF; RETURN NEW; END $$"
        )
        return
    op.execute("DROP TRIGGER guard_release_row_planted")
    op.execute(
        f"CREATE TRIGGER guard_release_row_planted BEFORE INSERT ON release_row WHEN {IS_PLANTED} "
        f"BEGIN SELECT RAISE(ABORT, '{PLANTED}'); END"
    )
