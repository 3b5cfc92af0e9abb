"""Alembic's entry point: run the migrations on the connection that ``upgrading`` hands over."""

from alembic import context

from review.schema import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
