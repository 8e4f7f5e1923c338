"""The access record: what a procedure that seals, proves or searches access events is handed beside the house.

The trap guarded against: two processes that seal. Whoever holds this holds the one place to do so; everybody else
asks them, and asks the same things.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gatebook.record.archive_ports import MonthPages
from gatebook.record.log_ports import AccessLog
from gatebook.record.packed_runs import EVERYTHING, PackedRun, Shown
from gatebook.record.repeats import RecentRows
from gatebook.record.segment_ports import KeptRows, PackedRows, SealedRows, Tenure
from gatebook.record.segments import RangeProof, SegmentSecrets
from gatebook.trace.ports import AccessRows


class Rows(SealedRows, PackedRows, KeptRows, AccessRows, Protocol):
    """One store of sealed access events, for everything that is asked of it."""


@dataclass(frozen=True)
class AccessRecord:
    """The log of what came, the rows that were sealed, what their trees are made with, and the rows sealed last."""

    log: AccessLog
    rows: Rows
    secrets: SegmentSecrets
    recent: RecentRows = field(default_factory=RecentRows)


class AccessAnswers(AccessRows, MonthPages, Protocol):
    """What any process of the house may ask, whether it holds the record or asks the one that does."""

    def prove(self, segment: int, principal: str, size: int, root: bytes) -> RangeProof:
        """Return every row of a principal in a segment of this size and root, proved. Raises LedgerError."""
        ...

    def packed_run(self, segment: int, principal: str, size: int, root: bytes, shown: Shown = EVERYTHING) -> PackedRun:
        """Return the same as bytes, of each row as much as is shown; its place is proved, its rows are not yet.

        Whoever hands it out verifies it first (``record.packed_runs.verify_packed``, or the verifier itself). Raises
        LedgerError where what is kept is not what was sealed.
        """
        ...

    def seal(self) -> int:
        """Seal whatever the log holds now; return how many batches."""
        ...

    def erase(self, tenures: Sequence[Tenure]) -> list[int]:
        """Erase the rows of these tenures, those that wait in the log too; return how many went of each."""
        ...
