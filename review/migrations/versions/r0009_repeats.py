"""Verdicts that follow from those on other claims; and what nothing ever read goes."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

UNREAD = (("assignment", "skip_reason"), ("description", "words"), ("span_mark", "quote"))
"""Columns that were written only. Why somebody skipped is in ``skipped_description``, a marked span in the text."""


def upgrade() -> None:
    """Change the tables; SQLite 3.35 and later drops a column in place."""
    op.add_column("claim_verdict", sa.Column("follows", sa.Boolean(), server_default=sa.false(), nullable=False))
    for table, column in UNREAD:
        op.drop_column(table, column)
    op.drop_table("metric_snapshot")
