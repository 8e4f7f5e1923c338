"""Engines set up so that a commit is safe and a writer has its turn.

The trap guarded against: SQLite's driver beginning transactions by its own idea; here every one is begun by us.
Writers of one process queue for SQLite's one place among themselves: its own waiting is by sleeping and trying again,
which under load leaves one of them waiting for seconds while the others go by.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from gatebook.errors import Unavailable

_LONGEST_WAIT = 30  # seconds for the one writer's place
_TURNS: weakref.WeakKeyDictionary[sa.Engine, threading.Lock] = weakref.WeakKeyDictionary()
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    f"busy_timeout={_LONGEST_WAIT * 1000}",
    "secure_delete=ON",
)


def make_engine(url: str) -> sa.Engine:
    """Return an engine: SQLite with WAL, synchronous FULL and secure_delete, or PostgreSQL through psycopg."""
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"check_same_thread": False})
    _TURNS[engine] = threading.Lock()

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: object) -> None:  # noqa: ANN401  the driver's own type
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")

    return engine


@contextmanager
def begin(engine: sa.Engine, *, writes: bool) -> Iterator[sa.Connection]:
    """Begin, commit at the end, roll back on an exception; what the driver says becomes Unavailable, without values."""
    try:
        with (
            _turn(engine, writes=writes),
            engine.connect().execution_options(writes=writes) as connection,
            connection.begin(),
        ):
            yield connection
    except sa.exc.OperationalError as error:
        raise Unavailable(f"the database did not answer ({type(error.orig).__name__}); nothing was kept") from None


@contextmanager
def _turn(engine: sa.Engine, *, writes: bool) -> Iterator[None]:
    turn = _TURNS.get(engine) if writes else None
    if turn is None:
        yield
        return
    if not turn.acquire(timeout=_LONGEST_WAIT):
        raise Unavailable("the database had no place for another writer; nothing was kept")
    try:
        yield
    finally:
        turn.release()
