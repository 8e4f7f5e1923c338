"""Proving: every row of one principal in a segment, with what shows that no other is its own.

The trap guarded against: a proof nobody tried. What is handed out was verified against the root of the ledger first.
"""

from __future__ import annotations

from gatebook.record.segment_ports import SealedRows
from gatebook.record.segments import RangeProof, range_path, verify_range


def prove_range(
    rows: SealedRows, label_salt: bytes, segment: int, principal: str, size: int, root: bytes
) -> RangeProof:
    """Return the proof over a segment of this size and root. Raises LedgerError when its rows are not those sealed."""
    run, reader = rows.run(segment, principal, size), rows.reader(segment, size)
    last = run.first + len(run.rows)
    before = reader.hidden(run.first - 1) if run.first else None
    after = reader.hidden(last) if last < size else None
    path = range_path(run.first - bool(before), last + bool(after), size, reader.hashes)
    proof = RangeProof(segment, size, root, label_salt, principal, run.first, run.rows, before, after, tuple(path))
    verify_range(proof)
    return proof
