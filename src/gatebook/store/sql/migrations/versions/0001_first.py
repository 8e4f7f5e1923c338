"""The first schema: ledger, registers, sealed records, outbox, shelf."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
#: A key is compared by its bytes, so that pages in the order of their cursors are read from the key's own index.
_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make every table and the one head row."""
    op.create_table(
        "accounts",
        sa.Column("account_id", _KEY, primary_key=True),
        sa.Column("application_id", sa.Text()),
        sa.Column("person_id", sa.Text()),
        sa.Column("account_type", sa.Text()),
        sa.Column("status", sa.Text()),
        sa.Column("conditions", sa.Text()),
        sa.Column("personhood", sa.Text()),
        sa.Column("is_reseller", sa.Boolean()),
        sa.Column("opened_at", sa.Text()),
        sa.Column("closed_at", sa.Text()),
        sa.Column("cause", sa.Text()),
        sa.Column("for_cause", sa.Boolean()),
        sa.Column("screened_at", sa.Text()),
        sa.Column("determination_id", sa.Text()),
        sa.Column("position", sa.BigInteger()),
        sa.Column("retain_until", sa.Text()),
        sa.Column("retain_rule", sa.Text()),
    )
    op.create_index("ix_accounts_application_id", "accounts", ["application_id"])
    op.create_index("ix_accounts_person_id", "accounts", ["person_id"])
    op.create_index("ix_accounts_status", "accounts", ["status"])
    op.create_table(
        "applications",
        sa.Column("application_id", _KEY, primary_key=True),
        sa.Column("person_id", sa.Text()),
        sa.Column("account_type", sa.Text()),
        sa.Column("product", sa.Text()),
        sa.Column("state", sa.Text()),
        sa.Column("outcome", sa.Text()),
        sa.Column("waiting_on", sa.Text()),
        sa.Column("due", sa.Text()),
        sa.Column("conditions", sa.Text()),
        sa.Column("personhood", sa.Text()),
        sa.Column("received_at", sa.Text()),
        sa.Column("determined_at", sa.Text()),
        sa.Column("determination_id", sa.Text()),
        sa.Column("account_id", sa.Text()),
        sa.Column("claims_record", sa.Text()),
        sa.Column("edition", sa.Text()),
        sa.Column("is_reseller", sa.Boolean()),
        sa.Column("position", sa.BigInteger()),
        sa.Column("retain_until", sa.Text()),
        sa.Column("retain_rule", sa.Text()),
    )
    op.create_index("ix_applications_person_id", "applications", ["person_id"])
    op.create_index("ix_applications_state", "applications", ["state"])
    op.create_table(
        "determinations",
        sa.Column("determination_id", _KEY, primary_key=True),
        sa.Column("application_id", sa.Text()),
        sa.Column("person_id", sa.Text()),
        sa.Column("asked_on", sa.Text()),
        sa.Column("at", sa.Text()),
        sa.Column("edition", sa.Text()),
        sa.Column("outcome", sa.Text()),
        sa.Column("record_id", sa.Text()),
        sa.Column("position", sa.BigInteger()),
    )
    op.create_index("ix_determinations_application_id", "determinations", ["application_id"])
    op.create_table(
        "index_tags",
        sa.Column("record_id", _KEY, primary_key=True),
        sa.Column("field", _KEY, primary_key=True),
        sa.Column("tag", sa.LargeBinary(), primary_key=True),
        sa.Column("subject", sa.Text(), nullable=False),
    )
    op.create_index("ix_index_tags_field_tag", "index_tags", ["field", "tag"])
    op.create_index("ix_index_tags_subject", "index_tags", ["subject"])
    op.create_table(
        "keys",
        sa.Column("key_id", _KEY, primary_key=True),
        sa.Column("made_by", sa.Text()),
        sa.Column("scopes", sa.Text()),
        sa.Column("made_at", sa.Text()),
        sa.Column("revoked_at", sa.Text()),
        sa.Column("position", sa.BigInteger()),
    )
    op.create_table(
        "ledger_entries",
        sa.Column("position", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "lists",
        sa.Column("list_id", _KEY, primary_key=True),
        sa.Column("digest", sa.Text()),
        sa.Column("parties", sa.BigInteger()),
        sa.Column("refused_rows", sa.BigInteger()),
        sa.Column("loaded_at", sa.Text()),
        sa.Column("position", sa.BigInteger()),
    )
    op.create_table(
        "outbox",
        sa.Column("message_id", _KEY, primary_key=True),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.Text()),
        sa.Column("detail", sa.Text(), nullable=False),
    )
    op.create_index("ix_outbox_state_due_at", "outbox", ["state", "due_at"])
    op.create_table(
        "persons",
        sa.Column("person_id", _KEY, primary_key=True),
        sa.Column("was_listed", sa.Boolean()),
        sa.Column("shredding", sa.Text()),
        sa.Column("shredded_at", sa.Text()),
        sa.Column("shred_rule", sa.Text()),
    )
    op.create_table(
        "records",
        sa.Column("record_id", _KEY, primary_key=True),
        sa.Column("person_id", sa.Text()),
        sa.Column("application_id", sa.Text()),
        sa.Column("kind", sa.Text()),
        sa.Column("commitment", sa.Text()),
        sa.Column("sealed_at", sa.Text()),
        sa.Column("position", sa.BigInteger()),
    )
    op.create_index("ix_records_application_id", "records", ["application_id"])
    op.create_index("ix_records_person_id", "records", ["person_id"])
    op.create_table(
        "reviews",
        sa.Column("review_id", _KEY, primary_key=True),
        sa.Column("application_id", sa.Text()),
        sa.Column("account_id", sa.Text()),
        sa.Column("person_id", sa.Text()),
        sa.Column("state", sa.Text()),
        sa.Column("cause", sa.Text()),
        sa.Column("opened_at", sa.Text()),
        sa.Column("disposition", sa.Text()),
        sa.Column("match", sa.Text()),
        sa.Column("four_eyes", sa.Boolean()),
        sa.Column("proposed_by", sa.Text()),
        sa.Column("approved_by", sa.Text()),
        sa.Column("closed_at", sa.Text()),
        sa.Column("outcome", sa.Text()),
        sa.Column("position", sa.BigInteger()),
    )
    op.create_index("ix_reviews_application_id", "reviews", ["application_id"])
    op.create_index("ix_reviews_state", "reviews", ["state"])
    op.create_table(
        "sealed_records",
        sa.Column("record_id", _KEY, primary_key=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.Text(), nullable=False),
    )
    op.create_index("ix_sealed_records_subject", "sealed_records", ["subject"])
    op.create_table(
        "shelf",
        sa.Column("kind", _KEY, primary_key=True),
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.Text()),
    )
    op.create_index("ix_shelf_expires_at", "shelf", ["expires_at"])
    op.execute("INSERT INTO ledger_head (id, size) VALUES (1, 0)")
