"""Batches of access events for tests of the log: made, not read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pyarrow as pa

from gatebook.record.events.columns import to_columns
from gatebook.record.log_ports import LoggedBatch
from gatebook.terms.access_event import AccessEvent, AddressKind

START = 1_790_000_000_000_000


def rows_of(name: str, count: int = 3) -> pa.RecordBatch:
    return to_columns(
        [
            AccessEvent(
                at=START + n,
                source="edge",
                principal=f"{name}-{n}",
                address="203.0.113.9",
                address_kind=AddressKind.ADDRESS,
                raw_address="203.0.113.9",
            )
            for n in range(count)
        ]
    )


def batch(name: str, received: int = 0, count: int = 3) -> LoggedBatch:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return LoggedBatch(f"bat_{name}", digest, "edge", "own", START + received, "opr-test", rows_of(name, count))


def ids(batches: Sequence[LoggedBatch]) -> list[str]:
    return [one.batch_id for one in batches]
