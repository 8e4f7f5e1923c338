"""The columns of archived rows, and the way there and back: whole numbers with a sign, at most 64 bits, and texts.

The trap guarded against: a number one reader of Parquet takes for another. An unsigned one is a decimal to some, and
sixteen bytes have no order to others; less 2**63 the order stays, and an address is two such halves.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from gatebook.record.archive_ports import ArchivedRow
from gatebook.record.events.columns import TEXTS, event_of
from gatebook.record.events.packing import NO_ADDRESS
from gatebook.record.row_parts import Hidden
from gatebook.trace.ports import KeptEvent

_SIGN = np.uint64(1 << 63)
_NUMBERS = ("label", "at_us", "segment", "position", "high", "low")
_SHORT = ("batch", "nth")
#: Columns of an archived row. ``at_us`` and not ``at``, which is a word of SQL to some.
SHAPE = pa.schema(
    [
        *(pa.field(name, pa.int64(), nullable=False) for name in _NUMBERS),
        *(pa.field(name, pa.int32(), nullable=False) for name in _SHORT),
        *(pa.field(name, pa.utf8(), nullable=False) for name in TEXTS),
    ]
)
ERASED_SHAPE = pa.schema(
    [
        *(pa.field(name, pa.int64(), nullable=False) for name in ("label", "segment", "position")),
        pa.field("commitment", pa.binary(32), nullable=False),
    ]
)
#: Sorted by these; what is found by them is found without reading the rest.
SORTED_BY = ("label", "at_us", "segment", "position")


def signed(number: int) -> int:
    """Return an unsigned 64-bit number less 2**63."""
    return number - (1 << 63)


def to_shape(rows: pa.Table) -> pa.Table:
    """Return a page of rows as they are archived."""
    packed = pa.concat_arrays(rows.column("address").cast(pa.binary(16)).chunks)
    halves = np.frombuffer(packed.buffers()[1], ">u8")[packed.offset * 2 :][: len(packed) * 2].reshape(-1, 2)
    made = {
        "label": _signed(rows.column("label").to_numpy()),
        "at_us": rows.column("at"),
        "high": _signed(halves[:, 0]),
        "low": _signed(halves[:, 1]),
    }
    columns = [made[name] if name in made else rows.column(name) for name in SHAPE.names]
    return pa.table(columns, names=SHAPE.names).cast(SHAPE)


def to_erased(rows: pa.Table) -> pa.Table:
    """Return a page of what is kept of erased rows as it is archived."""
    columns = [_signed(rows.column("label").to_numpy()), *(rows.column(name) for name in ERASED_SHAPE.names[1:])]
    return pa.table(columns, names=ERASED_SHAPE.names).cast(ERASED_SHAPE)


def from_shape(table: pa.Table) -> list[ArchivedRow]:
    """Return archived rows, in their order."""
    found = []
    for row in table.to_pylist():
        event = event_of({**row, "at": row["at_us"], "address": sixteen(row["high"], row["low"])})
        found.append(ArchivedRow(row["segment"], row["position"], _unsigned(row["label"]), (event, row["batch"])))
    return found


def from_erased(table: pa.Table) -> list[ArchivedRow]:
    """Return what is kept of erased rows, in their order."""
    found = []
    for row in table.to_pylist():
        label = _unsigned(row["label"])
        found.append(ArchivedRow(row["segment"], row["position"], label, Hidden(label, row["commitment"])))
    return found


def to_kept(table: pa.Table) -> list[KeptEvent]:
    """Return an answer's rows as kept events, in their order."""
    rows = ((one.row, one) for one in from_shape(table))
    return [KeptEvent(row[0], one.segment, one.position, row[1]) for row, one in rows if isinstance(row, tuple)]


def halves_of(packed: bytes) -> tuple[int, int]:
    """Return sixteen bytes of an address as two numbers with a sign that have their order."""
    return signed(int.from_bytes(packed[:8], "big")), signed(int.from_bytes(packed[8:], "big"))


def sixteen(high: int, low: int) -> bytes:
    """Return the sixteen bytes of an address from its halves."""
    return _unsigned(high).to_bytes(8, "big") + _unsigned(low).to_bytes(8, "big")


def _unsigned(number: int) -> int:
    return number + (1 << 63)


def _signed(numbers: np.ndarray) -> pa.Array:
    return pa.array((numbers.astype(np.uint64) ^ _SIGN).view(np.int64))


NONE = halves_of(NO_ADDRESS)
