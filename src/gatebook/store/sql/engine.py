"""Engines set up so that a commit is safe and a writer has its turn, whatever the server's own defaults are.

The trap guarded against: SQLite's driver beginning transactions by its own idea; here every one is begun by us.
Writers of one process queue for SQLite's one place among themselves: its own waiting is by sleeping and trying again,
which under load leaves one of them waiting for seconds while the others go by.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import URL, event

from gatebook.errors import Conflict, Unavailable

LONGEST_WAIT = 30  # seconds for the one writer's place, and for a connection
#: Forty requests are worked on at once, each with one connection; the rest is for publishing, delivering and metrics.
_POOL, _MORE = 40, 20
_AGAIN = 0.01  # seconds until a new file is turned to a write-ahead log once more
_TURNS: weakref.WeakKeyDictionary[sa.Engine, threading.Lock] = weakref.WeakKeyDictionary()
_PRAGMAS = (
    f"busy_timeout={LONGEST_WAIT * 1000}",
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
)
#: How PostgreSQL begins a writer's transaction and a look. A writer holds the ledger's head from the beginning, so
#: that whatever it reads afterwards is what the writer before it left; a look sees one state from its first question.
_BEGUN: dict[bool, dict[str, Any]] = {
    True: {"isolation_level": "READ COMMITTED", "postgresql_readonly": False},
    False: {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}
#: Tests of "greater than", and the order, of a key are by its bytes, as everywhere else in the program. PostgreSQL
#: would go by the language of its cluster, and an index in one order is of no use to a page in another.
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def sqlite_url(file: Path) -> URL:
    """Return the address of a SQLite file, whatever letters its path has."""
    return URL.create("sqlite", database=str(file))


def make_engine(url: str | URL) -> sa.Engine:
    """Return an engine: SQLite with WAL, synchronous FULL and secure_delete, or PostgreSQL through psycopg."""
    pool: dict[str, Any] = {"pool_size": _POOL, "max_overflow": _MORE, "pool_timeout": LONGEST_WAIT}
    if sa.make_url(url).get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True, hide_parameters=True, **pool)
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"check_same_thread": False}, **pool)
    _TURNS[engine] = threading.Lock()

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: object) -> None:  # noqa: ANN401  the driver's own type
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()
        _write_ahead(connection)

    @event.listens_for(engine, "begin")
    def on_begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Keep a write-ahead log. A new file is turned to it once, and of two at once SQLite sends one away unheard."""
    until = time.monotonic() + LONGEST_WAIT
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(_AGAIN)
        else:
            return


@contextmanager
def begin(engine: sa.Engine, *, writes: bool) -> Iterator[sa.Connection]:
    """Begin, commit at the end, roll back on an exception.

    What the driver says becomes an error of ours, without values: Conflict for what is there already, Unavailable
    for no answer, no connection, and an attempt to write through a look.
    """
    options = _BEGUN[writes] if engine.dialect.name == "postgresql" else {}
    with (
        _in_our_words(),
        turn(engine) if writes else nullcontext(),
        engine.connect().execution_options(writes=writes, **options) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def alone(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection to PostgreSQL in no transaction, for what can run in none. Raises as :func:`begin` does."""
    with _in_our_words(), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except sa.exc.IntegrityError:
        raise Conflict("this is kept already, or does not go with what is; nothing was kept") from None
    except sa.exc.TimeoutError:
        raise Unavailable("every connection to the database was taken; nothing was kept") from None
    except (sa.exc.OperationalError, sa.exc.InternalError) as error:
        raise Unavailable(f"the database did not answer ({type(error.orig).__name__}); nothing was kept") from None


@contextmanager
def turn(engine: sa.Engine) -> Iterator[None]:
    """Hold the one writer's place among the threads of this process, where the engine has one. Raises Unavailable."""
    place = _TURNS.get(engine)
    if place is None:
        yield
        return
    if not place.acquire(timeout=LONGEST_WAIT):
        raise Unavailable("the database had no place for another writer; nothing was kept")
    try:
        yield
    finally:
        place.release()
