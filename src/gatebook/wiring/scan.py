"""Scanning: every file of a house is searched for bytes that should be in none of them.

The trap guarded against: a scan that skips what it cannot read and calls the rest clean. A file it could not read is
named.
"""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def scan_folder(folder: Path, texts: Sequence[bytes]) -> dict[str, Any]:
    """Search every file below ``folder`` for each text; return how much was searched, what was found, what unread.

    Texts are told by their place in the order given, from 1: what they are stays with whoever gave them.
    """
    searched, found, unread = [0, 0], list[dict[str, Any]](), list[str]()
    for file in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
        name = file.relative_to(folder).as_posix()
        try:
            size = file.stat().st_size
            hits = _found_in(file, texts) if size else []
        except OSError:
            unread.append(name)
            continue
        searched = [searched[0] + 1, searched[1] + size]
        found += [{"file": name, "text": n} for n in hits]
    return {"files": searched[0], "bytes": searched[1], "texts": len(texts), "found": found, "unread": unread}


def _found_in(file: Path, texts: Sequence[bytes]) -> list[int]:
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as held:
        return [n for n, text in enumerate(texts, 1) if text and held.find(text) >= 0]
