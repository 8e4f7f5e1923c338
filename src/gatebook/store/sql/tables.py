"""Tables of the state database; the register tables are made from the registers' own description.

The trap guarded against: a register column that exists in one of ledger fold and database only.
"""

from __future__ import annotations

import sqlalchemy as sa

from gatebook.record.registers import REGISTERS, Register
from gatebook.store.sql.engine import KEY

METADATA = sa.MetaData()
_TYPES = {"text": sa.Text, "int": sa.BigInteger, "bool": sa.Boolean, "json": sa.Text}
_INDEXED = {
    "applications": ("state", "person_id"),
    "accounts": ("application_id", "person_id", "status"),
    "reviews": ("state", "application_id"),
    "records": ("person_id", "application_id"),
    "determinations": ("application_id",),
    "access_batches": ("digest",),
    "access_segments": ("month",),
    "demands": ("state", "notice"),
    "demand_checks": ("demand_id",),
    "holds": ("state", "demand_id"),
    "productions": ("demand_id",),
    "disclosures": ("demand_id",),
}


def _register_table(register: Register) -> sa.Table:
    columns = [
        sa.Column(name, KEY if name == register.key else _TYPES[kind](), primary_key=name == register.key)
        for name, kind in register.columns.items()
    ]
    indexes = [sa.Index(f"ix_{register.name}_{name}", name) for name in _INDEXED.get(register.name, ())]
    return sa.Table(register.name, METADATA, *columns, *indexes)


ENTRIES = sa.Table(
    "ledger_entries",
    METADATA,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("entry", sa.LargeBinary, nullable=False),
    sa.Column("leaf_hash", sa.LargeBinary, nullable=False),
)
HEAD = sa.Table(
    "ledger_head",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
)
RECORDS = sa.Table(
    "sealed_records",
    METADATA,
    sa.Column("record_id", KEY, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("ciphertext", sa.LargeBinary, nullable=False),
    sa.Column("sealed_at", sa.Text, nullable=False),
)
TAGS = sa.Table(
    "index_tags",
    METADATA,
    sa.Column("record_id", KEY, primary_key=True),
    sa.Column("field", KEY, primary_key=True),
    sa.Column("tag", sa.LargeBinary, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Index("ix_index_tags_field_tag", "field", "tag"),
)
OUTBOX = sa.Table(
    "outbox",
    METADATA,
    sa.Column("message_id", KEY, primary_key=True),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("due_at", sa.Text),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Index("ix_outbox_state_due_at", "state", "due_at"),
)
SHELF = sa.Table(
    "shelf",
    METADATA,
    sa.Column("kind", KEY, primary_key=True),
    sa.Column("key", KEY, primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
    sa.Column("expires_at", sa.Text, index=True),
)
ASSIGNMENTS = sa.Table(
    "assignments",
    METADATA,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("thing", sa.Text, nullable=False),
    sa.Column("key", sa.LargeBinary, nullable=False),
    sa.Column("account", KEY, nullable=False),
    sa.Column("from_at", sa.BigInteger, nullable=False),
    sa.Column("until_at", sa.BigInteger, nullable=False),
    sa.Column("struck", sa.BigInteger, nullable=False),
    sa.Column("ends", sa.Integer, nullable=False),
    sa.Column("under", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("noted_at", sa.BigInteger, nullable=False),
    sa.Index("ix_assignments_key_from_at_struck", "key", "from_at", "struck", unique=True),
    sa.Index("ix_assignments_account_from_at", "account", "from_at", "position", "number"),
)
ASSIGNMENT_ENDS = sa.Table(
    "assignment_ends",
    METADATA,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("of_position", sa.BigInteger, nullable=False),
    sa.Column("of_number", sa.Integer, nullable=False),
    sa.Column("nth", sa.Integer, nullable=False),
    sa.Column("until_before", sa.BigInteger, nullable=False),
    sa.Column("until_at", sa.BigInteger, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("noted_at", sa.BigInteger, nullable=False),
    sa.Index("ix_assignment_ends_of_nth", "of_position", "of_number", "nth", unique=True),
)
ASSIGNMENT_BATCHES = sa.Table(
    "assignment_batches",
    METADATA,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("salt", sa.LargeBinary, nullable=False),
)
ASSIGNMENT_LENGTHS = sa.Table(
    "assignment_lengths",
    METADATA,
    sa.Column("family", sa.Text, primary_key=True),
    sa.Column("length", sa.Integer, primary_key=True, autoincrement=False),
)
BY_REGISTER = {name: _register_table(register) for name, register in REGISTERS.items()}
