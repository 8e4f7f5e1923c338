"""Entering: the ledger and the registers folded from it move together, in one transaction.

The trap guarded against: a register that was changed by something the ledger never saw.
"""

from __future__ import annotations

from gatebook.record import merkle
from gatebook.record.entry import Entry
from gatebook.record.fold import changes
from gatebook.record.ports import Work


def enter(work: Work, *entries: Entry) -> int:
    """Append ``entries`` and fold them into the registers; return the position of the first."""
    work.ledger.lock()
    data = [entry.to_bytes() for entry in entries]
    first = work.ledger.append(data, [merkle.leaf_hash(line) for line in data])
    work.registers.apply([change for n, entry in enumerate(entries) for change in changes(first + n, entry)])
    return first
