"""The ``State`` port over SQLite or PostgreSQL, and its migrations.

The trap guarded against: a database one version behind the program that writes it.
"""

from __future__ import annotations

import importlib.resources
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext

from gatebook.store.sql.assignments import SqlAssignments
from gatebook.store.sql.engine import begin, make_engine
from gatebook.store.sql.ledger import SqlLedger
from gatebook.store.sql.records import SqlOutbox, SqlRecords, SqlShelf
from gatebook.store.sql.registers import SqlRegisters

#: Alembic keeps what it works on in its module: one migration at a time in a process, and on PostgreSQL in a database.
_MIGRATING, _MIGRATION = threading.Lock(), 0x6761_7465


class SqlWork:
    """One transaction of a database."""

    def __init__(self, connection: sa.Connection) -> None:
        self.ledger = SqlLedger(connection)
        self.registers = SqlRegisters(connection)
        self.records = SqlRecords(connection)
        self.outbox = SqlOutbox(connection)
        self.shelf = SqlShelf(connection)
        self.assignments = SqlAssignments(connection)


class SqlState:
    """All state in one database. A committed transaction survives the loss of the process and of power."""

    def __init__(self, url: str | sa.URL) -> None:
        self._engine = make_engine(url)

    @contextmanager
    def transaction(self) -> Iterator[SqlWork]:
        """Begin as the only writer, from the first statement on; commit when the block ends, roll back on an exception.

        On PostgreSQL that is the lock on the ledger's head row. Taken later, after some other row, it would meet a
        writer who comes from the other side, and the database would end one of the two.
        """
        with begin(self._engine, writes=True) as connection:
            work = SqlWork(connection)
            work.ledger.lock()
            yield work

    @contextmanager
    def read(self) -> Iterator[SqlWork]:
        """Begin a look at one state, that of its first question; it takes no writer's turn and can write nothing."""
        with begin(self._engine, writes=False) as connection:
            yield SqlWork(connection)

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()


def migrate(url: str | sa.URL) -> None:
    """Bring the database forward to the newest version; done twice, or by many at once, it is done once."""
    engine = make_engine(url)
    try:
        config, place = Config(), importlib.resources.files("gatebook.store.sql") / "migrations"
        config.set_main_option("script_location", str(place).replace("%", "%%"))  # a lone one begins a placeholder
        with _MIGRATING, begin(engine, writes=True) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION)))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def schema_version(url: str | sa.URL) -> str | None:
    """Return the version the database is at, or None for an empty one."""
    engine = make_engine(url)
    try:
        with begin(engine, writes=False) as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
