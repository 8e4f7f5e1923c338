"""Writing a file so that a crash leaves the old one or the new one, never half of one.

The trap guarded against: a rename that survives a crash while the bytes it names do not, and two writers who
share one temporary file.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_durably(path: Path, data: bytes) -> None:
    """Write ``data`` to a file of this call alone, flush it to the disk, rename it into place, flush the folder.

    Folders above are made, and durable, first. When it raises, ``path`` is as it was and nothing is left behind;
    when the power goes, a hidden ``.part`` file may be, which nobody reads.
    """
    make_folder(path.parent)
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    flush_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, each entered in its parent on the disk before anything is put in it."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    flush_folder(folder.parent)


def make_private(folder: Path) -> None:
    """Make a folder that only its owner can look into, whatever it was before."""
    make_folder(folder)
    folder.chmod(0o700)


def flush_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk; Windows keeps them itself and opens no folder."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
