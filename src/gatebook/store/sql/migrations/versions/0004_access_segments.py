"""Registers of what was sealed of the access record: batches and segments."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "access_batches",
        sa.Column("batch_id", _KEY, primary_key=True),
        sa.Column("digest", sa.Text()),
        sa.Column("rows", sa.BigInteger()),
        sa.Column("repeated", sa.BigInteger()),
        sa.Column("segments", sa.Text()),
        sa.Column("sealed_at", sa.Text()),
        sa.Column("position", sa.BigInteger()),
    )
    op.create_index("ix_access_batches_digest", "access_batches", ["digest"])
    op.create_table(
        "access_segments",
        sa.Column("segment", _KEY, primary_key=True),
        sa.Column("month", sa.BigInteger()),
        sa.Column("rows", sa.BigInteger()),
        sa.Column("root", sa.Text()),
        sa.Column("labels", sa.Text()),
        sa.Column("batches", sa.Text()),
        sa.Column("first_at", sa.BigInteger()),
        sa.Column("last_at", sa.BigInteger()),
        sa.Column("sealed_at", sa.Text()),
        sa.Column("position", sa.BigInteger()),
    )
    op.create_index("ix_access_segments_month", "access_segments", ["month"])
