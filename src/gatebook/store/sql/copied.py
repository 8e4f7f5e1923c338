"""A state database copied whole, at one moment, into a SQLite file, and put back from one.

The trap guarded against: rows that were deleted and ride along in free pages or in the log of writes. A copy is made
of rows and never of pages: SQLite writes it anew (``VACUUM INTO``), and PostgreSQL's rows are read and written again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa

from gatebook.errors import Conflict, Unavailable
from gatebook.store.sql.engine import begin, make_engine, sqlite_url
from gatebook.store.sql.state import migrate
from gatebook.store.sql.tables import ENTRIES, METADATA

_ROWS = 5_000


def copy_state(url: str | sa.URL, file: Path) -> None:
    """Write every row of one state into a new SQLite file; others go on writing meanwhile. Raises Unavailable."""
    found = sa.make_url(url)
    if found.get_backend_name() == "sqlite":
        _write_anew(Path(found.database or ""), file)
        return
    migrate(sqlite_url(file))
    _move(url, sqlite_url(file))
    with closing(sqlite3.connect(file)) as raw:  # one file, with no log beside it
        raw.execute("PRAGMA journal_mode=DELETE").close()


def put_back_state(file: Path, url: str | sa.URL) -> None:
    """Write the rows of a copy into another, empty, database. Raises Conflict for one that holds a ledger."""
    migrate(sqlite_url(file))  # a copy an older version made
    migrate(url)
    _move(sqlite_url(file), url)


def _write_anew(source: Path, file: Path) -> None:
    try:
        with closing(sqlite3.connect(source, isolation_level=None)) as raw:
            raw.execute("VACUUM INTO ?", (str(file),)).close()
    except sqlite3.Error as error:
        raise Unavailable(f"the state cannot be copied ({type(error).__name__})") from None


def _move(source: str | sa.URL, target: str | sa.URL) -> None:
    # A look sees one state from its first question to its last, on either database.
    with (
        _engine(source) as old,
        _engine(target) as new,
        begin(old, writes=False) as reading,
        begin(new, writes=True) as writing,
    ):
        if writing.execute(sa.select(ENTRIES.c.position).limit(1)).first():
            raise Conflict("there is a ledger in the database to restore to; nothing is ever restored over one")
        for table in METADATA.sorted_tables:
            writing.execute(table.delete())
            found = reading.execute(sa.select(table), execution_options={"yield_per": _ROWS})
            for rows in found.mappings().partitions():
                writing.execute(table.insert(), [dict(row) for row in rows])


@contextmanager
def _engine(url: str | sa.URL) -> Iterator[sa.Engine]:
    engine = make_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()
