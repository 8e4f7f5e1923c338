"""Access events in files: converted, taken in once, or followed as they grow.

The trap guarded against: a file given twice that counts twice. Batches are cut where the bytes say, each knows what
stood before it, and how far a followed file was read is noted only after its records reached the disk. What is wrong
with one file is told, and costs no other.
"""

from __future__ import annotations

import hashlib
import sys
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

import msgspec

from gatebook.errors import (
    Conflict,
    FieldProblem,
    GatebookError,
    InvalidInput,
    NotPermitted,
    Unavailable,
    reason_of,
)
from gatebook.outside.compressed import read_plain
from gatebook.outside.followed_files import FollowedFiles, Part
from gatebook.procedures.house import Operator
from gatebook.procedures.log_access import (
    NO_RECORD,
    Bounds,
    Cut,
    LoggedReceipt,
    Tally,
    check_names,
    log_access,
    receipt_at,
)
from gatebook.record.events import own
from gatebook.record.events.cuts import Cuts
from gatebook.record.events.fast import read_columns
from gatebook.record.events.finish import UNMAPPED
from gatebook.record.events.forms import WRITTEN
from gatebook.record.events.lines import read_lines
from gatebook.record.events.nth import WINDOW, Repeats
from gatebook.record.events.reader import read_events
from gatebook.store.files import make_folder, write_durably
from gatebook.store.turn import hold
from gatebook.terms.assignment import microseconds
from gatebook.wiring.premises import Premises, clock

_WRITTEN_AT = 1024
_MOST_HELD = 600_000  # last records of streams, at some 300 bytes; those of other streams are read again
STDIN = Path("-")


@dataclass(slots=True)
class Converted:
    """What became of files: records, those unmapped, by mark and by form; and what is wrong with which file."""

    records: int = 0
    marks: Counter[str] = field(default_factory=Counter)
    forms: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def show(self) -> dict[str, Any]:
        """Show the counts."""
        unmapped = self.forms.pop(UNMAPPED, 0)
        told = {"records": self.records, "unmapped": unmapped}
        return {**told, "marks": dict(sorted(self.marks.items())), "forms": dict(sorted(self.forms.items()))}


def convert_files(paths: Sequence[Path], form: str, source: str, out: IO[bytes], written: str = own.NAME) -> Converted:
    """Write every record of the files as a line of our own form, or another of :data:`WRITTEN`; nothing is kept.

    A file that cannot be read, or not to its end, is told of; what was read of it is written.
    """
    _check_names(source, form)
    receipt, found = receipt_at(microseconds(clock()), source, Bounds()), Converted()
    encode, write, lines = msgspec.json.Encoder().encode, WRITTEN[written], list[bytes]()
    for path in files_of(paths):
        with _told(path, found.problems):
            for event in read_events(read_lines(_chunks(path)), receipt, form, forms=found.forms):
                found.records += 1
                found.marks.update(event.marks)
                lines.append(encode(write(event)))
                if len(lines) >= _WRITTEN_AT:
                    _write(out, lines)
        _write(out, lines)
    return found


@dataclass(slots=True)
class Ingested:
    """What became of files: their records, and what is wrong with which file."""

    tally: Tally = field(default_factory=Tally)
    problems: list[str] = field(default_factory=list)


def ingest_files(
    premises: Premises,
    operator: Operator,
    paths: Sequence[Path],
    source: str = "",
    form: str = "",
    moved: Callable[[int], None] = lambda _: None,
) -> Ingested:
    """Keep every record of the files; a file given again, or grown, counts nothing twice.

    ``moved`` is told of bytes read. A file that cannot be read to its end is told of; what was read of it is kept.
    """
    _check_names(source, form)
    found = Ingested()
    keep = partial(_kept, premises, operator, source, form)
    for path in files_of(paths):
        cuts, repeats = Cuts(), Repeats()
        with _told(path, found.problems):
            for chunk in _chunks(path, moved):
                for piece in cuts.add(chunk):
                    keep(piece.data, Cut(piece.offset, repeats), found.tally.add)
        with _told(path, found.problems):
            for piece in cuts.end():
                keep(piece.data, Cut(piece.offset, repeats), found.tally.add)
    return found


def _kept(
    premises: Premises,
    operator: Operator,
    source: str,
    form: str,
    data: bytes,
    cut: Cut,
    told: Callable[[LoggedReceipt], None],
) -> None:
    """Keep a batch of a stream; a piece without any record, as a list of none, is no batch."""
    house, log = premises.house, premises.access_log
    try:
        told(log_access(house, log, operator, data, source, form, premises.access_bounds, cut))
    except InvalidInput as error:
        if error.problems != (NO_RECORD,):
            raise


def size_of(paths: Sequence[Path]) -> int | None:
    """Return how many bytes the files have together; None where one of them is standard input."""
    found = files_of(paths)
    return None if STDIN in found else sum(path.stat().st_size for path in found if path.is_file())


def files_of(paths: Sequence[Path]) -> list[Path]:
    """Return the files that paths stand for: of a folder every file in it, or below, that is not hidden, by name."""
    return [one for path in paths for one in (sorted(_files_in(path)) if path.is_dir() else [path])]


def _files_in(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


class Follower:
    """Follows paths, folders and patterns for a house; one at a time for the same ones. Raises Conflict.

    ``wrong`` is told once what is wrong with a file at a place; the others are gone on with, and it is tried again.
    """

    def __init__(
        self,
        premises: Premises,
        operator: Operator,
        paths: Sequence[str],
        source: str = "",
        form: str = "",
        wrong: Callable[[str], None] = lambda _: None,
    ) -> None:
        _check_names(source, form)
        self._wrong, self._told_wrong = wrong, dict[tuple[int, int], str]()
        self._premises, self._operator, self._source, self._form = premises, operator, source, form
        named = hashlib.sha256("\0".join((source, form, *sorted(paths))).encode()).hexdigest()[:16]
        folder = premises.folder / "access" / "followed"
        make_folder(folder)
        self._file, self._lock = folder / f"{named}.json", (folder / f"{named}.lock").open("ab")
        if not hold(self._lock):
            self._lock.close()
            raise Conflict("another process follows the same files for this house")
        self._files = FollowedFiles(paths, self._file.read_bytes() if self._file.exists() else b"")
        self._streams: OrderedDict[tuple[int, int], tuple[int, Repeats]] = OrderedDict()

    def turn(self, told: Callable[[LoggedReceipt], None], stop: threading.Event | None = None) -> None:
        """Take in what came since, batch by batch, until ``stop`` is set; each is noted as read once it is kept."""
        for part in self._files.parts():
            if stop and stop.is_set():
                return
            cut, problems = Cut(part.offset, self._repeats(part)), list[str]()
            with _told(Path(part.path), problems):
                _kept(self._premises, self._operator, self._source, self._form, part.data, cut, told)
            if problems:
                self._tell_wrong(part, problems[0])
                continue
            self._files.move(part, cut.repeats.carried())
            write_durably(self._file, self._files.kept())
            self._told_wrong.pop(part.key, None)
            self._streams[part.key] = (part.after.offset, cut.repeats)
            self._let_go()

    def follow(
        self, stop: threading.Event, interval: float, told: Callable[[LoggedReceipt], None], failed: Callable[[], None]
    ) -> None:
        """Take turns until ``stop`` is set. What cannot be kept now is tried again at the next."""
        while not stop.is_set():
            try:
                self.turn(told, stop)
            except (Unavailable, OSError):
                failed()
            stop.wait(interval)

    def close(self) -> None:
        """Let go of every file."""
        self._files.close()
        self._lock.close()

    def _repeats(self, part: Part) -> Repeats:
        """Return what stood before a part: as it was counted, or counted again from the file."""
        offset, held = self._streams.pop(part.key, (-1, Repeats()))
        if offset == part.offset:
            return held
        found = Repeats()
        if not part.offset:
            return found
        receipt = receipt_at(microseconds(self._premises.now()), self._source, self._premises.access_bounds)
        for _ in read_columns(part.lines_before(WINDOW), receipt, self._form, found):
            pass
        found.go_on(part.counts)
        return found

    def _let_go(self) -> None:
        """Hold no more records of streams than fit, however many files are followed."""
        held = sum(len(repeats) for _, repeats in self._streams.values())
        while held > _MOST_HELD and len(self._streams) > 1:
            held -= len(self._streams.popitem(last=False)[1][1])

    def _tell_wrong(self, part: Part, problem: str) -> None:
        if self._told_wrong.get(part.key) != problem:
            self._told_wrong[part.key] = problem
            self._wrong(problem)


def _chunks(path: Path, moved: Callable[[int], None] = lambda _: None) -> Iterator[bytes]:
    return read_plain(path, moved, sys.stdin.buffer if path == STDIN else None)


@contextmanager
def _told(path: Path, problems: list[str]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        problems.append(f"{path.name}: {reason_of(error)}")
    except (NotPermitted, Unavailable):
        raise  # this is of no file
    except InvalidInput as error:
        problems.append(f"{path.name}: {'; '.join(problem.reason for problem in error.problems) or error.message}")
    except GatebookError as error:
        problems.append(f"{path.name}: {error.message}")


def _check_names(source: str, form: str) -> None:
    problems: list[FieldProblem] = check_names(source, form)
    if problems:
        raise InvalidInput("these files cannot be read so", tuple(problems))


def _write(out: IO[bytes], lines: list[bytes]) -> None:
    if lines:
        out.write(b"\n".join(lines) + b"\n")
        lines.clear()
