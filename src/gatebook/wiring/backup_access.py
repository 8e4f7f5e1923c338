"""The access record of a house into a backup and out of it, whichever process holds it and whatever engine it lies in.

The trap guarded against: events that were acknowledged and are in neither half. What waits in the log is copied before
the state is, and what was sealed by then is copied after it: what is in both is known by its digest and counts once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gatebook.errors import LedgerError
from gatebook.procedures.house import House
from gatebook.record.entered_segments import last_segment
from gatebook.record.walk import every_row
from gatebook.store.files import make_private, write_durably
from gatebook.wiring.premises import Premises

if TYPE_CHECKING:
    from gatebook.record.archive_ports import ArchivedSegment
    from gatebook.record.segment_ports import SegmentTree

_EVERYTHING = 1 << 62


def has_access(premises: Premises) -> bool:
    """Return whether this house ever had an access event: nothing is opened to find that out."""
    with premises.house.state.read() as work:
        is_sealed = last_segment(work) > 0
    return is_sealed or any((premises.folder / "access" / "log").glob("*.log"))


def waiting(premises: Premises) -> bytes:
    """Seal what can be sealed; return the records of what waits still."""
    from gatebook.store.log_records import to_bytes  # noqa: PLC0415  Arrow is long to load, and not every house has events

    with premises.access() as access:
        access.seal()
    return b"".join(map(to_bytes, premises.access_log.pending(_EVERYTHING)))


def months_of(house: House) -> list[int]:
    """Return the months of which anything was sealed."""
    with house.state.read() as work:
        return sorted({row["month"] for row in every_row(work.registers, "access_segments")})


def write_months(premises: Premises, copied: House, folder: Path, moved: Callable[[int, int], None]) -> None:
    """Write every row of the segments a copied state knows to a folder; of each segment all rows or an error.

    Raises Unavailable, and LedgerError where the record does not hold what was entered.
    """
    from gatebook.procedures.archive_access import write_month  # noqa: PLC0415  as above
    from gatebook.store.columnar.archive_folder import ArchiveFolder  # noqa: PLC0415  as above

    with premises.access() as access:
        for month in months_of(copied):
            write_month(copied, access, ArchiveFolder(folder), month, moved)


def put_back_log(folder: Path, data: bytes) -> None:
    """Put back what waited to be sealed, for the house to seal."""
    make_private(folder / "access")
    write_durably(folder / "access" / "log" / "00000000000000000000-restored.log", data)


def put_back_months(premises: Premises, folder: Path, moved: Callable[[int, int], None]) -> int:
    """Put archived months back into the engine of a restored house, and return how many rows there are.

    Raises LedgerError for a segment whose tree has not the root that was entered, Conflict where there are rows.
    """
    from gatebook.procedures.archive_access import entered_segments  # noqa: PLC0415  as above
    from gatebook.store.columnar.archive_folder import ArchiveFolder  # noqa: PLC0415  as above
    from gatebook.store.columnar.engine import Engine  # noqa: PLC0415  as above
    from gatebook.store.columnar.restored import ColumnarRestored  # noqa: PLC0415  as above
    from gatebook.wiring.access import database_of  # noqa: PLC0415  as above

    archive, own = ArchiveFolder(folder), premises.segment_secrets
    months = {found.month: found for found in archive.months()}
    if sorted(months) != months_of(premises.house):
        raise LedgerError("the backup lacks a month of the access record")
    make_private(premises.folder / "access")
    engine = Engine(premises.access_dsn, database_of(own))
    try:
        rows = ColumnarRestored(engine, own)
        rows.refuse_unless_empty()
        for month, manifest in months.items():
            rows.put_month(folder, manifest)
            _check(rows.trees, entered_segments(premises.house, month), manifest.segments)
            moved(manifest.rows, sum(one.rows for one in months.values()))
    finally:
        engine.close()
    return sum(found.rows for found in months.values())


def _check(
    trees: Callable[[Mapping[int, int], Mapping[int, int]], Mapping[int, SegmentTree]],
    entered: Mapping[int, tuple[int, str]],
    said: tuple[ArchivedSegment, ...],
) -> None:
    """Hold the tree of each segment against what was entered for it."""
    sizes = {segment: rows for segment, (rows, _) in entered.items()}
    if sorted(one.segment for one in said) != sorted(sizes):
        raise LedgerError("the backup lacks a segment of the access record")
    found = trees({one.segment: one.erased for one in said}, sizes)
    if any(found[segment].root.hex() != root for segment, (_, root) in entered.items()):
        raise LedgerError("a segment of the access record is not what was entered")
