"""The ``State`` port over SQLite or PostgreSQL, and its migrations.

The trap guarded against: a database one version behind the program that writes it.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext

from gatebook.store.sql.engine import begin, make_engine
from gatebook.store.sql.ledger import SqlLedger
from gatebook.store.sql.records import SqlOutbox, SqlRecords, SqlShelf
from gatebook.store.sql.registers import SqlRegisters


class SqlWork:
    """One transaction of a database."""

    def __init__(self, connection: sa.Connection) -> None:
        self.ledger = SqlLedger(connection)
        self.registers = SqlRegisters(connection)
        self.records = SqlRecords(connection)
        self.outbox = SqlOutbox(connection)
        self.shelf = SqlShelf(connection)


class SqlState:
    """All state in one database. A committed transaction survives the loss of the process and of power."""

    def __init__(self, url: str) -> None:
        self._engine = make_engine(url)

    @contextmanager
    def transaction(self) -> Iterator[SqlWork]:
        """Begin as a writer; commit when the block ends, roll back when it raises."""
        with begin(self._engine, writes=True) as connection:
            yield SqlWork(connection)

    @contextmanager
    def read(self) -> Iterator[SqlWork]:
        """Begin a look that takes no writer's turn."""
        with begin(self._engine, writes=False) as connection:
            yield SqlWork(connection)

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()


def migrate(url: str) -> None:
    """Bring the database forward to the newest version; done twice it is done once."""
    engine = make_engine(url)
    try:
        config = Config()
        config.set_main_option("script_location", str(importlib.resources.files("gatebook.store.sql") / "migrations"))
        with begin(engine, writes=True) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def schema_version(url: str) -> str | None:
    """Return the version the database is at, or None for an empty one."""
    engine = make_engine(url)
    try:
        with begin(engine, writes=False) as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
