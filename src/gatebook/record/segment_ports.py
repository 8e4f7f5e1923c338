"""What the record asks of a store of sealed access events.

The trap guarded against: a segment of which half is there. A segment is durable when ``add`` returns, and whatever
was added and never entered in the ledger is discarded before anything else is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from gatebook.record.merkle import Reader
from gatebook.record.packed_runs import Shown
from gatebook.record.row_parts import Hidden, Row
from gatebook.terms.access_event import AccessEvent

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa  # takes long to load, and only who seals needs it
    from numpy.typing import NDArray

#: The month, as year * 100 + month, under which rows stand whose time nobody can believe.
NO_MONTH = 0
#: Marks of rows whose time is that of the receipt, and for how long one of them counts as the same that came before.
AT_RECEIPT = frozenset({"unmapped", "time-missing"})
A_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class SegmentTree:
    """The tree of a segment: number of rows and root."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Run:
    """Rows of one principal in a segment: the position of the first, or where it would stand, and each in order."""

    first: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class RunPlace:
    """Where a run stands in its segment: the position of the first row, or where it would stand, and how many."""

    first: int
    count: int


@dataclass(frozen=True, slots=True)
class SegmentReader:
    """Reads a segment's tree: ``hashes`` of complete subtrees, from a leaf on, and what is said of a row not shown."""

    hashes: Reader
    hidden: Callable[[int], Hidden]

    def entry(self, position: int) -> bytes:
        """Return what stands of a row in the tree."""
        return self.hidden(position).entry


@dataclass(frozen=True, slots=True)
class Tenure:
    """Rows of a principal from a time up to another, in microseconds since 1970 UTC: those of whoever held it then."""

    principal: str
    from_at: int
    until_at: int

    def holds(self, principal: str, at: int) -> bool:
        """Return whether a row is one of these."""
        return principal == self.principal and self.from_at <= at < self.until_at


class SealedRows(Protocol):
    """Segments of access events. Guarantee: ``add`` is durable when it returns, and added rows are found at once."""

    def add(self, segment: int, month: int, rows: pa.Table) -> SegmentTree:
        """Add a segment: columns of ``record.events.columns``, ``batch`` (uint16) and ``label``, in order of placing.

        Raises LedgerError when what was kept is not what was given.
        """
        ...

    def discard(self, after: int) -> int:
        """Remove every segment with a number greater than ``after``; return how many rows went."""
        ...

    def run(self, segment: int, principal: str, size: int) -> Run:
        """Return the run of a principal in a segment of ``size`` rows."""
        ...

    def reader(self, segment: int, size: int) -> SegmentReader:
        """Return a reader of a segment's tree. It raises LedgerError where a row is gone and was not erased."""
        ...

    def erase(self, tenures: Sequence[Tenure]) -> list[int]:
        """Erase the rows of these tenures, keeping what the trees need of them; return how many went of each.

        On return no file of the store holds any of them. A row of two tenures counts for the first. Raises Unavailable;
        done again it finishes what was begun, and counts what was left.
        """
        ...


class PackedRows(Protocol):
    """Runs as bytes, for sets of a million: what :meth:`SealedRows.run` returns, and no object for a row."""

    def place(self, segment: int, principal: str, size: int) -> RunPlace:
        """Return where the run of a principal stands in a segment of ``size`` rows.

        Raises LedgerError where a row is gone and was not erased.
        """
        ...

    def packed(self, segment: int, principal: str, start: int, stop: int, shown: Shown) -> bytes:
        """Return a piece of ``record.packed_runs``: rows of a run at positions ``start`` up to ``stop``, in order.

        What is not to be shown, and what was erased, is hidden. Raises LedgerError as :meth:`place` does.
        """
        ...


class KeptRows(Protocol):
    """What is asked of kept rows before more are added."""

    def latest(self, month: int) -> int | None:
        """Return the latest time of any row of a month, or None where there is none."""
        ...

    def ahead(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Return label and time of rows whose time had not come when they were received."""
        ...

    def like(self, events: Sequence[AccessEvent], month: int) -> list[AccessEvent]:
        """Return kept events with the principal and time of one of these, of its month or of none.

        For events of no month, those of any month; and for those whose time is that of the receipt, what was received
        within a day before with the same principal, and the same detail or id.
        """
        ...
