"""The ``AccessLog`` port on disk: files of records that writers append to, and lists of what was forgotten.

The trap guarded against: a writer that goes on in a file somebody took away. Before each write the file is locked and
looked at; one that is gone, or that this process did not begin, is never written to.

Each process writes to files of its own (``<time>-<random>.log``) and rolls them. Who forgets writes the ids to a file
beside (``.gone``), durable before anything else; a file all of whose records are forgotten goes, then its list. Locks
last for one write or one removal, so nobody who sleeps or was killed holds anything up.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from gatebook.errors import Unavailable, reason_of
from gatebook.record.log_ports import Damage, LoggedBatch
from gatebook.store.files import flush_folder, make_folder
from gatebook.store.log_records import Found, read_batch, scan, to_bytes
from gatebook.store.turn import hold, let_go

ROLLS_AT = 64 * 1024 * 1024
_LOG, _GONE = ".log", ".gone"
_ONLY_OURS = 0o600
_sync = getattr(os, "fdatasync", os.fsync)


class AccessLogFolder:
    """A folder of log files. Made with its first batch."""

    def __init__(self, folder: Path, rolls_at: int = ROLLS_AT) -> None:
        self._folder = folder
        self._writer = _Writer(folder, rolls_at)
        self._seen: dict[str, _Seen] = {}
        self._looking = threading.RLock()

    def append(self, batch: LoggedBatch) -> None:
        """Keep a batch; those who append at the same time share one flush to the disk."""
        self._writer.write(to_bytes(batch))

    def pending(self, most_rows: int) -> list[LoggedBatch]:
        """Return the oldest batches by the time of their receipt."""
        with self._looking:
            self._look()
            waiting = [(one.head.received_at, name, one.start, one) for name, one in self._waiting()]
        found, rows = list[LoggedBatch](), 0
        for _, name, _, one in sorted(waiting, key=lambda place: place[:3]):
            rows += one.head.rows
            if found and rows > most_rows:
                break
            batch = self._read(name, one)
            found += [batch] if batch else []
        return found

    def _read(self, name: str, one: Found) -> LoggedBatch | None:
        with contextlib.suppress(FileNotFoundError), (self._folder / name).open("rb") as file:
            if batch := read_batch(file, one):
                return batch
        with self._looking:  # it is not what it was: the file is looked at anew
            self._seen.pop(name, None)
        return None

    def forget(self, batch_ids: Sequence[str]) -> None:
        """Forget batches; files of which nothing is left go."""
        with self._looking:
            self._look()
            wanted = set(batch_ids)
            for name, seen in self._seen.items():
                if gone := sorted(wanted & seen.found.keys() - seen.gone):
                    _note_gone(self._folder / name, gone)
                    seen.gone.update(gone)
            self._sweep()

    def holds(self, digest: str) -> str | None:
        """Return the id of a pending batch with this digest, once its file has reached the disk."""
        with self._looking:
            self._look()
            held = ((name, seen.waiting(digest)) for name, seen in self._seen.items())
            name, batch_id = next((one for one in held if one[1]), ("", None))
        if batch_id is None:
            return None
        try:
            with (self._folder / name).open("rb") as file:  # its writer may still be waiting for the disk
                _sync(file.fileno())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unavailable(error) from None
        return batch_id

    def waits(self, batch_id: str) -> bool:
        """Return whether a batch is pending."""
        with self._looking:
            self._look()
            return any(batch_id in seen.found and batch_id not in seen.gone for seen in self._seen.values())

    def damage(self) -> tuple[Damage, ...]:
        """Return every part that cannot be read. Its file stays, whatever else of it is forgotten."""
        with self._looking:
            self._look()
            return tuple(damage for seen in self._seen.values() for damage in seen.damaged)

    def close(self) -> None:
        """Let go of the file that is written to."""
        self._writer.close()

    def _waiting(self) -> Iterator[tuple[str, Found]]:
        return (
            (name, one)
            for name, seen in self._seen.items()
            for batch_id, one in seen.found.items()
            if batch_id not in seen.gone
        )

    def _look(self) -> None:
        """Take in what was written and forgotten since, by whomever."""
        names = {path.name for path in self._folder.glob(f"*{_LOG}")}
        for name in self._seen.keys() - names:
            del self._seen[name]
        for name in sorted(names):
            with contextlib.suppress(FileNotFoundError):
                self._seen[name] = _looked_at(self._folder / name, self._seen.get(name, _Seen()))

    def _sweep(self) -> None:
        """Remove the files of which everything is forgotten, then lists without a file."""
        for name, seen in list(self._seen.items()):
            if seen.is_done and _remove(self._folder / name):
                del self._seen[name]
        for path in self._folder.glob(f"*{_GONE}"):
            if not path.with_suffix(_LOG).exists():
                path.unlink(missing_ok=True)


@dataclass(slots=True)
class _Seen:
    """What is known of a file: its records, damage, ids forgotten; and up to where file and list were read."""

    found: dict[str, Found] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    damaged: list[Damage] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    offset: int = 0
    gone_offset: int = 0

    @property
    def is_done(self) -> bool:
        """Whether nothing in it is needed any more."""
        return not self.damaged and self.found.keys() <= self.gone

    def waiting(self, digest: str) -> str | None:
        """Return the id of a batch with this digest that is not forgotten."""
        batch_id = self.digests.get(digest)
        return None if batch_id in self.gone else batch_id


def _looked_at(path: Path, seen: _Seen) -> _Seen:
    """Return what is known of a file now. Raises FileNotFoundError for one that went meanwhile."""
    size = path.stat().st_size
    if size < seen.offset:  # its writer took back what did not reach the disk
        seen = _Seen(gone=seen.gone, gone_offset=seen.gone_offset)
    if size > seen.offset:
        with path.open("rb") as file:
            found, damaged, seen.offset = scan(file, path.name, seen.offset, size)
        seen.found.update((one.head.batch_id, one) for one in found)
        seen.digests.update((one.head.digest, one.head.batch_id) for one in found)
        seen.damaged += damaged
    with contextlib.suppress(FileNotFoundError), path.with_suffix(_GONE).open("rb") as file:
        file.seek(seen.gone_offset)
        lines = file.read().split(b"\n")
        seen.gone_offset = file.tell() - len(lines[-1])  # the last one may still be being written
        seen.gone.update(line.decode("ascii", "replace") for line in lines[:-1] if line)
    return seen


def _note_gone(path: Path, batch_ids: Sequence[str]) -> None:
    """Add ids to the list beside a log file; durable on return."""
    listed = path.with_suffix(_GONE)
    is_new = not listed.exists()
    try:
        with _opened(listed, os.O_APPEND) as file:
            # The first line end parts these from an id that a crash cut off.
            _write(file, "\n".join(("", *batch_ids, "")).encode())
            _sync(file.fileno())
        if is_new:
            flush_folder(path.parent)
    except OSError as error:
        raise _unavailable(error) from None


def _remove(path: Path) -> bool:
    """Remove a log file unless it is in use or something was added; say whether it is gone."""
    try:
        with path.open("rb") as file:
            if not hold(file):
                return False
            if not _looked_at(path, _Seen()).is_done:
                return False
            path.unlink()  # under the lock: a writer that comes next sees that it is gone
            # The list goes after the file has, or what it names would come back after a loss of power.
            flush_folder(path.parent)
            path.with_suffix(_GONE).unlink(missing_ok=True)
    except FileNotFoundError:
        return True
    except OSError:  # held open by a writer, on a system that does not let go of open files
        return False
    return True


@dataclass(slots=True, eq=False)
class _Waiting:
    """Bytes on their way to the disk, and what became of them."""

    data: bytes
    is_settled: bool = False
    error: OSError | None = None


class _Writer:
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
            raise _unavailable(mine.error)

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
            _write(file, data)
            _sync(file.fileno())
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
        make_folder(self._folder)
        self._folder.chmod(0o700)
        path = self._folder / f"{time.time_ns():020d}-{secrets.token_hex(8)}{_LOG}"
        file = _opened(path, os.O_EXCL | os.O_APPEND)
        flush_folder(self._folder)
        return file

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _opened(path: Path, flags: int) -> IO[bytes]:
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | flags, _ONLY_OURS), "wb", buffering=0)  # noqa: PTH123  a handle


def _write(file: IO[bytes], data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _unavailable(error: OSError) -> Unavailable:
    return Unavailable(f"the log of access events cannot be written: {reason_of(error)}")
