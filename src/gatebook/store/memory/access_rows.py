"""Sealed access events in memory: looks at every row, and is what the engines are compared with.

The trap guarded against: an oracle as clever as what it tests. Nothing here is indexed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from ipaddress import ip_address, ip_network

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gatebook.errors import LedgerError
from gatebook.record import segment_tree
from gatebook.record.events.columns import SCHEMA, from_columns
from gatebook.record.events.packing import pack_address
from gatebook.record.packed_runs import Shown, pack_rows
from gatebook.record.row_parts import SALT, Hidden, ShownRow
from gatebook.record.segment_ports import A_DAY, AT_RECEIPT, NO_MONTH, Run, RunPlace, SegmentReader, SegmentTree, Tenure
from gatebook.record.segments import SegmentSecrets, label_of
from gatebook.terms.access_event import AccessEvent, Outcome
from gatebook.trace.ports import Filter, KeptEvent, Place, Sharer, Use

_MOST_SHARERS = 1_000


@dataclass(frozen=True, slots=True)
class _Kept:
    month: int
    label: int
    row: ShownRow | None  # None: erased
    hidden: Hidden

    @property
    def at(self) -> int:
        return self.row.event.at if self.row else 0


class MemoryAccessRows:
    """Both ports of access events, over lists. Its salts are its own: a root is not compared between stores."""

    def __init__(self, secrets: SegmentSecrets) -> None:
        self._secrets = secrets
        self._segments: dict[int, list[_Kept]] = {}

    def add(self, segment: int, month: int, rows: pa.Table) -> SegmentTree:
        """Add a segment and return its tree."""
        events = from_columns(rows.select(SCHEMA.names).combine_chunks().to_batches()[0])
        ordered = zip(events, rows.column("batch").to_pylist(), strict=True)
        self._segments[segment] = [self._kept(segment, month, n, *pair) for n, pair in enumerate(ordered)]
        entries = [kept.hidden.entry for kept in self._segments[segment]]
        return SegmentTree(len(entries), segment_tree.root_of(entries))

    def _kept(self, segment: int, month: int, position: int, event: AccessEvent, batch: int) -> _Kept:
        row = ShownRow(event, batch, *self._salts(f"{segment}/{position}".encode()))
        label = self._label(event.principal)
        return _Kept(month, label, row, Hidden(label, row.commitment))

    def _salts(self, place: bytes) -> tuple[bytes, bytes]:
        whole = blake2b(place, key=self._secrets.salt_key, digest_size=2 * SALT).digest()
        return whole[:SALT], whole[SALT:]

    def _label(self, principal: str) -> int:
        return label_of(self._secrets.label_salt, principal)

    def discard(self, after: int) -> int:
        """Remove segments that were never entered."""
        gone = [segment for segment in self._segments if segment > after]
        return sum(len(self._segments.pop(segment)) for segment in gone)

    def run(self, segment: int, principal: str, size: int) -> Run:
        """Return the run of a principal."""
        rows = self._segments.get(segment, [])
        if len(rows) != size:
            raise LedgerError("a row of the segment is gone that nobody erased")
        label = self._label(principal)
        found = tuple(kept.row or kept.hidden for kept in rows if kept.label == label)
        return Run(sum(kept.label < label for kept in rows), found)

    def place(self, segment: int, principal: str, size: int) -> RunPlace:
        """Return where a run stands."""
        found = self.run(segment, principal, size)
        return RunPlace(found.first, len(found.rows))

    def packed(self, segment: int, principal: str, start: int, stop: int, shown: Shown) -> bytes:
        """Return rows of a run as a piece."""
        rows = [kept for kept in self._segments[segment][start:stop] if kept.label == self._label(principal)]
        if len(rows) != stop - start:
            raise LedgerError("a row of the segment is gone that nobody erased")
        return pack_rows([kept.row or kept.hidden for kept in rows], shown)

    def reader(self, segment: int, size: int) -> SegmentReader:
        """Return a reader over all entries."""
        rows = self._segments.get(segment, [])
        if len(rows) != size:
            raise LedgerError("a row of the segment is gone that nobody erased")
        entries = [kept.hidden.entry for kept in rows]
        return SegmentReader(segment_tree.reader_of(entries), lambda position: rows[position].hidden)

    def latest(self, month: int) -> int | None:
        """Return the latest time of any row of a month."""
        times = [kept.at for rows in self._segments.values() for kept in rows if kept.month == month and kept.row]
        return max(times, default=None)

    def like(self, events: Sequence[AccessEvent], month: int) -> list[AccessEvent]:
        """Return kept events with the principal of one of these, and its time or its detail."""
        times = {(event.principal, event.at) for event in events}
        told = [event for event in events if AT_RECEIPT & set(event.marks)]
        since = min((event.at for event in told), default=0) - A_DAY
        details = {event.detail for event in told} - {""}
        ids = {event.event_id for event in told} - {""}
        who, found = {event.principal for event in told}, []
        shown = ((kept.month, kept.row.event) for rows in self._segments.values() for kept in rows if kept.row)
        for of_month, event in shown:
            if (month == NO_MONTH or of_month in {month, NO_MONTH}) and (event.principal, event.at) in times:
                found.append(event)
            if event.principal in who and event.at >= since and (event.detail in details or event.event_id in ids):
                found.append(event)
        return found

    def ahead(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Return label and time of rows whose time had not come."""
        rows = [kept for rows in self._segments.values() for kept in rows if kept.row and kept.month == NO_MONTH]
        ahead = [kept for kept in rows if kept.row and "time-in-future" in kept.row.event.marks]
        return np.array([k.label for k in ahead], np.uint64), np.array([k.at for k in ahead], np.int64)

    def erase(self, tenures: Sequence[Tenure]) -> list[int]:
        """Keep what is hidden of each row, and nothing else."""
        counts = [0] * len(tenures)
        for rows in self._segments.values():
            for n, kept in enumerate(rows):
                if kept.row and (of := _first_of(tenures, kept.row.event)) is not None:
                    rows[n] = _Kept(kept.month, kept.label, None, kept.hidden)
                    counts[of] += 1
        return counts

    def events(self, asked: Filter, after: Place | None, limit: int) -> list[KeptEvent]:
        """Return rows by place."""
        found = sorted(self._matching(asked), key=lambda kept: kept.place)
        return [kept for kept in found if after is None or kept.place > after][:limit]

    def uses(self, asked: Filter, limit: int) -> list[Use]:
        """Return (principal, address) pairs, most events first."""
        times: dict[tuple[str, str], list[int]] = defaultdict(list)
        for kept in self._matching(asked):
            times[kept.event.principal, kept.event.address].append(kept.event.at)
        found = [Use(*pair, len(at), min(at), max(at)) for pair, at in times.items()]
        return sorted(found, key=lambda use: (-use.events, use.principal.encode(), pack_address(use.address)))[:limit]

    def sharers(self, principals: Sequence[str], from_at: int, until_at: int, least: int) -> list[Sharer]:
        """Return other principals at addresses of these."""
        rows = [kept.event for kept in self._matching(Filter(from_at, until_at)) if kept.event.address]
        mine = {event.address for event in rows if event.principal in principals}
        others: dict[str, list[AccessEvent]] = defaultdict(list)
        for event in rows:
            if event.address in mine and event.principal and event.principal not in principals:
                others[event.principal].append(event)
        found = [_sharer(principal, theirs) for principal, theirs in others.items()]
        wide = [one for one in found if len(one.addresses) >= least]
        return sorted(wide, key=lambda one: (-len(one.addresses), -one.events, one.principal.encode()))[:_MOST_SHARERS]

    def _matching(self, asked: Filter) -> Iterator[KeptEvent]:
        is_asked = _test(asked)
        for segment, rows in self._segments.items():
            for position, kept in enumerate(rows):
                if kept.row and asked.segment in {None, segment} and is_asked(kept.row.event):
                    yield KeptEvent(kept.row.event, segment, position, kept.row.batch)


def _first_of(tenures: Sequence[Tenure], event: AccessEvent) -> int | None:
    return next((n for n, tenure in enumerate(tenures) if tenure.holds(event.principal, event.at)), None)


def _sharer(principal: str, events: Sequence[AccessEvent]) -> Sharer:
    addresses = tuple(sorted({event.address for event in events}, key=pack_address))
    times = [event.at for event in events]
    return Sharer(principal, addresses, len(events), min(times), max(times))


def _test(asked: Filter) -> Callable[[AccessEvent], bool]:
    networks = [ip_network(text, strict=False) for text in asked.networks]

    def is_asked(event: AccessEvent) -> bool:
        return (
            asked.from_at <= event.at < asked.until_at
            and (not asked.principals or event.principal in asked.principals)
            and (not asked.session or event.session == asked.session)
            and (not asked.user_agent or event.user_agent == asked.user_agent)
            and (not asked.fingerprint or event.fingerprint == asked.fingerprint)
            and (not asked.without_failures or event.outcome is not Outcome.FAILURE)
            and (
                not networks
                or (bool(event.address) and any(ip_address(event.address) in network for network in networks))
            )
        )

    return is_asked
