"""The ``AccessLog`` port in memory, for tests and as what the one on disk is compared with.

The trap guarded against: a fake that promises more than the real one. Both are held to one suite.
"""

from __future__ import annotations

from collections.abc import Sequence

from gatebook.record.log_ports import Damage, LoggedBatch


class MemoryAccessLog:
    """Batches in a dictionary, in the order they came."""

    def __init__(self) -> None:
        self._batches: dict[str, LoggedBatch] = {}

    def append(self, batch: LoggedBatch) -> str:
        """Keep a batch, unless one with its digest is here."""
        held = self.holds(batch.digest)
        if held is None:
            self._batches[batch.batch_id] = batch
        return held or batch.batch_id

    def pending(self, most_rows: int) -> list[LoggedBatch]:
        """Return the oldest batches."""
        found, rows = list[LoggedBatch](), 0
        for batch in sorted(self._batches.values(), key=lambda batch: batch.received_at):
            rows += batch.rows.num_rows
            if found and rows > most_rows:
                break
            found.append(batch)
        return found

    def forget(self, batch_ids: Sequence[str]) -> None:
        """Forget batches."""
        for batch_id in batch_ids:
            self._batches.pop(batch_id, None)

    def holds(self, digest: str) -> str | None:
        """Return the id of a pending batch with this digest."""
        return next((batch.batch_id for batch in self._batches.values() if batch.digest == digest), None)

    def waits(self, batch_id: str) -> bool:
        """Return whether a batch is pending."""
        return batch_id in self._batches

    def damage(self) -> tuple[Damage, ...]:
        """Nothing here can be damaged."""
        return ()
