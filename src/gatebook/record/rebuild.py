"""Rebuilding: drop every register and fold the ledger again; the result must be what stood there.

The trap guarded against: a register nobody could restore from the ledger.
"""

from __future__ import annotations

from collections.abc import Callable

from gatebook import canonical
from gatebook.record.entry import Entry
from gatebook.record.ports import Work
from gatebook.record.registers import REGISTERS, changes

_BATCH = 500


def snapshot(work: Work) -> dict[str, str]:
    """Return the digest of every register's rows in key order."""
    return {name: canonical.digest(list(_rows(work, name))) for name in REGISTERS}


def _rows(work: Work, register: str) -> list[dict[str, object]]:
    key, after, found = REGISTERS[register].key, "", []
    while page := work.registers.page(register, {}, after, _BATCH):
        found += [dict(row) for row in page]
        after = page[-1][key]
    return found


def rebuild(work: Work, progress: Callable[[int, int], None]) -> tuple[dict[str, str], dict[str, str]]:
    """Clear the registers and fold all entries; return digests (before, after). ``progress(done, size)``."""
    work.ledger.lock()
    before, size = snapshot(work), work.ledger.size()
    work.registers.clear()
    for start in range(0, size, _BATCH):
        lines = work.ledger.read(start, min(start + _BATCH, size))
        work.registers.apply(
            [change for n, line in enumerate(lines) for change in changes(start + n, Entry.from_bytes(line))]
        )
        progress(start + len(lines), size)
    return before, snapshot(work)
