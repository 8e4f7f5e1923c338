"""What a number of access events a day comes to on disks, machines and in the ledger, from what was measured.

The trap guarded against: a plan out of thin air. Every figure of it names the measurements it was made from; each of
those stands in one table, says where it was taken, and is taken again by ``bench_access``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from gatebook.errors import FieldProblem, InvalidInput

_DAY_S, _MONTHS_A_YEAR, _DAYS_A_YEAR = 86_400, 12, 365
_TB, _GB = 10**12, 10**9


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure somebody saw: its value and unit, and where and how it was taken."""

    value: float
    unit: str
    how: str


_BENCH = "bench_access on two cores"
#: Everything a plan is made from. Take it again on a machine like yours, and keep the worse.
MEASURED: Mapping[str, Measured] = {
    "event_bytes": Measured(
        36.0, "bytes an event", f"{_BENCH}, part bytes: both orders, indexes, chunks and tombstones, without ids"
    ),
    "text_bytes": Measured(318.0, "bytes an event", "access_data: records of our own form as lines of JSON, not compressed"),
    "logged_bytes": Measured(150.0, "bytes an event", f"{_BENCH}: files of the log, 10,000 events a batch"),
    "sealed_a_cpu_second": Measured(180_000.0, "events", f"{_BENCH}, part ingest: whole, 200,000 a sealing"),
    "merged_a_cpu_second": Measured(310_000.0, "events", f"{_BENCH}, part ingest: one merge of everything"),
    "taken_in_a_cpu_second": Measured(50_000.0, "events", f"{_BENCH}, part http: server, reading and sealing"),
    "rows_a_segment": Measured(200_000.0, "events", "seal_access: the most of one sealing"),
    "seconds_a_segment": Measured(5.0, "seconds", "access_seal_seconds: the longest an event waits by default"),
    "entries_a_segment": Measured(2.0, "entries", f"{_BENCH}, part bytes: one for the segment, one for its batches"),
    "ledger_bytes_a_segment": Measured(7_000.0, "bytes", f"{_BENCH}, part bytes: state and published files, 20 batches"),
    "parts_a_month": Measured(8.0, "parts", "merging ends near 150 GB a part; a shard of 2 TB holds so many of a month"),
    "lookup_ms": Measured(4.0, "ms", f"{_BENCH}, part lookups: account, one part a month, the store itself"),
    "part_ms": Measured(0.3, "ms", "parts of one month, 1 to 90, each asked: what one more costs a lookup"),
}


@dataclass(frozen=True, slots=True)
class Load:
    """What is planned for: mean and peak of events, how long they are kept, and what one machine holds."""

    events_per_day: float
    years: float
    peak: float = 5.0
    disk_tb: float = 8.0
    cores: int = 4


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a plan: value and unit, and the names of what it was made from."""

    name: str
    value: float
    unit: str
    measured: tuple[str, ...]


_LIMITS: Mapping[str, tuple[float, float]] = {
    "events_per_day": (1, 1e13),
    "years": (1 / _DAYS_A_YEAR, 100),
    "peak": (1, 1000),
    "disk_tb": (0.01, 1000),
    "cores": (1, 1024),
}
_FULL = 0.7  # of a disk: merging writes a part anew before the old ones go, and a disk that is full keeps nothing
_BUSY = 0.5  # of the cores at the peak: the other half answers questions and merges
