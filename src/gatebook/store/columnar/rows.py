"""The ``SealedRows`` port over ClickHouse: segments written whole, their trees made of what was written.

The trap guarded against: rows that are counted and not there. A tree is made of rows read back, and one whose rows
are not every position from 0 on is refused.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gatebook.errors import LedgerError, SettingsError, Unavailable
from gatebook.record import merkle
from gatebook.record.events.columns import from_columns
from gatebook.record.row_parts import Hidden, Row, ShownRow
from gatebook.record.segment_ports import A_DAY, AT_RECEIPT, NO_MONTH, Run, SegmentReader, SegmentTree, Tenure
from gatebook.record.segment_tree import range_hash, reader_of
from gatebook.record.segments import CHUNK, SegmentSecrets, label_of
from gatebook.store.columnar.engine import Engine
from gatebook.store.columnar.schema import (
    ACTIVITY_SALT,
    CHUNK_ROOTS,
    COMMITMENT,
    EVENT,
    FORM,
    IN_ORDER,
    KEPT_FORM,
    SALT,
    TABLES,
    words_of,
)
from gatebook.terms.access_event import AccessEvent

_CHUNK_LEVEL = CHUNK.bit_length() - 1
_HIDDEN = f"""
SELECT position, label, {COMMITMENT} AS commitment FROM events WHERE segment = {{segment:UInt32}}
    AND position >= {{start:UInt32}} AND position < {{stop:UInt32}}
    AND label >= {{low:UInt64}} AND label <= {{high:UInt64}}
UNION ALL SELECT position, label, commitment FROM tombstones WHERE segment = {{segment:UInt32}}
    AND position >= {{start:UInt32}} AND position < {{stop:UInt32}}
"""
_RUN = f"""
SELECT {", ".join(EVENT)}, batch, position, {SALT} AS salt, {ACTIVITY_SALT} AS activity_salt FROM events
WHERE label = {{label:UInt64}} AND segment = {{segment:UInt32}} ORDER BY position
"""
_LIKE = f"""
SELECT {", ".join(EVENT)} FROM events WHERE ({{month:UInt32}} = {NO_MONTH} OR month IN ({{month:UInt32}}, {NO_MONTH}))
    AND (label, at) IN (SELECT arrayJoin(arrayZip({{labels:Array(UInt64)}}, {{times:Array(Int64)}})))
"""
_TOLD = f"""
SELECT {", ".join(EVENT)} FROM events WHERE label IN {{told:Array(UInt64)}} AND at >= {{since:Int64}}
    AND (detail != '' OR event_id != '')
    AND (detail IN {{details:Array(String)}} OR event_id IN {{ids:Array(String)}})
"""
_AHEAD = f"SELECT label, at FROM events WHERE month = {NO_MONTH} AND marks LIKE '%time-in-future%' LIMIT 1000000"
_TENURE = "principal = p AND at >= f AND at < u"
_TENURES = "{principals:Array(String)}, {froms:Array(Int64)}, {untils:Array(Int64)}"
_OF_THESE = f"label IN {{labels:Array(UInt64)}} AND arrayExists((p, f, u) -> {_TENURE}, {_TENURES})"
_FIRST = f"arrayFirstIndex((p, f, u) -> {_TENURE}, {_TENURES})"
_BURY = f"INSERT INTO tombstones SELECT segment, position, label, {COMMITMENT} FROM events WHERE {_OF_THESE}"
# What is deleted is what has its tombstone: looked up row by row, however many tenures there are.
_BURIED = """
label IN {labels:Array(UInt64)}
AND (segment, position) IN (SELECT segment, position FROM tombstones WHERE label IN {labels:Array(UInt64)})
"""
_PLACES = """
SELECT count() AS n, max(position) AS last, sum(toUInt64(position)) AS total FROM events
WHERE segment = {segment:UInt32}
"""
_OLD_PARTS = "SELECT name FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND NOT active"
_TENURES_AT_ONCE = 500
_PARTS_GO_WITHIN_S, _LOOKS_EVERY_S = 60.0, 0.1
_MOST_LABEL = 2**64 - 1
_MOST_CUT_OFF = 2000  # segments of one turn, one for each month it holds rows of


class ColumnarRows:
    """Sealed access events of one engine."""

    def __init__(self, engine: Engine, secrets: SegmentSecrets) -> None:
        self._engine, self._secrets = engine, secrets
        self._words = words_of(secrets)
        for table in TABLES:
            engine.command(table)
        if engine.ask(KEPT_FORM)["comment"].to_pylist() != [FORM]:
            raise SettingsError(
                "this access record was made before rows had two parts, and its proofs would not hold; no release made "
                "such: found a new house and have the sources send again"
            )

    def add(self, segment: int, month: int, rows: pa.Table) -> SegmentTree:
        """Add a segment and return its tree."""
        size = rows.num_rows
        self._engine.insert("events", _placed(rows, segment, month))
        there = self._engine.ask(_PLACES, {"segment": segment}).to_pylist()[0]
        if there != {"n": size, "last": size - 1, "total": size * (size - 1) // 2}:
            raise LedgerError("a segment is not what was written")
        full = size - size % CHUNK
        asked = {"segment": segment, "full": full, **self._words}
        found = self._engine.ask(CHUNK_ROOTS, asked, **IN_ORDER)
        roots = found["root"].to_pylist()
        if found["chunk"].to_pylist() != list(range(full // CHUNK)):
            raise LedgerError("a segment is not what was written")
        tail = [row.entry for row in self._hidden(segment, full, size).values()]
        if len(tail) != size - full:
            raise LedgerError("a segment is not what was written")
        if roots:
            self._keep_chunks(segment, found)
        return SegmentTree(size, range_hash(0, size, _reader(roots, lambda _: tail), lambda at: tail[at - full]))

    def _keep_chunks(self, segment: int, found: pa.Table) -> None:
        of_segment = pa.array(np.full(found.num_rows, segment, np.uint32))
        chunk = found["chunk"].cast(pa.uint32())
        columns = [of_segment, chunk, found["first"], found["root"]]
        self._engine.insert("chunks", pa.table(columns, ["segment", "chunk", "first", "root"]))

    def discard(self, after: int) -> int:
        """Remove segments that were never entered."""
        asked = {"after": after}
        sql = "SELECT count() AS n, max(segment) AS last FROM events WHERE segment > {after:UInt32}"
        found = self._engine.ask(sql, asked)
        if found["last"][0].as_py() > after + _MOST_CUT_OFF:
            raise LedgerError("the access record holds segments the ledger does not know: an older state was put back")
        if count := int(found["n"][0].as_py()):
            self._delete("events", "segment > {after:UInt32}", asked)
        for table in ("chunks", "tombstones"):
            left = self._engine.ask(f"SELECT count() AS n FROM {table} WHERE segment > {{after:UInt32}}", asked)
            if left["n"][0].as_py():
                self._delete(table, "segment > {after:UInt32}", asked)
        return count

    def run(self, segment: int, principal: str, size: int) -> Run:
        """Return the rows of a principal in a segment, those erased as what is kept of them."""
        label = self._label(principal)
        table = self._engine.ask(_RUN, {"label": label, "segment": segment, **self._words})
        beside = (table[name].to_pylist() for name in ("batch", "salt", "activity_salt"))
        shown = zip(from_columns(event_batch(table)), *beside, strict=True)
        rows: dict[int, Row] = dict(self._erased(segment, label))
        # A row that is still there is shown, though its erasing was begun.
        rows.update(zip(table["position"].to_pylist(), (ShownRow(*row) for row in shown), strict=True))
        first = min(rows) if rows else self._standing(segment, label)
        if sorted(rows) != list(range(first, first + len(rows))) or first + len(rows) > size:
            raise LedgerError("a row of the segment is gone that nobody erased")
        return Run(first, tuple(rows[position] for position in sorted(rows)))

    def _erased(self, segment: int, label: int) -> Iterable[tuple[int, Hidden]]:
        sql = "SELECT position, commitment FROM tombstones FINAL WHERE segment = {s:UInt32} AND label = {l:UInt64}"
        found = self._engine.ask(sql, {"s": segment, "l": label})
        for position, commitment in zip(found["position"].to_pylist(), found["commitment"].to_pylist(), strict=True):
            yield position, Hidden(label, commitment)

    def _standing(self, segment: int, label: int) -> int:
        """Return the number of rows whose label is smaller: where a principal without rows would stand."""
        sql = (
            "SELECT count() AS n FROM (SELECT position FROM events WHERE segment = {s:UInt32} AND label < {l:UInt64} "
            "UNION DISTINCT SELECT position FROM tombstones WHERE segment = {s:UInt32} AND label < {l:UInt64})"
        )
        return int(self._engine.ask(sql, {"s": segment, "l": label})["n"][0].as_py())

    def reader(self, segment: int, size: int) -> SegmentReader:
        """Return a reader that looks up kept hashes, and computes what lies below them from the rows."""
        sql = "SELECT first, root FROM chunks WHERE segment = {s:UInt32} ORDER BY chunk"
        found = self._engine.ask(sql, {"s": segment})
        firsts, roots = found["first"].to_pylist(), found["root"].to_pylist()
        if len(roots) != size // CHUNK:
            raise LedgerError("hashes of a segment are gone")

        @cache
        def chunk(number: int) -> dict[int, Hidden]:
            start, stop = number * CHUNK, min((number + 1) * CHUNK, size)
            low = firsts[number] if number < len(firsts) else (firsts or [0])[-1]
            high = firsts[number + 1] if number + 1 < len(firsts) else _MOST_LABEL
            found = self._hidden(segment, start, stop, low, high)
            if sorted(found) != list(range(start, stop)):
                raise LedgerError("a row of the segment is gone that nobody erased")
            return found

        @cache
        def entries(number: int) -> list[bytes]:
            return [row.entry for _, row in sorted(chunk(number).items())]

        return SegmentReader(_reader(roots, entries), lambda position: chunk(position // CHUNK)[position])

    def _hidden(self, segment: int, start: int, stop: int, low: int = 0, high: int = _MOST_LABEL) -> dict[int, Hidden]:
        asked = {"segment": segment, "start": start, "stop": stop, "low": low, "high": high, **self._words}
        found = self._engine.ask(_HIDDEN, asked)
        columns = (found[name].to_pylist() for name in ("position", "label", "commitment"))
        return {
            position: Hidden(label, commitment) for position, label, commitment in sorted(zip(*columns, strict=True))
        }

    def latest(self, month: int) -> int | None:
        """Return the latest time of any row of a month."""
        sql = "SELECT count() AS n, max(at) AS latest FROM events WHERE month = {month:UInt32}"
        found = self._engine.ask(sql, {"month": month}).to_pylist()[0]
        return found["latest"] if found["n"] else None

    def ahead(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Return label and time of rows whose time had not come; of more than a million, some."""
        found = self._engine.ask(_AHEAD)
        return found["label"].to_numpy(), found["at"].to_numpy()

    def like(self, events: Sequence[AccessEvent], month: int) -> list[AccessEvent]:
        """Return kept events with the principal of one of these, and its time or its detail."""
        pairs = sorted({(self._label(event.principal), event.at) for event in events})
        told = [event for event in events if AT_RECEIPT & set(event.marks)]
        asked = {
            "month": month,
            "labels": [label for label, _ in pairs],
            "times": [at for _, at in pairs],
            "told": sorted({self._label(event.principal) for event in told}),
            "since": min((event.at for event in told), default=0) - A_DAY,
            "details": sorted({event.detail for event in told} - {""}),
            "ids": sorted({event.event_id for event in told} - {""}),
        }
        found = list(from_columns(event_batch(self._engine.ask(_LIKE, asked))))
        return found + (from_columns(event_batch(self._engine.ask(_TOLD, asked))) if told else [])

    def _label(self, principal: str) -> int:
        return label_of(self._secrets.label_salt, principal)

    def erase(self, tenures: Sequence[Tenure]) -> list[int]:
        """Keep label and commitment of each row, then delete the rows; done again it finishes what was begun."""
        counts = list[int]()
        for first in range(0, len(tenures), _TENURES_AT_ONCE):
            counts += self._erase(tenures[first : first + _TENURES_AT_ONCE])
        if self._engine.in_process:  # a server is not ended by the next line, and clears its parts itself
            self._wait_for_old_parts()
        return counts

    def _erase(self, tenures: Sequence[Tenure]) -> list[int]:
        asked = {
            "labels": [self._label(tenure.principal) for tenure in tenures],
            "principals": [tenure.principal for tenure in tenures],
            "froms": [tenure.from_at for tenure in tenures],
            "untils": [tenure.until_at for tenure in tenures],
        }
        sql = f"SELECT {_FIRST} AS nth, count() AS n FROM events WHERE {_OF_THESE} GROUP BY nth"
        found = self._engine.ask(sql, asked)
        counts = dict(zip(found["nth"].to_pylist(), found["n"].to_pylist(), strict=True))
        if counts:
            self._engine.command(_BURY, {**asked, **self._words})
            self._delete("events", _BURIED, asked)
        return [counts.get(n, 0) for n in range(1, len(tenures) + 1)]

    def _wait_for_old_parts(self) -> None:
        """Return once the parts that were replaced by now are gone from the disk. Raises Unavailable."""
        until, old = time.monotonic() + _PARTS_GO_WITHIN_S, self._old_parts()
        while old & self._old_parts():
            if time.monotonic() > until:
                raise Unavailable("files that hold erased rows are still being read; erase again")
            time.sleep(_LOOKS_EVERY_S)

    def _old_parts(self) -> set[str]:
        return set(self._engine.ask(_OLD_PARTS)["name"].to_pylist())

    def _delete(self, table: str, where: str, asked: dict[str, Any]) -> None:
        self._engine.command(f"ALTER TABLE {table} DELETE WHERE {where}", asked, mutations_sync=1)


def _placed(rows: pa.Table, segment: int, month: int) -> pa.Table:
    size = rows.num_rows
    for name, values in (
        ("segment", np.full(size, segment, np.uint32)),
        ("position", np.arange(size, dtype=np.uint32)),
        ("month", np.full(size, month, np.uint32)),
    ):
        rows = rows.append_column(name, pa.array(values))
    return rows


def event_batch(table: pa.Table) -> pa.RecordBatch:
    """Return the columns of events of a table as one batch."""
    wanted = table.select(EVENT)
    batches = wanted.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=wanted.schema)


def _reader(roots: Sequence[bytes], entries: Callable[[int], list[bytes]]) -> merkle.Reader:
    """Return a reader over kept hashes of full chunks, and over entries read for what lies below or beside them."""

    def read(level: int, index: int) -> bytes:
        if level == _CHUNK_LEVEL and index < len(roots):
            return roots[index]
        if level <= _CHUNK_LEVEL:
            number = (index << level) // CHUNK
            return reader_of(entries(number))(level, index - (number << _CHUNK_LEVEL - level))
        return merkle.node_hash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1))

    return read
