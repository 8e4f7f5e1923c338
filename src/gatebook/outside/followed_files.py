"""Files that somebody else writes and that are read as they grow, through rotation, truncation and loss.

The trap guarded against: taking a file for another because it bears its name, or its number. Where reading stood is
kept with what stood there: a file whose beginning, or whose last bytes read, are others is another file.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from gatebook.outside.compressed import encoding_of
from gatebook.record.events.cuts import LONGEST, MOST_BYTES, cut_end, settled_end

_MARK = 256  # bytes by which a place in a file is known
_MOST_KNOWN, _MOST_OPEN = 10_000, 128
_MOST_BEFORE = 32 * 1024 * 1024


class Place(msgspec.Struct, frozen=True):
    """How far a file was read: its path then, device and number, and digests of its beginning and last bytes read.

    ``counts`` is what whoever takes the parts in wants to know when it goes on there.
    """

    path: str
    device: int
    inode: int
    offset: int
    head: str
    tail: str
    counts: dict[str, tuple[int, int]] = {}


_PLACES = msgspec.json.Decoder(list[Place])
_Key = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Whole lines of a file: where they begin, what was noted there, and the place to keep once they were taken in."""

    key: _Key
    path: str
    offset: int
    counts: dict[str, tuple[int, int]]
    data: bytes
    after: Place
    before: Callable[[int], bytes]

    def lines_before(self, count: int) -> bytes:
        """Return at most so many lines that stand before, as they are in the file."""
        return self.before(count)


class FollowedFiles:
    """The files that paths, folders and patterns stand for, each read from where it stood.

    A file that was renamed is followed under its new name, one that was removed to its end. Compressed files are left
    alone: they are what rotation makes of files that were read.
    """

    def __init__(self, paths: Sequence[str], kept: bytes = b"") -> None:
        self._paths = tuple(paths)
        self._places = {(place.device, place.inode): place for place in _PLACES.decode(kept or b"[]")}
        self._open: dict[_Key, IO[bytes]] = {}

    def kept(self) -> bytes:
        """Return every place, to be given to the next who follows."""
        return msgspec.json.encode(list(self._places.values())[-_MOST_KNOWN:])

    def move(self, part: Part, counts: dict[str, tuple[int, int]] | None = None) -> None:
        """Note that a part was taken in, and what is to be known when somebody goes on behind it."""
        self._places.pop(part.key, None)
        self._places[part.key] = msgspec.structs.replace(part.after, counts=counts or {})

    def parts(self) -> Iterator[Part]:
        """Yield what came since, file by file, those changed longest ago first; each is moved by who takes it."""
        there = self._there()
        for key in [key for key in self._open if key not in there]:
            yield from self._rest(key)
        for key, path in there.items():
            file = self._opened(key, path)
            if file is None:
                continue
            with contextlib.suppress(OSError):  # one that cannot be read now keeps no other back
                yield from self._parts(key, path, file, is_last=False)
            if len(self._open) > _MOST_OPEN:
                self._open.pop(next(iter(self._open))).close()

    def close(self) -> None:
        """Let go of every file."""
        while self._open:
            self._open.popitem()[1].close()

    def _there(self) -> dict[_Key, Path]:
        """Return the files there are by device and number; renamed ones are looked for beside where they were."""
        found = {_key(stat): (stat.st_mtime_ns, path) for path, stat in self._listed()}
        lost = {key: place for key, place in self._places.items() if key not in found}
        for folder in {Path(place.path).parent for place in lost.values()}:
            for path, stat in _files(folder):
                if _key(stat) in lost:
                    found[_key(stat)] = (stat.st_mtime_ns, path)
        return {key: path for key, (_, path) in sorted(found.items(), key=lambda one: (one[1][0], str(one[1][1])))}

    def _listed(self) -> Iterator[tuple[Path, os.stat_result]]:
        for given in self._paths:
            if Path(given).is_dir():
                for folder, inner, _ in os.walk(given):
                    inner[:] = [name for name in inner if not name.startswith(".")]
                    yield from _files(Path(folder))
                continue
            for name in [given] if Path(given).exists() else glob.glob(given, recursive=True):  # noqa: PTH207  a pattern may be absolute
                with contextlib.suppress(OSError):
                    if Path(name).is_file():
                        yield Path(name), Path(name).stat()

    def _opened(self, key: _Key, path: Path) -> IO[bytes] | None:
        file = self._open.pop(key, None)
        try:
            file = file or path.open("rb")
        except OSError:
            return None  # it went, or may not be read yet
        if _key(os.fstat(file.fileno())) != key or encoding_of(_read(file, 0, 4)) != "identity":
            file.close()
            return None
        self._open[key] = file  # the one used last stands last
        return file

    def _rest(self, key: _Key) -> Iterator[Part]:
        """Yield what is left of a file that was removed while it was open here."""
        file = self._open.pop(key)
        with file:
            place = self._places.get(key)
            yield from self._parts(key, Path(place.path if place else ""), file, is_last=True)
        self._places.pop(key, None)

    def _parts(self, key: _Key, path: Path, file: IO[bytes], *, is_last: bool) -> Iterator[Part]:
        offset, place = self._begin(key, file), self._places.get(key)
        counts = place.counts if place and offset == place.offset else {}
        while data := _next(file, offset, is_last=is_last):
            end = offset + len(data)
            after = Place(str(path), *key, end, _head(file, end), _tail(file, end))
            yield Part(key, str(path), offset, counts, data, after, _before(file, offset))
            moved = self._places.get(key)
            if moved is None or moved.offset != end:
                return  # it was not taken in: it comes again
            offset, counts = end, moved.counts

    def _begin(self, key: _Key, file: IO[bytes]) -> int:
        """Return where to go on: where reading stood, or the beginning of what is another file by now."""
        place = self._places.get(key)
        if place is None:
            return 0
        offset, size = place.offset, os.fstat(file.fileno()).st_size
        is_same = size >= offset and (place.head, place.tail) == (_head(file, offset), _tail(file, offset))
        return offset if is_same else 0


def _next(file: IO[bytes], offset: int, *, is_last: bool) -> bytes:
    """Return the next batch of whole lines, or nothing; of a file that is gone its last line too."""
    data = _read(file, offset, MOST_BYTES)
    if end := cut_end(data):
        return data[:end]
    if len(data) == MOST_BYTES:
        data = _read(file, offset, LONGEST + 1)
        if end := cut_end(data):
            return data[:end]
    return data if is_last else data[: settled_end(data)]


def _before(file: IO[bytes], offset: int) -> Callable[[int], bytes]:
    def lines(count: int) -> bytes:
        begin = max(0, offset - _MOST_BEFORE)
        found = _read(file, begin, offset - begin).splitlines(keepends=True)
        return b"".join(found[-count:] if begin == 0 or len(found) > count else found[1:])

    return lines


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the files of a folder that are not hidden; nothing where it cannot be read."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if entry.is_file() and not entry.name.startswith("."):
                    yield Path(entry.path), entry.stat()


def _key(stat: os.stat_result) -> _Key:
    return stat.st_dev, stat.st_ino


def _head(file: IO[bytes], offset: int) -> str:
    return hashlib.sha256(_read(file, 0, min(_MARK, offset))).hexdigest()


def _tail(file: IO[bytes], offset: int) -> str:
    begin = max(0, offset - _MARK)
    return hashlib.sha256(_read(file, begin, offset - begin)).hexdigest()


def _read(file: IO[bytes], offset: int, count: int) -> bytes:
    file.seek(offset)
    return file.read(count)
