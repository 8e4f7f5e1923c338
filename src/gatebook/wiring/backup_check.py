"""Checking a backup without restoring it: every file, the ledger in it, and the head that was signed.

The trap guarded against: a backup that is looked at for the first time on the day it is needed.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from gatebook.errors import LedgerError
from gatebook.procedures.back_up import check_lines
from gatebook.record import backup_form as form
from gatebook.store.backup_file import BackupReader, reading, total_of
from gatebook.store.sql.engine import sqlite_url
from gatebook.store.sql.state import SqlState, migrate
from gatebook.store.tile_folder import TileFolder
from gatebook.wiring.backup import Heard, unheard
from gatebook.wiring.backup_restore import added, signed_in


def check_backup(path: Path, heard: Heard = unheard) -> dict[str, Any]:
    """Read a whole backup, hold it against itself, and return what it is. Raises NotFound, LedgerError.

    What no backup can say of itself is whose it is: the key it is signed with is in the file of keys, and whoever
    restores holds it against that.
    """
    with reading(path, added(heard)) as source, tempfile.TemporaryDirectory(prefix="gatebook-check-") as place:
        for name in source.names():
            if name == form.STATE or name.startswith("ledger/"):
                source.unpack(name, Path(place) / name)
            else:
                source.check(name)
        said, signed = source.manifest, _checked(Path(place), source, heard)
        shown = {"origin": said.origin, "made_at": said.made_at, "size": said.size, "root": said.root}
        return {**shown, "signed": signed, "files": len(said.files), "bytes": total_of(said.files)}


def _checked(work: Path, source: BackupReader, heard: Heard) -> int:
    """Hold the ledger of an unpacked backup against manifest, tiles and head; return the size that was signed."""
    said, url = source.manifest, sqlite_url(work / form.STATE)
    migrate(url)
    signed = signed_in(work / "ledger", (work / form.VKEY).read_text("utf-8"))
    state = SqlState(url)
    try:
        tiles = TileFolder(work / "ledger")
        if check_lines(state, signed, tiles.read_tile, partial(heard, "checking the ledger")) != (said.size, said.root):
            raise LedgerError("the ledger in the backup is not the one its manifest names")
    finally:
        state.close()
    return max((head.size for head in signed), default=0)
