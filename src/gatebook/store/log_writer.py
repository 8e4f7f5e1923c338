"""Writing to the log: everybody who waits is written for by one, and shares one flush to the disk.

The trap guarded against: going on after a failed flush. What the disk then has of a file nobody knows: what was written
is taken back, everybody who waited is told, and the file is left.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gatebook.errors import Unavailable, reason_of
from gatebook.store.files import flush_folder, make_private
from gatebook.store.turn import hold, let_go

LOG = ".log"
_ONLY_OURS = 0o600
sync = getattr(os, "fdatasync", os.fsync)


@dataclass(slots=True, eq=False)
class _Waiting:
    """Bytes on their way to the disk, and what became of them."""

    data: bytes
    is_settled: bool = False
    error: OSError | None = None


class Writer:
    """Appends to a file of this process. Of those who wait, one writes for all, and all share one flush."""

    def __init__(self, folder: Path, rolls_at: int) -> None:
        self._folder, self._rolls_at = folder, rolls_at
        self._file: IO[bytes] | None = None
        self._waiting: list[_Waiting] = []
        self._turn, self._listing = threading.Lock(), threading.Lock()

    def write(self, data: bytes) -> None:
        """Return when the bytes have reached the disk. Raises Unavailable, and then they are taken back."""
        mine = _Waiting(data)
        with self._listing:
            self._waiting.append(mine)
        with self._turn:
            if not mine.is_settled:
                self._settle()
        if mine.error:
            raise unavailable(mine.error)

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            self._let_go()

    def _settle(self) -> None:
        """Write for everybody who waits by now."""
        with self._listing:
            together, self._waiting = self._waiting, []
        error = None
        try:
            self._commit(b"".join(one.data for one in together))
        except OSError as failed:
            error = failed
        for one in together:
            one.error, one.is_settled = error, True

    def _commit(self, data: bytes) -> None:
        file = self._held()
        before = os.fstat(file.fileno()).st_size
        try:
            write_all(file, data)
            sync(file.fileno())
        except OSError:
            # Nobody was told that these are kept. What the disk has of the file is unknown: it is written to no more.
            with contextlib.suppress(OSError):
                file.truncate(before)
            self._let_go()
            raise
        if before + len(data) >= self._rolls_at:
            self._let_go()
        else:
            let_go(file)

    def _held(self) -> IO[bytes]:
        """Return the file to write to, locked and still there; a new one where there is none."""
        while True:
            if self._file is None:
                self._file = self._new()
            if hold(self._file) and os.fstat(self._file.fileno()).st_nlink:
                return self._file
            self._let_go()  # gone, or being looked at by who would remove it: another one is begun

    def _new(self) -> IO[bytes]:
        make_private(self._folder.parent)
        make_private(self._folder)
        self._folder.chmod(0o700)
        path = self._folder / f"{time.time_ns():020d}-{secrets.token_hex(8)}{LOG}"
        file = opened(path, os.O_EXCL | os.O_APPEND)
        flush_folder(self._folder)
        return file

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def opened(path: Path, flags: int) -> IO[bytes]:
    """Open a file to write to, made for its owner alone where it is not there."""
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | flags, _ONLY_OURS), "wb", buffering=0)  # noqa: PTH123  a handle


def write_all(file: IO[bytes], data: bytes) -> None:
    """Write every byte to an unbuffered file."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def unavailable(error: OSError) -> Unavailable:
    """Return what is told to whoever waits."""
    return Unavailable(f"the log of access events cannot be written: {reason_of(error)}")
