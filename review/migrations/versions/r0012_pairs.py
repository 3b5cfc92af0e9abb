"""Which description a text with a planted error was made from, in a column that leases can look up."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the column with its foreign key, as both dialects take it, and fill it from where it was kept before."""
    op.execute(
        "ALTER TABLE planted_error ADD COLUMN original_id INTEGER "
        "CONSTRAINT fk_planted_error_original_id REFERENCES description (id)"
    )
    op.create_index(op.f("ix_planted_error_original_id"), "planted_error", ["original_id"])
    planted = sa.table(
        "planted_error", sa.column("description_id"), sa.column("truth", sa.JSON), sa.column("original_id")
    )
    bind = op.get_bind()
    rows: Any = bind.execute(sa.select(planted.c.description_id, planted.c.truth)).all()
    for number, truth in rows:
        if "original" in truth:
            values = {"original_id": truth.pop("original"), "truth": truth}
            bind.execute(planted.update().where(planted.c.description_id == number).values(values))
