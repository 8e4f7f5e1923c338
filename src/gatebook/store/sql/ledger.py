"""The ``Ledger`` port over SQL: dense positions under one head row.

The trap guarded against: two writers given one position; the head row is locked until the transaction ends.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from gatebook.store.sql.tables import ENTRIES, HEAD


class SqlLedger:
    """Entries of one database, within one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def lock(self) -> None:
        """Make this transaction the only writer until it ends."""
        self._connection.execute(sa.select(HEAD.c.size).where(HEAD.c.id == 1).with_for_update())

    def size(self) -> int:
        """Return how many entries there are."""
        return int(self._connection.execute(sa.select(HEAD.c.size).where(HEAD.c.id == 1)).scalar_one())

    def append(self, entries: Sequence[bytes], leaf_hashes: Sequence[bytes]) -> int:
        """Append and return the position of the first."""
        self.lock()
        first = self.size()
        rows = [
            {"position": first + n, "entry": entry, "leaf_hash": leaf}
            for n, (entry, leaf) in enumerate(zip(entries, leaf_hashes, strict=True))
        ]
        if rows:
            self._connection.execute(ENTRIES.insert(), rows)
            self._connection.execute(HEAD.update().where(HEAD.c.id == 1).values(size=first + len(rows)))
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
