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
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from gatebook.errors import reason_of
from gatebook.record.log_ports import Damage, LoggedBatch
from gatebook.store.files import flush_folder
from gatebook.store.log_records import Found, read_batch, scan, to_bytes
from gatebook.store.log_writer import LOG, Writer, opened, sync, unavailable, write_all
from gatebook.store.turn import hold

ROLLS_AT = 64 * 1024 * 1024
_GONE = ".gone"


class AccessLogFolder:
    """A folder of log files. Made with its first batch."""

    def __init__(self, folder: Path, rolls_at: int = ROLLS_AT) -> None:
        self._folder = folder
        self._writer = Writer(folder, rolls_at)
        self._seen: dict[str, _Seen] = {}
        self._unread: list[Damage] = []
        self._looking, self._arriving = threading.RLock(), threading.Lock()
        self._under_way: dict[str, Future[str]] = {}

    def append(self, batch: LoggedBatch) -> str:
        """Keep a batch; those who append at the same time share one flush, and one record where they are equal."""
        mine = Future[str]()
        with self._arriving:
            first = self._under_way.setdefault(batch.digest, mine)
        if first is not mine:
            return first.result()
        try:
            held = self.holds(batch.digest)
            if held is None:
                self._writer.write(to_bytes(batch))
            mine.set_result(held or batch.batch_id)
        except BaseException as error:
            mine.set_exception(error)
            raise
        finally:
            with self._arriving:
                del self._under_way[batch.digest]
        return mine.result()

    def pending(self, most_rows: int) -> list[LoggedBatch]:
        """Return the oldest batches by the time of their receipt."""
        with self._looking:
            self._look()
            waiting = [(one.head.received_at, name, one.start, one) for name, one in self._waiting()]
        found, rows, given = list[LoggedBatch](), 0, set[str]()
        for _, name, _, one in sorted(waiting, key=lambda place: place[:3]):
            if one.head.batch_id in given:  # two processes were sent it at once, and it is one
                continue
            rows += one.head.rows
            if found and rows > most_rows:
                break
            if batch := self._read(name, one):
                found.append(batch)
                given.add(batch.batch_id)
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
                sync(file.fileno())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise unavailable(error) from None
        # It may have been taken back meanwhile, if the disk did not take it.
        return batch_id if self.waits(batch_id) else None

    def waits(self, batch_id: str) -> bool:
        """Return whether a batch is pending."""
        with self._looking:
            self._look()
            return any(batch_id in seen.found and batch_id not in seen.gone for seen in self._seen.values())

    def damage(self) -> tuple[Damage, ...]:
        """Return every part that cannot be read. Its file stays, whatever else of it is forgotten."""
        with self._looking:
            self._look()
            return (*self._unread, *(damage for seen in self._seen.values() for damage in seen.damaged))

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
        names = {path.name for path in self._folder.glob(f"*{LOG}")}
        for name in self._seen.keys() - names:
            del self._seen[name]
        self._unread = []
        for name in sorted(names):
            try:
                self._seen[name] = _looked_at(self._folder / name, self._seen.get(name, _Seen()))
            except FileNotFoundError:
                continue
            except OSError as error:  # as when another account of the machine wrote it: it keeps no other back
                self._unread.append(Damage(name, 0, f"the file cannot be read: {reason_of(error)}"))

    def _sweep(self) -> None:
        """Remove the files of which everything is forgotten, then lists without a file."""
        for name, seen in list(self._seen.items()):
            if seen.is_done and _remove(self._folder / name):
                del self._seen[name]
        for path in self._folder.glob(f"*{_GONE}"):
            if not path.with_suffix(LOG).exists():
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
        with opened(listed, os.O_APPEND) as file:
            # The first line end parts these from an id that a crash cut off.
            write_all(file, "\n".join(("", *batch_ids, "")).encode())
            sync(file.fileno())
        if is_new:
            flush_folder(path.parent)
    except OSError as error:
        raise unavailable(error) from None


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
