"""Tiles and checkpoint as files of one folder that any web server can hand out.

The trap guarded against: a full tile written twice with different bytes, which would be a forked log.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from gatebook.errors import LedgerError
from gatebook.store.files import write_durably

_TILE = re.compile(r"tile/(?:entries|[0-9]|[1-5][0-9]|6[0-3])/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?")


class TileFolder:
    """The ``Tiles`` port over a folder: ``checkpoint``, ``vkey`` and ``tile/...``.

    A write has reached the disk when it returns, the folders it made included; a reader sees the old file or the
    new one, never half of one. One publisher writes at a time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read_tile(self, path: str) -> bytes:
        """Return a tile's bytes; LedgerError when it is not there."""
        try:
            return self._place(path).read_bytes()
        except FileNotFoundError:
            raise LedgerError("a tile of the ledger is missing on disk") from None

    def write_tile(self, path: str, data: bytes) -> None:
        """Write a tile durably; a tile that is there may only be written again with the same bytes."""
        target = self._place(path)
        if target.exists():
            if target.read_bytes() != data:
                raise LedgerError("a tile on disk differs from the ledger: the log would fork")
            return
        _make_folder(target.parent)
        write_durably(target, data)

    def read_checkpoint(self) -> bytes | None:
        """Return the signed checkpoint, or None when none was published."""
        path = self._folder / "checkpoint"
        return path.read_bytes() if path.exists() else None

    def write_checkpoint(self, data: bytes) -> None:
        """Replace the checkpoint durably; called after every tile it covers."""
        _make_folder(self._folder)
        write_durably(self._folder / "checkpoint", data)

    def _place(self, path: str) -> Path:
        if not _TILE.fullmatch(path):
            raise LedgerError("this is not the path of a tile")
        return self._folder / path


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it, each entered in its parent on the disk before anything is put in it."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    parent = os.open(folder.parent, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)
