"""Tiles and checkpoint as files of one folder that any web server can hand out.

The trap guarded against: a full tile written twice with different bytes, which would be a forked log.
"""

from __future__ import annotations

from pathlib import Path

from gatebook.errors import LedgerError
from gatebook.store.files import write_durably


class TileFolder:
    """The ``Tiles`` port over a folder: ``checkpoint``, ``vkey`` and ``tile/...``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read_tile(self, path: str) -> bytes:
        """Return a tile's bytes; LedgerError when it is not there."""
        try:
            return (self._folder / path).read_bytes()
        except FileNotFoundError:
            raise LedgerError("a tile of the ledger is missing on disk") from None

    def write_tile(self, path: str, data: bytes) -> None:
        """Write a tile durably; a tile that is there may only be written again with the same bytes."""
        target = self._folder / path
        if target.exists():
            if target.read_bytes() != data:
                raise LedgerError("a tile on disk differs from the ledger: the log would fork")
            return
        write_durably(target, data)

    def read_checkpoint(self) -> bytes | None:
        """Return the signed checkpoint, or None when none was published."""
        path = self._folder / "checkpoint"
        return path.read_bytes() if path.exists() else None

    def write_checkpoint(self, data: bytes) -> None:
        """Replace the checkpoint durably."""
        write_durably(self._folder / "checkpoint", data)
