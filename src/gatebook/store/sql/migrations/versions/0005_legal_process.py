"""Registers of legal process, and what a person's records are sealed under once some of them ended."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables and columns."""
    for name in ("sealed_under", "trimming", "trimmed"):
        op.add_column("persons", sa.Column(name, sa.Text()))
    op.create_table(
        "demands",
        sa.Column("demand_id", _KEY, primary_key=True),
        sa.Column("state", sa.Text()),
        sa.Column("instrument", sa.Text()),
        sa.Column("jurisdiction", sa.Text()),
        sa.Column("recipient", sa.Text()),
        sa.Column("channel", sa.Text()),
        sa.Column("document", sa.Text()),
        sa.Column("record_id", sa.Text()),
        sa.Column("received_at", sa.Text()),
        sa.Column("is_emergency", sa.Boolean()),
        sa.Column("due_at", sa.Text()),
        sa.Column("due_rule", sa.Text()),
        sa.Column("scope", sa.Text()),
        sa.Column("classes", sa.Text()),
        sa.Column("ruled_by", sa.Text()),
        sa.Column("searched_record", sa.Text()),
        sa.Column("production_id", sa.Text()),
        sa.Column("notice", sa.Text()),
        sa.Column("notice_until", sa.Text()),
        sa.Column("noticed_at", sa.Text()),
        sa.Column("answered_at", sa.Text()),
        sa.Column("closed_at", sa.Text()),
        sa.Column("outcome", sa.Text()),
        sa.Column("retain_until", sa.Text()),
        sa.Column("retain_rule", sa.Text()),
        sa.Column("position", sa.BigInteger()),
    )
    op.create_index("ix_demands_state", "demands", ["state"])
    op.create_index("ix_demands_notice", "demands", ["notice"])
    op.create_table(
        "demand_checks",
        sa.Column("check_id", _KEY, primary_key=True),
        sa.Column("demand_id", sa.Text()),
        sa.Column("check", sa.Text()),
        sa.Column("verdict", sa.Text()),
        sa.Column("by", sa.Text()),
        sa.Column("at", sa.Text()),
        sa.Column("record_id", sa.Text()),
        sa.Column("position", sa.BigInteger()),
    )
    op.create_index("ix_demand_checks_demand_id", "demand_checks", ["demand_id"])
    op.create_table(
        "holds",
        sa.Column("hold_id", _KEY, primary_key=True),
        sa.Column("demand_id", sa.Text()),
        sa.Column("hold_kind", sa.Text()),
        sa.Column("state", sa.Text()),
        sa.Column("scope", sa.Text()),
        sa.Column("persons", sa.Text()),
        sa.Column("accounts", sa.Text()),
        sa.Column("placed_at", sa.Text()),
        sa.Column("until", sa.Text()),
        sa.Column("rule", sa.Text()),
        sa.Column("renewed_at", sa.Text()),
        sa.Column("lapsed_at", sa.Text()),
        sa.Column("overtaken", sa.Text()),
        sa.Column("ended_at", sa.Text()),
        sa.Column("cause", sa.Text()),
        sa.Column("position", sa.BigInteger()),
    )
    op.create_index("ix_holds_state", "holds", ["state"])
    op.create_index("ix_holds_demand_id", "holds", ["demand_id"])
    op.create_table(
        "productions",
        sa.Column("production_id", _KEY, primary_key=True),
        sa.Column("demand_id", sa.Text()),
        sa.Column("state", sa.Text()),
        sa.Column("record_id", sa.Text()),
        sa.Column("items", sa.Text()),
        sa.Column("accounts", sa.BigInteger()),
        sa.Column("records", sa.BigInteger()),
        sa.Column("events", sa.BigInteger()),
        sa.Column("classes", sa.Text()),
        sa.Column("proposed_by", sa.Text()),
        sa.Column("proposed_at", sa.Text()),
        sa.Column("approved_by", sa.Text()),
        sa.Column("approved_at", sa.Text()),
        sa.Column("digest", sa.Text()),
        sa.Column("bytes", sa.BigInteger()),
        sa.Column("sealed_to", sa.Text()),
        sa.Column("built_at", sa.Text()),
        sa.Column("position", sa.BigInteger()),
    )
    op.create_index("ix_productions_demand_id", "productions", ["demand_id"])
    op.create_table(
        "disclosures",
        sa.Column("disclosure_id", _KEY, primary_key=True),
        sa.Column("demand_id", sa.Text()),
        sa.Column("production_id", sa.Text()),
        sa.Column("basis", sa.Text()),
        sa.Column("recipient", sa.Text()),
        sa.Column("jurisdiction", sa.Text()),
        sa.Column("classes", sa.Text()),
        sa.Column("records", sa.BigInteger()),
        sa.Column("events", sa.BigInteger()),
        sa.Column("digest", sa.Text()),
        sa.Column("made_at", sa.Text()),
        sa.Column("position", sa.BigInteger()),
    )
    op.create_index("ix_disclosures_demand_id", "disclosures", ["demand_id"])
