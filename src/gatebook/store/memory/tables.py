"""What a memory state holds, and the copy each transaction works on.

The trap guarded against: a row shared between the copy and the original; rows are replaced, never changed in place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gatebook.errors import Unavailable
from gatebook.record.ports import SealedRecord
from gatebook.record.registers import REGISTERS
from gatebook.terms.assignment import Assignment
from gatebook.trace.assignment_ports import Batch


@dataclass(slots=True)
class Tables:
    """Everything of one state. ``writable`` is true only within a transaction."""

    writable: bool = False
    entries: list[tuple[bytes, bytes]] = field(default_factory=list)
    registers: dict[str, dict[str, Mapping[str, Any]]] = field(default_factory=lambda: {name: {} for name in REGISTERS})
    records: dict[str, SealedRecord] = field(default_factory=dict)
    tags: set[tuple[str, bytes, str, str]] = field(default_factory=set)
    outbox: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    shelf: dict[tuple[str, str], tuple[bytes, str | None]] = field(default_factory=dict)
    assignments: dict[str, Assignment] = field(default_factory=dict)
    assigned: dict[int, Batch] = field(default_factory=dict)

    def copy(self) -> Tables:
        """Return a writable copy that shares rows and nothing else."""
        registers = {name: dict(rows) for name, rows in self.registers.items()}
        return Tables(
            True,
            list(self.entries),
            registers,
            dict(self.records),
            set(self.tags),
            dict(self.outbox),
            dict(self.shelf),
            dict(self.assignments),
            dict(self.assigned),
        )

    def writing(self) -> Tables:
        """Return itself; Unavailable when this is only a look."""
        if not self.writable:
            raise Unavailable("nothing may be written through a look at the state; nothing was kept")
        return self
