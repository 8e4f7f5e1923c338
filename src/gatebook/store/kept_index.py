"""The index of the current lists, laid out once and taken up again at the next start.

The trap guarded against: an index of other names than the lists have. A kept layout is used only where its stamp is
that of the very names, tables and scorer at hand, and its bytes are what was written; else all is laid out anew.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from gatebook import canonical
from gatebook.screen.index import CompleteIndex
from gatebook.screen.party import ListEdition
from gatebook.screen.screening import SCORER, ScreenSettings
from gatebook.store.files import write_durably

_SUFFIX, _KEPT, _SUM = ".index", 3, 32


def made_index(folder: Path, editions: Sequence[ListEdition], settings: ScreenSettings) -> CompleteIndex:
    """Return the index of ``editions``, from the layout kept in ``folder`` where there is one, else keeping its own.

    Several processes may do so at once: a layout depends on the editions alone and is put in place whole. A folder that
    cannot be written costs the time to lay out again, nothing else. The file is as much to be trusted as the lists
    beside it: whoever can write there can do worse.
    """
    path = folder / f"{_name(editions)}{_SUFFIX}"
    index = CompleteIndex(editions, settings, kept=_read(path))
    if not index.shelf.is_taken_up and editions:
        laid = index.shelf.laid_down()
        with suppress(OSError):
            write_durably(path, hashlib.sha256(laid).digest() + laid)
            _clear(folder)
    gc.freeze()  # the index stays as long as the house is open: the collector need not look through it again and again
    return index


def _name(editions: Sequence[ListEdition]) -> str:
    return canonical.digest({"editions": [[e.list_id, e.digest] for e in editions], "scorer": SCORER})


def _read(path: Path) -> bytes | None:
    try:
        kept = path.read_bytes()
    except OSError:
        return None
    return kept[_SUM:] if hashlib.sha256(kept[_SUM:]).digest() == kept[:_SUM] else None


def _clear(folder: Path) -> None:
    """Remove the layouts of editions long gone, the oldest first."""
    kept = sorted(folder.glob(f"*{_SUFFIX}"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in kept[_KEPT:]:
        path.unlink(missing_ok=True)
