"""Archiving: a month of the access record becomes files that do not change, held against the ledger before they count.

The trap guarded against: an archive that lacks rows and says it is whole. Rows and erased rows are counted by segment
as they are written, and where one segment has more or fewer than were entered for it, nothing is kept.

The rows stay in the store: taking them out of it is for retention, which does not do so yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from gatebook.errors import FieldProblem, InvalidInput, LedgerError, NotFound
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.record.archive_ports import Archive, ArchivedSegment, Manifest, MonthPages, RowKey
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.segment_ports import NO_MONTH
from gatebook.record.walk import every_row

_PAGE_ROWS = 131_072  # one row group: what a reader takes or leaves as a whole
_SEGMENTS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Archived:
    """A month that was archived, and what was there of it before."""

    manifest: Manifest
    before: Manifest | None

    @property
    def is_same(self) -> bool:
        """Whether it was archived already, to the byte."""
        return self.before == self.manifest

    def show(self) -> dict[str, Any]:
        """Show what it holds and what changed."""
        files = (*self.manifest.files, *self.manifest.erased_files)
        return {
            "month": self.manifest.month,
            "rows": self.manifest.rows,
            "files": len(files),
            "bytes": sum(file.bytes for file in files),
            "segments": len(self.manifest.segments),
            "manifest": self.manifest.digest,
            "changed": _changed(self.before, self.manifest),
        }


def archive_access(
    house: House,
    operator: Operator,
    pages: MonthPages,
    archive: Archive,
    month: int,
    moved: Callable[[int, int], None] = lambda _, __: None,
) -> Archived:
    """Write a month into the archive, in the place of what was archived of it before; done twice it is done once.

    ``month`` is year * 100 + month, or 0 for rows whose time nobody believes; ``moved`` hears rows written and rows
    there are. Raises NotFound for a month without rows, LedgerError when the store does not hold what was entered.
    """
    permit(house, operator, "admin", "archive")
    archived = write_month(house, pages, archive, month, moved)
    # 4. What was archived is entered, the same again too: who was cut off before this line enters it now.
    manifest = archived.manifest
    body = {"month": month, "rows": manifest.rows, "manifest": manifest.digest}
    with house.state.transaction() as work:
        enter(work, Entry("access.archived", house.now(), operator.operator_id, body=body))
    return archived


def write_month(
    house: House, pages: MonthPages, archive: Archive, month: int, moved: Callable[[int, int], None]
) -> Archived:
    """Write a month as :func:`archive_access` does, and enter nothing: for a backup. Raises as that does."""
    _known_month(month)
    # 1. What was entered for the month decides what has to be there.
    segments = entered_segments(house, month)
    if not segments:
        raise NotFound("nothing of this month was sealed")
    before = next((found for found in archive.months() if found.month == month), None)
    with archive.writing(month) as files:
        # 2. Rows that are kept, then what is kept of those that were erased.
        rows, total = Counter[int](), sum(entered for entered, _ in segments.values())
        for page in _rows(pages, month, max(segments)):
            files.add(page)
            rows.update(_by_segment(page))
            moved(page.num_rows, total)
        erased = Counter[int]()
        for page in _erased(pages, sorted(segments)):
            files.add_erased(page)
            erased.update(_by_segment(page))
        # 3. Nothing counts unless every segment is whole.
        manifest = files.keep(month, _compared(segments, rows, erased))
    return Archived(manifest, before)


def entered_segments(house: House, month: int) -> dict[int, tuple[int, str]]:
    """Return rows and root of each segment of a month, as they were entered."""
    with house.state.read() as work:
        rows = every_row(work.registers, "access_segments", {"month": month})
        return {int(row["segment"]): (row["rows"], row["root"]) for row in rows}


def _rows(pages: MonthPages, month: int, last: int) -> Iterator[pa.Table]:
    after: RowKey | None = None
    while (page := _read(pages.month_page(month, last, after, _PAGE_ROWS))).num_rows:
        yield page
        if page.num_rows < _PAGE_ROWS:
            return
        after = RowKey(*(page.column(name)[-1].as_py() for name in ("label", "at", "segment", "position")))


def _erased(pages: MonthPages, segments: list[int]) -> Iterator[pa.Table]:
    for first in range(0, len(segments), _SEGMENTS_AT_ONCE):
        some, after = segments[first : first + _SEGMENTS_AT_ONCE], (0, 0)
        while (page := _read(pages.erased_page(some, after, _PAGE_ROWS))).num_rows:
            yield page
            after = page.column("segment")[-1].as_py(), page.column("position")[-1].as_py()


def _read(page: bytes) -> pa.Table:
    return pa.ipc.open_stream(page).read_all()


def _by_segment(page: pa.Table) -> dict[int, int]:
    numbers, counts = np.unique(page.column("segment").to_numpy(), return_counts=True)
    return {int(number): int(count) for number, count in zip(numbers, counts, strict=True)}


def _compared(
    segments: Mapping[int, tuple[int, str]], rows: Counter[int], erased: Counter[int]
) -> list[ArchivedSegment]:
    # A row that was erased between the two passes is seen in both or in none: asked again, it is seen in one.
    if any(rows[segment] + erased[segment] != entered for segment, (entered, _) in segments.items()):
        raise LedgerError(
            "the store does not hold what was entered for this month; if rows were just erased, run again"
        )
    if rows.keys() - segments.keys():
        raise LedgerError("the store holds rows of a segment that was not entered for this month")
    return [ArchivedSegment(segment, *segments[segment], erased[segment]) for segment in sorted(segments)]


def _known_month(month: int) -> None:
    if month != NO_MONTH and not (1 <= month % 100 <= 12 and 0 <= month // 100 <= 9999):  # noqa: PLR2004  a calendar's own
        why = FieldProblem("/month", "malformed", "year and month in digits, as 202609; 0 for times nobody believes")
        raise InvalidInput("there is no such month", (why,))


def _changed(before: Manifest | None, now: Manifest) -> dict[str, int] | None:
    """Say what is new since the month was archived before; None where it was not, nothing where it is the same."""
    if before is None:
        return None
    old, new = ({one.segment: one for one in found.segments} for found in (before, now))
    counted = {
        "segments": len(new.keys() - old.keys()),
        "erased": sum(one.erased for one in now.segments) - sum(one.erased for one in before.segments),
        "files": len({file.sha256 for file in now.files} - {file.sha256 for file in before.files}),
    }
    return {name: count for name, count in counted.items() if count}
