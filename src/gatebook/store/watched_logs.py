"""The ``WatchedLogs`` port: a file for each log, in a folder beside the key this house cosigns with.

The trap guarded against: heads that are put back with an older database while the key goes on signing. Whoever puts
the key folder back puts both back, and has to know it: docs/witness.md says what to do then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gatebook import canonical
from gatebook.errors import InvalidInput, LedgerError
from gatebook.record.witness_ports import WatchedLog
from gatebook.store.files import make_private, write_durably
from gatebook.store.turn import a_turn


class WatchedLogFolder:
    """One JSON file a log, named by the hash of its origin; turns are locks on a file beside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def turn(self, origin: str) -> Iterator[None]:
        """Wait for the turn to work on a log and hold it until the block ends."""
        make_private(self._folder)
        with a_turn(self._file(origin).with_suffix(".turn")):
            yield

    def get(self, origin: str) -> WatchedLog | None:
        """Return what is kept of a log; None for one never watched."""
        try:
            return _read(self._file(origin).read_bytes())
        except FileNotFoundError:
            return None

    def keep(self, log: WatchedLog) -> None:
        """Replace it; it has reached the disk when this returns."""
        write_durably(self._file(log.origin), canonical.encode(log))

    def all(self) -> list[WatchedLog]:
        """Return every log, by origin."""
        files = self._folder.glob("[0-9a-f]*.json")
        return sorted((_read(file.read_bytes()) for file in files), key=lambda log: log.origin)

    def _file(self, origin: str) -> Path:
        return self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()}.json"


def _read(data: bytes) -> WatchedLog:
    try:
        held = canonical.table(canonical.decode(data))
        return WatchedLog(**{**held, "contradiction": tuple(held["contradiction"])})
    except (InvalidInput, KeyError, TypeError):
        raise LedgerError("what is kept of a watched log cannot be read; put it back from your backup") from None
