"""Results of a long work, kept part by part in a folder beside the file they will make.

The trap guarded against: parts of another work taken for parts of this one. The journal holds the digests of what went
in, and a folder with another journal is emptied.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from gatebook.errors import Conflict, GatebookError, InvalidInput, reason_of
from gatebook.store.files import flush_folder, make_folder, write_durably
from gatebook.store.turn import hold

Writer = Callable[[IO[bytes], Iterator[pa.Table], Sequence[str]], None]
_JOURNAL, _LOCK, _WHOLE = "journal.json", "lock", "whole"


class PartFolder:
    """A hidden folder with a journal and parts; ``finish`` makes ``out`` of them. One process at a time has it."""

    def __init__(self, out: Path, write: Writer, write_refused: Writer) -> None:
        self._out, self._write, self._write_refused = out, write, write_refused
        self._folder = out.with_name(f".{out.name}.parts")
        self._lock: IO[bytes] | None = None
        self._numbers: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock:
            self._lock.close()

    @property
    def refused_at(self) -> Path:
        """Where the rows refused are written."""
        return self._out.with_name(f"{self._out.name}.refused.csv")

    def begin(self, plan: Mapping[str, Any]) -> tuple[frozenset[int], tuple[str, ...]]:
        """Take the folder. Raises Conflict when another process has it, InvalidInput when none can be made there."""
        try:
            make_folder(self._folder)
            self._take()
        except OSError as error:
            why = reason_of(error)
            raise InvalidInput(f"{self._out.name} cannot be written there: {why}") from None
        before = self._journal()
        if before != dict(plan):
            self._empty()
            write_durably(self._folder / _JOURNAL, json.dumps(dict(plan), indent=1).encode())
            return frozenset(), tuple(k for k in plan if before.get(k) != plan[k]) if before else ()
        self._numbers = {int(path.stem) for path in self._folder.glob("*.parquet") if _is_whole(path)}
        return frozenset(self._numbers), ()

    def keep(self, number: int, table: pa.Table) -> None:
        """Keep a part, with checksums, on the disk before this returns."""
        sink = pa.BufferOutputStream()
        pq.write_table(table.combine_chunks(), sink, compression="zstd", write_page_checksum=True)
        write_durably(self._at(number), sink.getvalue().to_pybytes())
        self._numbers.add(number)

    def tables(self) -> Iterator[pa.Table]:
        """Yield the parts in order. Raises GatebookError for one that is no longer what was kept, and drops it."""
        for number in sorted(self._numbers):
            try:
                yield pq.read_table(self._at(number), page_checksum_verification=True)
            except (pa.ArrowException, OSError):
                self._at(number).unlink(missing_ok=True)
                raise GatebookError("a part kept on the disk was damaged and is dropped; run the same again") from None

    def finish(self, columns: Sequence[str], matches: Iterator[pa.Table], refused: pa.Table) -> None:
        """Write rows refused, then matches; each appears whole. The parts go when both are there."""
        if refused.num_rows:
            self._put(self.refused_at, self._write_refused, iter([refused]), refused.column_names)
        else:
            self.refused_at.unlink(missing_ok=True)
        self._put(self._out, self._write, matches, columns)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _put(self, path: Path, write: Writer, tables: Iterator[pa.Table], columns: Sequence[str]) -> None:
        whole = self._folder / _WHOLE
        with whole.open("wb") as file:
            write(file, tables, columns)
            file.flush()
            os.fsync(file.fileno())
        whole.replace(path)
        flush_folder(path.parent)

    def _at(self, number: int) -> Path:
        return self._folder / f"{number:08d}.parquet"

    def _journal(self) -> dict[str, Any]:
        with contextlib.suppress(OSError, ValueError):
            found = json.loads((self._folder / _JOURNAL).read_bytes())
            return found if isinstance(found, dict) else {}
        return {}

    def _empty(self) -> None:
        """The journal goes first: parts without one are nobody's."""
        (self._folder / _JOURNAL).unlink(missing_ok=True)
        flush_folder(self._folder)
        for path in self._folder.iterdir():
            if path.name != _LOCK:
                path.unlink()

    def _take(self) -> None:
        self._lock = (self._folder / _LOCK).open("wb")
        if not hold(self._lock):
            raise Conflict(f"another run is making {self._out.name} right now")


def _is_whole(path: Path) -> bool:
    try:
        pq.ParquetFile(path).close()
    except (pa.ArrowException, OSError):
        return False
    return True
