"""Sealed rows added one principal, address and day at a time, kept by the store in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property

from access_rows import SECRETS, batch
from gatebook.store.memory.access_rows import MemoryAccessRows
from gatebook.terms.access_event import AccessEvent, AddressKind
from gatebook.trace.ports import Filter, KeptEvent, Place, Sharer, Use

SECOND = 1_000_000
Row = tuple[int, str, str, int]


def at(day: date, second: int = 43_200) -> int:
    """A time on a day, in microseconds since 1970."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() + second) * SECOND


@dataclass
class ListedRows:
    """Rows as (segment, principal, address, time)."""

    rows: list[Row] = field(default_factory=list)
    asked: int = 0

    def access(self, segment: int, principal: str, address: str, day: date, events: int = 1) -> None:
        """Note so many accesses on a day, a second apart, from one in the morning on."""
        self.rows += [(segment, principal, address, at(day, 3600 + n)) for n in range(events)]
        self.__dict__.pop("_sealed", None)

    @cached_property
    def _sealed(self) -> MemoryAccessRows:
        store = MemoryAccessRows(SECRETS)
        for segment in sorted({row[0] for row in self.rows}):
            store.add(segment, 0, batch([_event(row) for row in self.rows if row[0] == segment]))
        return store

    def uses(self, asked: Filter, limit: int) -> list[Use]:
        self.asked += 1
        return self._sealed.uses(asked, limit)

    def events(self, asked: Filter, after: Place | None, limit: int) -> list[KeptEvent]:
        return self._sealed.events(asked, after, limit)

    def sharers(self, principals: Sequence[str], from_at: int, until_at: int, least: int) -> list[Sharer]:
        return self._sealed.sharers(principals, from_at, until_at, least)


def _event(row: Row) -> AccessEvent:
    _, principal, address, when = row
    kind = AddressKind.ADDRESS if address else AddressKind.UNKNOWN
    return AccessEvent(
        at=when, source="s", principal=principal, address=address, address_kind=kind, raw_address=address
    )
