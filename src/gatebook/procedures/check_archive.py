"""Checking an archive: files against their manifest, segments against the ledger, and rows against the segments' roots.

The trap guarded against: an archive that agrees with itself. What counts is what was entered when the rows were sealed,
and from the rows that lie in the archive the same root has to come out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from gatebook.errors import NotFound
from gatebook.procedures.archive_access import entered_segments
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.record.archive_ports import Archive, ArchivedRow, ArchivedSegment, Manifest
from gatebook.record.row_parts import Hidden, ShownRow
from gatebook.record.salts import salts_of
from gatebook.record.segment_tree import ENTRY, entry_of, root_of
from gatebook.record.segments import SegmentSecrets, label_of

_ROWS_AT_ONCE = 20_000_000  # of which an entry each is in memory; a month that has more is read more than once
_ENTRY = np.dtype(("V", ENTRY))


def check_archive(
    house: House, operator: Operator, archive: Archive, month: int, secrets: SegmentSecrets | None = None
) -> list[str]:
    """Return what is wrong with an archived month, in words; nothing when files and ledger bear it out.

    With ``secrets`` the tree of every segment is made again from the archived rows, too. Raises NotFound.
    """
    permit(house, operator, "look", "archive")
    manifest = next((found for found in archive.months() if found.month == month), None)
    if manifest is None:
        raise NotFound("this month is not in the archive")
    found = [f"file {name} is gone or not what was archived" for name in archive.faults(manifest)]
    found += _unlike_the_ledger(manifest, entered_segments(house, month))
    if manifest.rows != sum(one.rows - one.erased for one in manifest.segments):
        found.append("the manifest counts other rows than its segments")
    if secrets and not found:
        for segments in _groups(manifest.segments):
            found += _unlike_their_roots(archive, manifest, segments, secrets)
    return found


def _unlike_the_ledger(manifest: Manifest, entered: dict[int, tuple[int, str]]) -> Iterator[str]:
    archived = {one.segment: one for one in manifest.segments}
    for segment in sorted(entered.keys() | archived.keys()):
        one = archived.get(segment)
        if one is None:
            yield f"segment {segment} was sealed after the month was archived"
        elif entered.get(segment) != (one.rows, one.root):
            yield f"segment {segment} is not what was entered in the ledger"


def _groups(segments: Sequence[ArchivedSegment]) -> Iterator[list[ArchivedSegment]]:
    group, rows = list[ArchivedSegment](), 0
    for one in segments:
        if group and rows + one.rows > _ROWS_AT_ONCE:
            yield group
            group, rows = [], 0
        group.append(one)
        rows += one.rows
    yield group


def _unlike_their_roots(
    archive: Archive, manifest: Manifest, segments: Sequence[ArchivedSegment], secrets: SegmentSecrets
) -> Iterator[str]:
    entries = {one.segment: np.zeros(one.rows, _ENTRY) for one in segments}
    read, hidden = dict.fromkeys(entries, 0), dict.fromkeys(entries, 0)
    label = lru_cache(65_536)(lambda principal: label_of(secrets.label_salt, principal))
    for rows in archive.rows(manifest, segments[0].segment, segments[-1].segment):
        places = np.array([one.segment << 32 | one.position for one in rows], np.uint64)
        for one, salts in zip(rows, salts_of(secrets, places), strict=True):
            if one.segment in entries and one.position < len(entries[one.segment]):
                # A label that is not its principal's would hide the row from who asks for them.
                is_theirs = isinstance(one.row, Hidden) or one.label == label(one.row[0].principal)
                entries[one.segment][one.position] = np.void(_entry(one, salts) if is_theirs else bytes(ENTRY))
                read[one.segment] += 1
                hidden[one.segment] += isinstance(one.row, Hidden)
    for segment in segments:
        whole = entries[segment.segment].tobytes()
        root = root_of([whole[at : at + ENTRY] for at in range(0, len(whole), ENTRY)]).hex()
        if (root, read[segment.segment], hidden[segment.segment]) != (segment.root, segment.rows, segment.erased):
            yield f"the rows of segment {segment.segment} do not lead to the root that was entered"


def _entry(one: ArchivedRow, salts: tuple[bytes, bytes]) -> bytes:
    if isinstance(one.row, Hidden):
        return one.row.entry
    return entry_of(one.label, ShownRow(*one.row, *salts).commitment)
