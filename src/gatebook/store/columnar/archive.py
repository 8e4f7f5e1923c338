"""Pages of a month out of the engine, in the order in which its files are written.

The trap guarded against: a month held in memory, or read by an offset that moves. Each page begins where the one
before it ended, by the key the rows are sorted by, so that it is found without reading what came before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from gatebook.record.archive_ports import RowKey
from gatebook.store.columnar.engine import Engine
from gatebook.store.columnar.schema import EVENT

_COLUMNS = ", ".join(("label", "segment", "position", "batch", *EVENT))
_OF_MONTH = "FROM events WHERE month = {month:UInt32} AND segment <= {last:UInt32}"
_AFTER = """ AND label >= {label:UInt64}
AND (label, at, segment, position) > ({label:UInt64}, {at:Int64}, {segment:UInt32}, {position:UInt32})"""
_UNTIL = " AND label <= {until:UInt64}"
_IN_ORDER = " ORDER BY label, at, segment, position LIMIT {limit:UInt32}"
_ERASED = """
SELECT segment, position, label, commitment FROM tombstones FINAL WHERE segment IN {segments:Array(UInt32)}
AND (segment, position) > ({segment:UInt32}, {position:UInt32})
AND (segment, position) NOT IN (SELECT segment, position FROM events WHERE segment IN {segments:Array(UInt32)})
ORDER BY segment, position LIMIT {limit:UInt32}
"""


class ColumnarMonths:
    """The ``MonthPages`` port over one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def month_page(self, month: int, last_segment: int, after: RowKey | None, limit: int) -> bytes:
        """Return rows of a month after a key."""
        values: dict[str, Any] = {"month": month, "last": last_segment, "limit": limit}
        if after:
            values |= {"label": after.label, "at": after.at, "segment": after.segment, "position": after.position}
        of_page = _OF_MONTH + (_AFTER if after else "")
        # Where the page ends is found in the keys alone: without an end every column is read to that of the month.
        ends = self._engine.ask(
            f"SELECT label {of_page}{_IN_ORDER} OFFSET {{offset:UInt32}}", {**values, "limit": 1, "offset": limit - 1}
        )
        if ends.num_rows:
            of_page, values = of_page + _UNTIL, {**values, "until": ends.column("label")[0].as_py()}
        return _packed(self._engine.ask(f"SELECT {_COLUMNS} {of_page}{_IN_ORDER}", values, max_threads=1))

    def erased_page(self, segments: Sequence[int], after: tuple[int, int], limit: int) -> bytes:
        """Return what is kept of erased rows; a row that is still there is none of them."""
        values = {"segments": list(segments), "segment": after[0], "position": after[1], "limit": limit}
        return _packed(self._engine.ask(_ERASED, values))


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())
