"""Events as columns and back: the one shape in which batches of events travel to a store.

The trap guarded against: a column that comes back as something else. What is written is read back the same, whatever
engine it lay in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from gatebook.record.events.packing import kept_raw, pack_address, unpack_address
from gatebook.terms.access_event import AccessEvent, AddressKind, Outcome

_TEXTS_BEFORE = ("source", "principal", "act", "outcome", "address_kind", "raw_address", "session", "user_agent")
_TEXTS_AFTER = ("fingerprint", "target", "event_id", "marks", "detail")
TEXTS = (*_TEXTS_BEFORE, *_TEXTS_AFTER)

SCHEMA = pa.schema(
    [
        pa.field("at", pa.int64(), nullable=False),
        *(pa.field(name, pa.utf8(), nullable=False) for name in TEXTS),
        pa.field("address", pa.binary(16), nullable=False),
        pa.field("nth", pa.uint16(), nullable=False),
    ]
)


def to_columns(events: Sequence[AccessEvent]) -> pa.RecordBatch:
    """Return the events as a batch of :data:`SCHEMA`, in their order."""
    columns: dict[str, Any] = {name: [getattr(event, name) for event in events] for name in _PLAIN}
    columns["outcome"] = [event.outcome.value for event in events]
    columns["address_kind"] = [event.address_kind.value for event in events]
    columns["raw_address"] = [kept_raw(event.raw_address, event.address, event.address_kind) for event in events]
    columns["marks"] = [",".join(event.marks) for event in events]
    columns["address"] = [pack_address(event.address) for event in events]
    return batch_of(columns)


def batch_of(columns: dict[str, Any]) -> pa.RecordBatch:
    """Return the batch of columns that are given by name, as lists or as arrays already."""
    arrays = [
        column if isinstance(column := columns[field.name], pa.Array) else pa.array(column, field.type)
        for field in SCHEMA
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def from_columns(batch: pa.RecordBatch) -> list[AccessEvent]:
    """Return the events of a batch of :data:`SCHEMA`, in their order."""
    return [event_of(row) for row in batch.to_pylist()]


def event_of(row: dict[str, Any]) -> AccessEvent:
    """Return the event of one row, given by the names of :data:`SCHEMA`; other names are passed over."""
    address, kind = unpack_address(row["address"]), _KINDS[row["address_kind"]]
    raw = row["raw_address"] or (address if kind is AddressKind.ADDRESS else "")
    return AccessEvent(
        **{name: row[name] for name in _PLAIN},
        outcome=_OUTCOMES[row["outcome"]],
        address=address,
        address_kind=kind,
        raw_address=raw,
        marks=tuple(row["marks"].split(",")) if row["marks"] else (),
    )


_PLAIN = ("at", "nth", *(name for name in TEXTS if name not in {"outcome", "address_kind", "raw_address", "marks"}))
_KINDS = {kind.value: kind for kind in AddressKind}
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
