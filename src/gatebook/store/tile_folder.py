"""Tiles and checkpoint as files of one folder that any web server can hand out.

The trap guarded against: a full tile written twice with different bytes, which would be a forked log, and a
slow publisher who puts an older checkpoint over a newer one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gatebook.errors import LedgerError
from gatebook.store.files import flush_folder, make_folder, write_durably
from gatebook.store.turn import a_turn

_TILE = re.compile(r"tile/(?:entries|[0-9]|[1-5][0-9]|6[0-3])/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?")
_TURN = ".publishing"


class TileFolder:
    """The ``Tiles`` port over a folder: ``checkpoint``, ``vkey`` and ``tile/...``.

    A write has reached the disk when it returns, the folders it made included; a reader sees the old file or the
    new one, never half of one. Turns to publish are kept by a lock on the file ``.publishing``, which the system
    takes back when a publisher dies, and by a lock among the threads of one process. A system without ``flock``
    (Windows) has the second alone: there one process may publish.
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
            flush_folder(target.parent)  # whoever wrote it may have been killed before this
            return
        write_durably(target, data)

    def read_checkpoint(self) -> bytes | None:
        """Return the signed checkpoint, or None when none was published."""
        try:
            return (self._folder / "checkpoint").read_bytes()
        except FileNotFoundError:
            return None

    def write_checkpoint(self, data: bytes) -> None:
        """Replace the checkpoint durably; called after every tile it covers."""
        write_durably(self._folder / "checkpoint", data)

    def has_tiles(self) -> bool:
        """Return whether there is any tile."""
        found = (self._folder / "tile").rglob("*")
        return any(path.is_file() and not path.name.startswith(".") for path in found)

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """Wait for the turn to publish and hold it until the block ends; not to be entered again within itself."""
        make_folder(self._folder)
        with a_turn(self._folder / _TURN, LedgerError):
            yield

    def _place(self, path: str) -> Path:
        if not _TILE.fullmatch(path):
            raise LedgerError("this is not the path of a tile")
        return self._folder / path
