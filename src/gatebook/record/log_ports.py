"""What the record asks of a log of batches received and not yet sealed.

The trap guarded against: a receipt for what was not yet safe. ``append`` returns when the batch has reached the disk,
and whatever a log says it holds has reached it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa  # takes long to load, and only who seals needs it


@dataclass(frozen=True, slots=True, eq=False)
class LoggedBatch:
    """A batch as it was received: ``rows`` are columns as ``record.events.columns`` gives them.

    ``digest`` is that of source, form and the bytes that came, in hex; ``received_at`` is in microseconds since 1970
    UTC; ``source`` and ``form`` are empty where the sender named none.
    """

    batch_id: str
    digest: str
    source: str
    form: str
    received_at: int
    operator: str
    rows: pa.RecordBatch


@dataclass(frozen=True, slots=True)
class Damage:
    """A part of the log that can no longer be read: from which byte of which file."""

    file: str
    offset: int
    reason: str


class AccessLog(Protocol):
    """Batches in the order they came, of every process that writes.

    Guarantee: a batch whose ``append`` returned is pending, whatever is killed, until it is forgotten; once ``forget``
    returned it never is again. One that cannot be read is told by ``damage`` and keeps no other back.
    """

    def append(self, batch: LoggedBatch) -> str:
        """Keep a batch and return its id; durable on return. Raises Unavailable, and then the batch is not kept.

        Where one with this digest is pending, that one's id is returned and nothing is kept.
        """
        ...

    def pending(self, most_rows: int) -> list[LoggedBatch]:
        """Return the oldest batches of together at most ``most_rows`` rows, but one at least where there is one."""
        ...

    def forget(self, batch_ids: Sequence[str]) -> None:
        """Forget batches for good; those that are not pending are passed over."""
        ...

    def holds(self, digest: str) -> str | None:
        """Return the id of a pending batch with this digest, durable on return; or None."""
        ...

    def waits(self, batch_id: str) -> bool:
        """Return whether a batch is pending."""
        ...

    def damage(self) -> tuple[Damage, ...]:
        """Return every part that cannot be read."""
        ...
