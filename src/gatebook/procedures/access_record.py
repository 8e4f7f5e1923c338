"""The access record: what a procedure that seals, proves or searches access events is handed beside the house.

The trap guarded against: two processes that seal. Whoever holds this holds the one place to do so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from gatebook.record.log_ports import AccessLog
from gatebook.record.repeats import RecentRows
from gatebook.record.segment_ports import KeptRows, SealedRows
from gatebook.record.segments import SegmentSecrets
from gatebook.trace.ports import AccessRows


class Rows(SealedRows, KeptRows, AccessRows, Protocol):
    """One store of sealed access events, for everything that is asked of it."""


@dataclass(frozen=True)
class AccessRecord:
    """The log of what came, the rows that were sealed, what their trees are made with, and the rows sealed last."""

    log: AccessLog
    rows: Rows
    secrets: SegmentSecrets
    recent: RecentRows = field(default_factory=RecentRows)
