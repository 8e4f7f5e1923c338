"""Archived months in a folder: Parquet files, and for each month the manifest that makes them count.

The trap guarded against: half a month taken for a whole one. Files are written and flushed in a hidden folder, which is
renamed to one that is named by what is in it; only then is the manifest, which names it, put in its place.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from gatebook.errors import Unavailable, reason_of
from gatebook.record.archive_ports import ArchivedFile, ArchivedRow, ArchivedSegment, Manifest
from gatebook.record.events.columns import TEXTS
from gatebook.store.columnar.archive_shape import (
    ERASED_SHAPE,
    SHAPE,
    SORTED_BY,
    from_erased,
    from_shape,
    to_erased,
    to_shape,
)
from gatebook.store.files import flush_folder, make_folder, write_durably
from gatebook.store.turn import hold

_FILE_BYTES = 256 << 20  # a file is closed after this many bytes: a cluster reads a few large ones best
_BATCH_ROWS = 16_384
_DELTA = ("at_us", "position", "segment")
_WRITTEN: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 3,
    "version": "2.6",
    "use_dictionary": [*TEXTS, "label", "high", "low", "batch", "nth"],
    "column_encoding": dict.fromkeys(_DELTA, "DELTA_BINARY_PACKED"),
    "write_page_index": True,
    "store_schema": False,
}


class ArchiveFolder:
    """The ``Archive`` port over a folder that is on this machine, or mounted."""

    def __init__(self, folder: Path, file_bytes: int = _FILE_BYTES) -> None:
        self._folder, self._file_bytes = folder, file_bytes

    def months(self) -> tuple[Manifest, ...]:
        """Return every month there is."""
        try:
            found = sorted(self._folder.glob("[0-9]*.json"))
            return tuple(Manifest.from_bytes(path.read_bytes()) for path in found)
        except OSError as error:
            raise Unavailable(f"the archive cannot be read: {reason_of(error)}") from None

    @contextmanager
    def writing(self, month: int) -> Iterator[MonthWriter]:
        """Write a month."""
        try:
            make_folder(self._folder)
            with (self._folder / ".lock").open("ab") as lock:
                if not hold(lock):
                    raise Unavailable("somebody else is writing to this archive; wait until they are done")
                for left in self._folder.glob(".*.part"):
                    shutil.rmtree(left)  # of one that was cut off: nobody else writes here now
                yield from self._written(month)
        except OSError as error:
            raise Unavailable(f"the archive cannot be written: {reason_of(error)}") from None

    def _written(self, month: int) -> Iterator[MonthWriter]:
        part = self._folder / f".{month:06d}.part"
        part.mkdir(mode=0o700)
        writer = MonthWriter(self._folder, part, self._file_bytes)
        try:
            yield writer
        finally:
            writer.close()
            shutil.rmtree(part, ignore_errors=True)

    def faults(self, manifest: Manifest) -> list[str]:
        """Return the names of files that are not what the manifest says."""
        files = (*manifest.files, *manifest.erased_files)
        return [file.name for file in files if _sha256(self._folder / file.name) != file.sha256]

    def rows(self, manifest: Manifest, first_segment: int, last_segment: int) -> Iterator[list[ArchivedRow]]:
        """Yield every row of some segments."""
        of_these = (pc.field("segment") >= first_segment) & (pc.field("segment") <= last_segment)
        kinds = ((manifest.files, from_shape), (manifest.erased_files, from_erased))
        try:
            for file, read in ((file, read) for files, read in kinds for file in files):
                for batch in pq.ParquetFile(self._folder / file.name).iter_batches(_BATCH_ROWS):
                    yield read(pa.Table.from_batches([batch]).filter(of_these))
        except (OSError, pa.ArrowInvalid):
            raise Unavailable("a file of the archive cannot be read") from None


class MonthWriter:
    """The ``MonthFiles`` port: row groups of one page each, in files of a few hundred megabytes."""

    def __init__(self, folder: Path, part: Path, file_bytes: int) -> None:
        self._folder, self._part = folder, part
        self._rows = _Series(part, "events", SHAPE, SORTED_BY, file_bytes)
        self._erased = _Series(part, "erased", ERASED_SHAPE, ("segment", "position"), file_bytes)

    def add(self, rows: pa.Table) -> None:
        """Append a page of rows."""
        self._rows.add(to_shape(rows))

    def add_erased(self, rows: pa.Table) -> None:
        """Append a page of what is kept of erased rows."""
        self._erased.add(to_erased(rows))

    def keep(self, month: int, segments: Sequence[ArchivedSegment]) -> Manifest:
        """Make the month count as whole; what was archived of it before is removed after that."""
        files, erased = self._rows.finished(), self._erased.finished()
        said = "".join(file.sha256 for file in (*files, *erased))
        name = f"{month:06d}-{hashlib.sha256(said.encode()).hexdigest()[:16]}"
        rows = sum(file.rows for file in files)
        manifest = Manifest(month, rows, _below(name, files), _below(name, erased), tuple(segments))
        self._place(name)
        write_durably(self._folder / f"{month:06d}.json", manifest.to_bytes())
        for old in self._folder.glob(f"{month:06d}-*"):
            if old.name != name:
                shutil.rmtree(old)
        return manifest

    def _place(self, name: str) -> None:
        """Put the files under their name; the same name holds the same bytes, or what was damaged of them."""
        flush_folder(self._part)
        target = self._folder / name
        if target.exists():
            for path in self._part.iterdir():
                path.replace(target / path.name)
            flush_folder(target)
        else:
            self._part.replace(target)
        flush_folder(self._folder)

    def close(self) -> None:
        """Close what is open."""
        self._rows.close()
        self._erased.close()


class _Series:
    """Files of one shape, one after the other."""

    def __init__(self, part: Path, name: str, shape: pa.Schema, order: Sequence[str], file_bytes: int) -> None:
        self._part, self._name, self._shape, self._most = part, name, shape, file_bytes
        self._order = [pq.SortingColumn(shape.names.index(column)) for column in order]
        self._writer: pq.ParquetWriter | None = None
        self._ranges: list[tuple[int, ...]] = []
        self._done: list[ArchivedFile] = []
        self._count = 0

    def add(self, rows: pa.Table) -> None:
        if self._writer is None:
            self._path = self._part / f"{self._name}-{len(self._done):04d}.parquet"
            self._file = self._path.open("xb")
            known = [name for name in _WRITTEN["use_dictionary"] if name in self._shape.names]
            delta = {name: how for name, how in _WRITTEN["column_encoding"].items() if name in self._shape.names}
            options = {**_WRITTEN, "use_dictionary": known, "column_encoding": delta}
            self._writer = pq.ParquetWriter(self._file, self._shape, sorting_columns=self._order, **options)
        self._writer.write_table(rows, row_group_size=max(rows.num_rows, 1))
        self._count += rows.num_rows
        self._ranges.append(_range(rows))
        if self._file.tell() >= self._most:
            self._finish()

    def _finish(self) -> None:
        self.close()
        with self._path.open("rb") as file:
            os.fsync(file.fileno())
        lows, highs = zip(*((found[::2], found[1::2]) for found in self._ranges), strict=True)
        (first_at, first_label), (last_at, last_label) = (
            map(min, zip(*lows, strict=True)),
            map(max, zip(*highs, strict=True)),
        )
        size, digest = self._path.stat().st_size, _sha256(self._path)
        ends = (first_at, last_at, first_label, last_label)
        self._done.append(ArchivedFile(self._path.name, digest, size, self._count, *ends))
        self._count, self._ranges = 0, []

    def finished(self) -> tuple[ArchivedFile, ...]:
        """Return the files, whole."""
        if self._writer:
            self._finish()
        return tuple(self._done)

    def close(self) -> None:
        if self._writer:
            self._writer.close()
            self._file.close()
        self._writer = None


def _range(rows: pa.Table) -> tuple[int, int, int, int]:
    """Return least and greatest time, and least and greatest label; rows that were erased have no time."""
    at = pc.min_max(rows.column("at_us")).as_py() if "at_us" in rows.column_names else {"min": 0, "max": 0}
    label = pc.min_max(rows.column("label")).as_py()
    return at["min"], at["max"], label["min"], label["max"]


def _below(name: str, files: Sequence[ArchivedFile]) -> tuple[ArchivedFile, ...]:
    return tuple(replace(file, name=f"{name}/{file.name}") for file in files)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
