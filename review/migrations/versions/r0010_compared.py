"""The training formats take no picture that was never compared with the evaluation pictures."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

TRAINING_ONLY = "an eval image, a near-duplicate of one or an image not compared cannot enter a training release"
IS_EVAL = """NEW.format IN ('sft', 'preference') AND (
    EXISTS (SELECT 1 FROM image e WHERE e.split = 'eval' AND e.phash IS NULL)
    OR EXISTS (
        SELECT 1 FROM description d JOIN image i ON i.id = d.image_id
        WHERE d.id = NEW.description_id AND (i.split <> 'train' OR i.phash IS NULL OR EXISTS (
            SELECT 1 FROM image other WHERE other.dup_group = i.dup_group AND other.split <> 'train'))))"""


def upgrade() -> None:
    """Exchange the trigger, and index what it looks for: pictures without a hash are few."""
    unhashed = sa.text("phash IS NULL")
    op.create_index("ix_image_unhashed", "image", ["split"], sqlite_where=unhashed, postgresql_where=unhashed)
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            f"CREATE OR REPLACE FUNCTION guard_release_row_eval() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {IS_EVAL} THEN RAISE EXCEPTION '{TRAINING_ONLY}' USING ERRCODE = 'integrity_constraint_violation'; "
            f"END IF; RETURN NEW; END $$"
        )
        return
    op.execute("DROP TRIGGER guard_release_row_eval")
    op.execute(
        f"CREATE TRIGGER guard_release_row_eval BEFORE INSERT ON release_row WHEN {IS_EVAL} "
        f"BEGIN SELECT RAISE(ABORT, '{TRAINING_ONLY}'); END"
    )
