"""The ``KeyRing`` port over a database of its own, outside ordinary backups.

The trap guarded against: a destroyed key that lives on in a free page or in the write-ahead log. SQLite deletes
securely and the log is emptied into the file after each destruction (measured: without both, all keys remain).
PostgreSQL has neither: there the part of the table that held the key is written anew (measured: plain VACUUM leaves
some keys in the free space of pages), and its write-ahead log keeps the wrapped key until it is recycled.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite

from gatebook.errors import Shredded, Unavailable, VaultError
from gatebook.store.sql.engine import KEY, alone, begin, make_engine, turn

_METADATA = sa.MetaData()
_KEYS = sa.Table(
    "data_keys",
    _METADATA,
    sa.Column("subject", KEY, primary_key=True),
    sa.Column("key_id", sa.Text, index=True),
    sa.Column("wrapped", sa.LargeBinary),
    postgresql_partition_by="HASH (subject)",
)
#: Destroying one key among a million then writes sixteen thousand anew, a sixth of a second; all would take three.
_PARTS = 64
_FOUNDING = 0x6761_7465  # the advisory lock under which the tables are made: two first uses at once are one


@event.listens_for(_KEYS, "after_create")
def _make_parts(_: object, connection: sa.Connection, **__: Any) -> None:  # noqa: ANN401  the listener's shape
    if connection.dialect.name == "postgresql":
        for n in range(_PARTS):
            part = f"PARTITION OF data_keys FOR VALUES WITH (MODULUS {_PARTS}, REMAINDER {n})"
            connection.exec_driver_sql(f"CREATE TABLE data_keys_{n:02d} {part}")


class SqlKeyRing:
    """Wrapped data keys; a destroyed one leaves its subject's name with no key.

    SQLite: after ``destroy`` returns, the wrapped key is in no file. PostgreSQL: it is in no row and in no file of the
    table, unless a transaction older than the destruction was still open in that database; it stays in the
    write-ahead log, and in what was copied from it (standbys, archives, base backups), until those are recycled.
    What ends them all is to rotate the key-encryption key and to destroy the old one; see decision 0005.
    """

    def __init__(self, url: str | sa.URL) -> None:
        self._engine = make_engine(url)
        self._insert = sqlite.insert if self._engine.dialect.name == "sqlite" else postgresql.insert
        with begin(self._engine, writes=True) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_FOUNDING)))
            _METADATA.create_all(connection)

    def put(self, subject: str, key_id: str, wrapped: bytes) -> None:
        """Keep a subject's wrapped key; of two at once one is kept, and the other refused."""
        row = self._insert(_KEYS).values(subject=subject, key_id=key_id, wrapped=wrapped)
        with begin(self._engine, writes=True) as connection:
            if connection.execute(row.on_conflict_do_nothing().returning(_KEYS.c.subject)).first() is None:
                raise VaultError("this subject has a data key already, or it was destroyed")

    def get(self, subject: str) -> tuple[str, bytes] | None:
        """Return (key id, wrapped); None when never made; Shredded when destroyed."""
        with begin(self._engine, writes=False) as connection:
            row = connection.execute(
                sa.select(_KEYS.c.key_id, _KEYS.c.wrapped).where(_KEYS.c.subject == subject)
            ).first()
        if row is None:
            return None
        if row[1] is None:
            raise Shredded("the key of this subject was destroyed; what it sealed can never be opened again")
        return str(row[0]), bytes(row[1])

    def rewrap(self, subject: str, key_id: str, wrapped: bytes) -> None:
        """Replace the wrapping of an existing key; a destroyed key stays destroyed."""
        where = (_KEYS.c.subject == subject) & _KEYS.c.wrapped.is_not(None)
        with begin(self._engine, writes=True) as connection:
            connection.execute(_KEYS.update().where(where).values(key_id=key_id, wrapped=wrapped))

    def destroy(self, subject: str) -> None:
        """Destroy the key for ever and remember that it was. Raises Unavailable when that was cut off: do it again."""
        gone = {"key_id": None, "wrapped": None}
        row = self._insert(_KEYS).values(subject=subject, **gone)
        with begin(self._engine, writes=True) as connection:
            connection.execute(row.on_conflict_do_update(index_elements=["subject"], set_=gone))
        wipe = {"sqlite": self._empty_log, "postgresql": self._write_anew}[self._engine.dialect.name]
        wipe(subject)

    def _empty_log(self, _: str) -> None:
        with turn(self._engine), closing(self._engine.raw_connection()) as raw:  # of two at once one is told busy
            busy = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise Unavailable("the key is destroyed, but somebody reads the ring's log; destroy it again to empty it")

    def _write_anew(self, subject: str) -> None:
        """Write the part of the table that held the key into a new file and drop the old one."""
        part = sa.text("SELECT CAST(CAST(tableoid AS regclass) AS text) FROM data_keys WHERE subject = :subject")
        with begin(self._engine, writes=False) as connection:
            name = connection.execute(part, {"subject": subject}).scalar_one()
        with alone(self._engine) as connection:  # VACUUM runs in no transaction
            connection.exec_driver_sql(f"VACUUM (FULL) {name}")

    def subjects(self, key_id: str, after: str, limit: int) -> list[str]:
        """Return subjects whose key is wrapped by ``key_id`` (empty: by any), after ``after``, in order."""
        by = _KEYS.c.key_id == key_id if key_id else _KEYS.c.wrapped.is_not(None)
        where = by & (_KEYS.c.subject > after)
        wanted = sa.select(_KEYS.c.subject).where(where).order_by(_KEYS.c.subject).limit(limit)
        with begin(self._engine, writes=False) as connection:
            return list(connection.execute(wanted).scalars())

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()
