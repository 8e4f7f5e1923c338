"""The ``Ledger`` port over SQL: dense positions under one head row.

The trap guarded against: two writers given one position; the head row is locked until the transaction ends.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from gatebook.store.sql.tables import ENTRIES, HEAD

_HEAD = HEAD.c.id == 1
_SIZE = sa.select(HEAD.c.size).where(_HEAD)
_LOCK = _SIZE.with_for_update()
_APPEND = ENTRIES.insert()
_MOVE = HEAD.update().where(_HEAD).values(size=sa.bindparam("moved_to"))


class SqlLedger:
    """Entries of one database, within one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._held: int | None = None  # the size while this transaction holds the head: nobody else can move it

    def lock(self) -> None:
        """Make this transaction the only writer until it ends."""
        if self._held is None:
            self._held = int(self._connection.execute(_LOCK).scalar_one())

    def size(self) -> int:
        """Return how many entries there are."""
        return int(self._connection.execute(_SIZE).scalar_one()) if self._held is None else self._held

    def append(self, entries: Sequence[bytes], leaf_hashes: Sequence[bytes]) -> int:
        """Append and return the position of the first."""
        self.lock()
        first = self.size()
        rows = [
            {"position": first + n, "entry": entry, "leaf_hash": leaf}
            for n, (entry, leaf) in enumerate(zip(entries, leaf_hashes, strict=True))
        ]
        if rows:
            self._connection.execute(_APPEND, rows)
            self._connection.execute(_MOVE, {"moved_to": first + len(rows)})
            self._held = first + len(rows)
        return first

    def read(self, start: int, stop: int) -> list[bytes]:
        """Return entries ``start`` up to but not including ``stop``."""
        return self._column(ENTRIES.c.entry, start, stop)

    def leaf_hashes(self, start: int, stop: int) -> list[bytes]:
        """Return leaf hashes of entries ``start`` up to ``stop``."""
        return self._column(ENTRIES.c.leaf_hash, start, stop)

    def _column(self, column: sa.Column[bytes], start: int, stop: int) -> list[bytes]:
        where = (ENTRIES.c.position >= start) & (ENTRIES.c.position < stop)
        return [
            bytes(v)
            for v in self._connection.execute(sa.select(column).where(where).order_by(ENTRIES.c.position)).scalars()
        ]
