"""Rebuilding: drop every register and fold the ledger again; the result must be what stood there.

The trap guarded against: a register nobody could restore from the ledger, and one restored from a ledger that is
not the one that was signed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

from gatebook import canonical
from gatebook.errors import LedgerError
from gatebook.record.checkpoint import Checkpoint
from gatebook.record.compare import WORDS, compare
from gatebook.record.entry import Entry
from gatebook.record.fold import changes
from gatebook.record.ports import Row, Work
from gatebook.record.registers import REGISTERS
from gatebook.record.tiles import ReadTile
from gatebook.record.walk import every_row


def snapshot(work: Work) -> dict[str, str]:
    """Return the digest of every register's rows in key order."""
    return {name: _digest(every_row(work.registers, name)) for name in REGISTERS}


def _digest(rows: Iterator[Row]) -> str:
    running = hashlib.sha256()
    for row in rows:
        running.update(canonical.encode(row) + b"\n")
    return running.hexdigest()


def rebuild(
    work: Work, signed: Sequence[Checkpoint], read_tile: ReadTile, progress: Callable[[int, int], None]
) -> tuple[dict[str, str], dict[str, str]]:
    """Clear the registers and fold all entries; return digests (before, after). ``progress(done, size)``.

    Raises LedgerError, before the first entry that differs is folded, when the entries are not those that were
    entered or do not lead to every root that was ``signed``; the transaction then keeps nothing.
    """
    work.ledger.lock()
    before, size = snapshot(work), work.ledger.size()
    work.registers.clear()
    for batch in compare(work.ledger, signed, read_tile):
        if batch.differences:
            first = batch.differences[0]
            raise LedgerError(
                f"position {first.position}: {WORDS[first.what]}; nothing was rebuilt, see: gatebook ledger check"
            )
        entries = enumerate(map(Entry.from_bytes, batch.entries), batch.start)
        work.registers.apply([change for position, entry in entries for change in changes(position, entry)])
        progress(batch.start + len(batch.entries), size)
    return before, snapshot(work)
