"""The ``State`` port in memory: a transaction works on a copy, and committing puts the copy in place.

The trap guarded against: a store for tests that cannot roll back, and so hides the half steps it should show.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from gatebook.errors import Unavailable
from gatebook.store.memory.assignments import MemoryAssignments
from gatebook.store.memory.ledger import MemoryLedger, MemoryRegisters
from gatebook.store.memory.records import MemoryOutbox, MemoryRecords, MemoryShelf
from gatebook.store.memory.tables import Tables

_TURN_S = 30.0


class MemoryWork:
    """One transaction, or one look."""

    def __init__(self, tables: Tables) -> None:
        self.ledger = MemoryLedger(tables)
        self.registers = MemoryRegisters(tables)
        self.records = MemoryRecords(tables)
        self.outbox = MemoryOutbox(tables)
        self.shelf = MemoryShelf(tables)
        self.assignments = MemoryAssignments(tables)


class MemoryState:
    """All state of this process; it ends with the process. Copying makes a transaction cost its whole size."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._tables = Tables()

    @contextmanager
    def transaction(self) -> Iterator[MemoryWork]:
        """Begin as the only writer, from the first statement on; commit at the end, roll back when it raises."""
        if not self._turn.acquire(timeout=_TURN_S):
            raise Unavailable("another writer held the state too long; nothing was kept")
        try:
            copied = self._tables.copy()
            yield MemoryWork(copied)
            self._tables = replace(copied, writable=False)
        finally:
            self._turn.release()

    @contextmanager
    def read(self) -> Iterator[MemoryWork]:
        """Begin a look at what was last committed; nobody changes that in place."""
        yield MemoryWork(self._tables)

    def close(self) -> None:
        """Nothing is open."""
