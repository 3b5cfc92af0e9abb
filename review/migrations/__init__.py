"""Alembic migrations of the review database; ``upgrading`` runs them, no alembic.ini is needed."""
