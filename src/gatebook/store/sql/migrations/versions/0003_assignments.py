"""Assignments: who held what, the ends that were moved, and triggers that refuse a second holder of one thing."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
#: Of what stands of one thing, none overlaps another: so the one that began last before the new end would overlap.
_OVERLAPS = (
    "(SELECT until_at FROM assignments WHERE key = NEW.key AND struck = 0 AND from_at < NEW.until_at"
    " ORDER BY from_at DESC LIMIT 1) > NEW.from_at"
)
#: An assignment is never made another one: its end may become earlier, and that is all.
_CHANGES = (
    "NEW.until_at > OLD.until_at OR NEW.key <> OLD.key OR NEW.account <> OLD.account OR NEW.from_at <> OLD.from_at"
    " OR NEW.kind <> OLD.kind OR NEW.thing <> OLD.thing OR NEW.noted_at <> OLD.noted_at"
)
_RULES = {"one_holder": ("INSERT", _OVERLAPS), "only_ends": ("UPDATE", _CHANGES)}


def upgrade() -> None:
    """Make the tables and their triggers."""
    op.create_table(
        "assignments",
        sa.Column("position", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("thing", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("account", _KEY, nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("struck", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.Integer(), nullable=False),
        sa.Column("under", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_assignments_key_from_at_struck", "assignments", ["key", "from_at", "struck"], unique=True)
    op.create_index("ix_assignments_account_from_at", "assignments", ["account", "from_at", "position", "number"])
    op.create_table(
        "assignment_ends",
        sa.Column("position", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("of_position", sa.BigInteger(), nullable=False),
        sa.Column("of_number", sa.Integer(), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("until_before", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_assignment_ends_of_nth", "assignment_ends", ["of_position", "of_number", "nth"], unique=True)
    op.create_table(
        "assignment_batches",
        sa.Column("position", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "assignment_lengths",
        sa.Column("family", sa.Text(), primary_key=True),
        sa.Column("length", sa.Integer(), primary_key=True, autoincrement=False),
    )
    make = _on_postgres if op.get_bind().dialect.name == "postgresql" else _on_sqlite
    for name, (act, refuses) in _RULES.items():
        make(name, act, refuses)


def _on_sqlite(name: str, act: str, refuses: str) -> None:
    op.execute(
        f"CREATE TRIGGER assignments_{name} BEFORE {act} ON assignments WHEN {refuses}"
        f" BEGIN SELECT RAISE(ABORT, 'assignments: {name}'); END"
    )


def _on_postgres(name: str, act: str, refuses: str) -> None:
    op.execute(
        f"CREATE FUNCTION assignments_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {refuses} THEN RAISE EXCEPTION 'assignments: {name}' USING ERRCODE = 'exclusion_violation'; END IF;"
        " RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER assignments_{name} BEFORE {act} ON assignments"
        f" FOR EACH ROW EXECUTE FUNCTION assignments_{name}()"
    )
