"""What the record asks of an archive of sealed access events: a month in files that do not change.

The trap guarded against: an archive nobody can hold against the ledger. A manifest names every file by its digest and
every segment by the root that was entered for it, and its own digest is entered in turn.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from gatebook import canonical
from gatebook.errors import InvalidInput, LedgerError
from gatebook.record.row_parts import Hidden
from gatebook.terms.access_event import AccessEvent

if TYPE_CHECKING:
    import pyarrow as pa  # takes long to load, and only who writes an archive needs it

SCHEMA_VERSION = 1
_NAME = re.compile(r"[0-9]{6}-[0-9a-f]{16}/(events|erased)-[0-9]{4,}\.parquet")
_FILES = ("files", "erased_files")
_AS_TEXT = ("first_at", "last_at", "first_label", "last_label")


@dataclass(frozen=True, slots=True, order=True)
class RowKey:
    """Where a row stands in a month's files: they are sorted by these four."""

    label: int
    at: int
    segment: int
    position: int


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A file: its name below the archive, SHA-256, bytes and rows, and the least and greatest time and label in it.

    Labels are signed here as they are in the file: 2**63 less than in the store.
    """

    name: str
    sha256: str
    bytes: int
    rows: int
    first_at: int
    last_at: int
    first_label: int
    last_label: int


@dataclass(frozen=True, slots=True)
class ArchivedSegment:
    """A segment: rows and root as they were entered, and how many rows were erased since."""

    segment: int
    rows: int
    root: str
    erased: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archived month is: ``rows`` in ``files``, and what is kept of erased rows in ``erased_files``."""

    month: int
    rows: int
    files: tuple[ArchivedFile, ...]
    erased_files: tuple[ArchivedFile, ...]
    segments: tuple[ArchivedSegment, ...]
    schema: int = SCHEMA_VERSION

    def to_bytes(self) -> bytes:
        """Return the canonical bytes. Times and labels are written as text: readers of JSON round such numbers."""
        shown = {name: [_shown(file) for file in getattr(self, name)] for name in _FILES}
        return canonical.encode({**canonical.table(replace(self, files=(), erased_files=())), **shown})

    @staticmethod
    def from_bytes(data: bytes) -> Manifest:
        """Read what :meth:`to_bytes` wrote. Raises LedgerError for anything else."""
        try:
            plain = canonical.decode(data)
            found = _manifest(plain) if isinstance(plain, dict) else None
        except (InvalidInput, TypeError, KeyError, ValueError):
            found = None
        named = found and all(_NAME.fullmatch(file.name) for file in (*found.files, *found.erased_files))
        if found is None or not named or found.schema != SCHEMA_VERSION or found.to_bytes() != data:
            raise LedgerError("the manifest of an archived month is not one this version of Gatebook wrote")
        return found

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical bytes, in hex."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


def _shown(file: ArchivedFile) -> dict[str, Any]:
    return {**asdict(file), **{name: str(getattr(file, name)) for name in _AS_TEXT}}


def _manifest(plain: Mapping[str, Any]) -> Manifest:
    files = {
        name: tuple(ArchivedFile(**{**row, **{key: int(row[key]) for key in _AS_TEXT}}) for row in plain[name])
        for name in _FILES
    }
    return Manifest(**{**plain, **files, "segments": tuple(ArchivedSegment(**row) for row in plain["segments"])})


@dataclass(frozen=True, slots=True)
class ArchivedRow:
    """A row of a segment, read back: its label, and its event with its batch, or what is kept of one erased."""

    segment: int
    position: int
    label: int
    row: tuple[AccessEvent, int] | Hidden


class MonthPages(Protocol):
    """Kept rows of a month, a page at a time, so that a month is never in memory as a whole."""

    def month_page(self, month: int, last_segment: int, after: RowKey | None, limit: int) -> bytes:
        """Return at most ``limit`` rows in the order of :class:`RowKey`, those after ``after``, as an Arrow stream.

        Columns: label, at, segment, position, batch, nth, address (16 bytes) and the texts of an event. Rows of
        segments after ``last_segment`` are left out.
        """
        ...

    def erased_page(self, segments: Sequence[int], after: tuple[int, int], limit: int) -> bytes:
        """Return what is kept of erased rows of these segments, by (segment, position), those after ``after``.

        Columns: segment, position, label, commitment (32 bytes).
        """
        ...


class MonthFiles(Protocol):
    """A month that is being written; nothing of it counts before :meth:`keep` returns."""

    def add(self, rows: pa.Table) -> None:
        """Append a page of rows."""
        ...

    def add_erased(self, rows: pa.Table) -> None:
        """Append a page of what is kept of erased rows."""
        ...

    def keep(self, month: int, segments: Sequence[ArchivedSegment]) -> Manifest:
        """Make the month durable and count it as whole, in the place of what was archived of it before."""
        ...


class Archive(Protocol):
    """Archived months. Guarantee: a month that is found is whole, whatever was cut off while it was written."""

    def months(self) -> tuple[Manifest, ...]:
        """Return every month there is, in order. Raises LedgerError for a manifest that cannot be read."""
        ...

    def writing(self, month: int) -> AbstractContextManager[MonthFiles]:
        """Write a month; what is not kept when the block ends is removed. Raises Unavailable while another does."""
        ...

    def faults(self, manifest: Manifest) -> list[str]:
        """Return the names of files of a month that are gone, or are not what the manifest says."""
        ...

    def rows(self, manifest: Manifest, first_segment: int, last_segment: int) -> Iterator[list[ArchivedRow]]:
        """Yield every row of some segments of a month, some at a time, erased ones too, in no order that is promised.

        Raises Unavailable for a file that cannot be read.
        """
        ...
