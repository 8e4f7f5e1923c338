"""Proving: every row of one principal in a segment, with what shows that no other is its own.

The trap guarded against: a proof nobody tried. What is handed out was verified against the root of the ledger first. Of
a packed run that is where it begins and ends: the hashes of a million rows take longer than their bytes, and who makes
a set of many runs does that once, with ``packed_runs.verify_packed`` or the verifier itself.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from msgspec import structs

from gatebook.errors import LedgerError
from gatebook.record.packed_runs import PIECE_ROWS, PackedRun
from gatebook.record.row_parts import Hidden
from gatebook.record.segment_ports import PackedRows, SealedRows, SegmentReader
from gatebook.record.segment_tree import range_hash, range_path, root_of
from gatebook.record.segments import CHUNK, RangeProof, check_neighbours, label_of, verify_range


def prove_range(
    rows: SealedRows, label_salt: bytes, segment: int, principal: str, size: int, root: bytes
) -> RangeProof:
    """Return the proof over a segment of this size and root. Raises LedgerError when its rows are not those sealed."""
    run, reader = rows.run(segment, principal, size), rows.reader(segment, size)
    before, after, path = _beside(reader, run.first, run.first + len(run.rows), size)
    proof = RangeProof(segment, size, root, label_salt, principal, run.first, run.rows, before, after, path)
    verify_range(proof)
    return proof


def prove_packed(
    rows: PackedRows, reader: SegmentReader, label_salt: bytes, segment: int, principal: str, size: int, root: bytes
) -> PackedRun:
    """Return a packed run that has its place, its neighbours and its path, and no rows yet: see :func:`with_rows`.

    The hashes that are kept of the segment are held against the root, and the rows at both ends of the run against
    them; the rows between are left to ``verify_packed``. Raises LedgerError when they are not those sealed.
    """
    place = rows.place(segment, principal, size)
    before, after, path = _beside(reader, place.first, place.first + place.count, size)
    run = PackedRun(segment, size, root, label_salt, principal, place.first, place.count, (), before, after, path)
    check_neighbours(run, run.count, label_of(label_salt, principal))
    _check_kept(reader, run)
    return run


def with_rows(run: PackedRun, piece: Callable[[int, int], bytes]) -> PackedRun:
    """Return the run with its rows, read piece by piece from one position up to another."""
    last = run.first + run.count
    starts = range(run.first, last, PIECE_ROWS)
    return structs.replace(run, rows=tuple(piece(start, min(start + PIECE_ROWS, last)) for start in starts))


def _beside(
    reader: SegmentReader, first: int, last: int, size: int
) -> tuple[Hidden | None, Hidden | None, tuple[bytes, ...]]:
    before = reader.hidden(first - 1) if first else None
    after = reader.hidden(last) if last < size else None
    return before, after, tuple(range_path(first - bool(before), last + bool(after), size, reader.hashes, reader.entry))


def _check_kept(reader: SegmentReader, run: PackedRun) -> None:
    """Hold what is kept of the tree against its root, and the chunks in which the neighbours stand against that."""
    if not hmac.compare_digest(range_hash(0, run.size, reader.hashes, reader.entry), run.root):
        raise LedgerError("what is kept of a segment does not lead to its root")
    full = run.size // CHUNK  # what is behind the last full chunk was computed from its rows just now
    ends = {position // CHUNK for position in (run.first - 1, run.first + run.count) if 0 <= position < run.size}
    for chunk in ends & set(range(full)):
        entries = [reader.entry(position) for position in range(chunk * CHUNK, (chunk + 1) * CHUNK)]
        if root_of(entries) != reader.hashes(CHUNK.bit_length() - 1, chunk):
            raise LedgerError("rows beside a run are not those that were sealed")
