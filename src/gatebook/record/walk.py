"""Walking what a store gives in pages: every row of a register, every line of the ledger, one entry by its position.

The trap guarded against: a loop over pages that forgets to move on, or that stops at the first page. There is one, and
whatever is counted or looked for passes through it; it is read while its transaction lasts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from gatebook.record.entry import Entry
from gatebook.record.ports import Ledger, Registers, Row
from gatebook.record.registers import REGISTERS

_ROWS, _LINES = 500, 2000
_ANY: Mapping[str, Any] = MappingProxyType({})


def every_row(registers: Registers, register: str, where: Mapping[str, Any] = _ANY) -> Iterator[Row]:
    """Yield every row with all ``where`` columns equal, in order of the register's key."""
    key, after = REGISTERS[register].key, ""
    while page := registers.page(register, where, after, _ROWS):
        yield from page
        after = str(page[-1][key])


def every_line(ledger: Ledger, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield every entry from a position on, as its bytes, with its position."""
    size = ledger.size()
    for first in range(start, size, _LINES):
        yield from enumerate(ledger.read(first, min(first + _LINES, size)), first)


def entry_at(ledger: Ledger, position: int) -> Entry:
    """Return the entry at a position that has one."""
    return Entry.from_bytes(ledger.read(position, position + 1)[0])
