"""The ``KeyRing`` port over a database of its own, outside ordinary backups.

The trap guarded against: a destroyed key that lives on in a free page or in the write-ahead log. SQLite deletes
securely and the log is emptied into the file after each destruction (measured: without both, all keys remain).
"""

from __future__ import annotations

import sqlalchemy as sa

from gatebook.errors import Shredded, VaultError
from gatebook.store.sql.engine import begin, make_engine

_METADATA = sa.MetaData()
_KEYS = sa.Table(
    "data_keys",
    _METADATA,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("key_id", sa.Text, index=True),
    sa.Column("wrapped", sa.LargeBinary),
)


class SqlKeyRing:
    """Wrapped data keys; a destroyed one leaves its subject's name with no key."""

    def __init__(self, url: str) -> None:
        self._engine = make_engine(url)
        with begin(self._engine, writes=True) as connection:
            _METADATA.create_all(connection)

    def put(self, subject: str, key_id: str, wrapped: bytes) -> None:
        """Keep a subject's wrapped key."""
        with begin(self._engine, writes=True) as connection:
            if connection.execute(sa.select(_KEYS.c.subject).where(_KEYS.c.subject == subject)).first():
                raise VaultError("this subject has a data key already, or it was destroyed")
            connection.execute(_KEYS.insert().values(subject=subject, key_id=key_id, wrapped=wrapped))

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
        """Destroy the key for ever and remember that it was."""
        with begin(self._engine, writes=True) as connection:
            connection.execute(_KEYS.delete().where(_KEYS.c.subject == subject))
            connection.execute(_KEYS.insert().values(subject=subject, key_id=None, wrapped=None))
        if self._engine.dialect.name == "sqlite":
            raw = self._engine.raw_connection()
            try:
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
            finally:
                raw.close()

    def subjects(self, key_id: str, after: str, limit: int) -> list[str]:
        """Return subjects whose key is wrapped by ``key_id``, after ``after``, in order."""
        where = (_KEYS.c.key_id == key_id) & (_KEYS.c.subject > after)
        wanted = sa.select(_KEYS.c.subject).where(where).order_by(_KEYS.c.subject).limit(limit)
        with begin(self._engine, writes=False) as connection:
            return list(connection.execute(wanted).scalars())

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()
