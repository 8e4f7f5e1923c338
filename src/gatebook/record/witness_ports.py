"""What a witness keeps of each log it watches, and the port of the place where it is kept.

The trap guarded against: a head that is forgotten and could then be contradicted. A log that is no longer watched
keeps its head, and so does one whose key changed.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WatchedLog:
    """A log by its origin: its key, and the newest head of it that was cosigned.

    ``note`` is that head as it was signed, empty before the first, and ``cosigned_at`` when it was first cosigned (an
    instant as text). ``refused`` is the newest signed head whose proof did not hold: the log may have forked, or
    somebody sent a good head with a bad proof. ``contradiction`` is two signed heads of one size with two roots,
    the cosigned one first: nobody but who holds the log's key can have made it, and it stays.
    """

    origin: str
    vkey: str
    is_watched: bool = True
    note: str = ""
    cosigned_at: str = ""
    refused: str = ""
    contradiction: tuple[str, ...] = ()


class WatchedLogs(Protocol):
    """The logs this house watches, or once did.

    Guarantee: what was kept is durable when ``keep`` returns; of all who work on one log, in every thread and process,
    one at a time is within its ``turn``. A head is kept before its signature leaves.
    """

    def turn(self, origin: str) -> AbstractContextManager[None]:
        """Wait for the turn to work on a log and hold it until the block ends; who dies gives it back."""
        ...

    def get(self, origin: str) -> WatchedLog | None:
        """Return what is kept of a log; None for one never watched. Raises LedgerError when it cannot be read."""
        ...

    def keep(self, log: WatchedLog) -> None:
        """Replace what is kept of a log durably; done by who has its turn."""
        ...

    def all(self) -> list[WatchedLog]:
        """Return every log, by origin, those no longer watched too."""
        ...
