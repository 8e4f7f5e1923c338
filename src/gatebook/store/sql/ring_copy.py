"""The key ring read for a copy of it, and filled from one.

The trap guarded against: a copy that holds a key which was destroyed while it was made. Rows are read in short looks,
so that no destruction has to wait for this one, and whoever copies counts the destroyed before and after.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import sqlalchemy as sa

from gatebook.errors import Conflict
from gatebook.store.sql.engine import KEY, begin, make_engine
from gatebook.store.sql.key_ring import SqlKeyRing

_PAGE = 5_000
_KEYS = sa.table(
    "data_keys", sa.column("subject", KEY), sa.column("key_id", sa.Text), sa.column("wrapped", sa.LargeBinary)
)


class RingRow(NamedTuple):
    """A subject and its wrapped key; no key, and no id of what wrapped it, once it was destroyed."""

    subject: str
    key_id: str | None
    wrapped: bytes | None


class RingCopy:
    """Reads and fills the ring of one database."""

    def __init__(self, url: str | sa.URL) -> None:
        SqlKeyRing(url).close()  # makes its tables where they are not
        self._engine = make_engine(url)

    def count_destroyed(self) -> int:
        """Return how many keys were destroyed so far; it never becomes less."""
        wanted = sa.select(sa.func.count()).select_from(_KEYS).where(_KEYS.c.wrapped.is_(None))
        with begin(self._engine, writes=False) as connection:
            return int(connection.execute(wanted).scalar_one())

    def rows(self) -> Iterator[RingRow]:
        """Yield every row in order of its subject, each page as it stands when it is read."""
        after = ""
        while page := self._page(after):
            yield from page
            after = page[-1].subject

    def _page(self, after: str) -> list[RingRow]:
        wanted = sa.select(_KEYS).where(_KEYS.c.subject > after).order_by(_KEYS.c.subject).limit(_PAGE)
        with begin(self._engine, writes=False) as connection:
            return [RingRow(*row) for row in connection.execute(wanted)]

    def fill(self, rows: Iterable[RingRow]) -> int:
        """Put rows into an empty ring, all or none; return how many have a key. Raises Conflict for one with rows."""
        count, left = 0, iter(rows)
        with begin(self._engine, writes=True) as connection:
            if connection.execute(sa.select(_KEYS.c.subject).limit(1)).first():
                raise Conflict("there are keys in the key ring to restore to; nothing is ever restored over them")
            while page := list(islice(left, _PAGE)):
                connection.execute(_KEYS.insert(), [row._asdict() for row in page])
                count += sum(row.wrapped is not None for row in page)
        return count

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()
