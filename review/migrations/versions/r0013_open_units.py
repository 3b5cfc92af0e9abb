"""Which action units the label of a scored item leaves open; sums that do not know it are worked out anew."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the column; drop the scores of a database that has some, and note that they are missing."""
    op.add_column("scored_item", sa.Column("new_open", sa.BigInteger(), nullable=True))
    setting = sa.table("setting", sa.column("key"), sa.column("value"))
    bind = op.get_bind()
    if bind.execute(sa.text("SELECT 1 FROM scored_item WHERE reviewed LIMIT 1")).first() is None:
        return
    for table in ("score_total", "scored_answer", "scored_item", "scored_run"):
        op.execute(f"DELETE FROM {table}")
    bind.execute(setting.delete().where(setting.c.key == "scores"))
    bind.execute(setting.insert().values(key="scores", value="missing"))
