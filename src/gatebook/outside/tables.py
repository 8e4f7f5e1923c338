"""Tables people keep: CSV and Parquet read row by row into record batches, and folders of list files.

The trap guarded against: a row the reader dropped. A line of another width, or with bytes that are no text, comes out
as a row refused, in its place.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from gatebook.errors import FieldProblem, InvalidInput, reason_of
from gatebook.outside.csv_rows import Cells, header_of, rows_of
from gatebook.screen.cells import NOT_TEXT, is_nested, texts_of

_BLOCK = 1 << 20
_FEW = 1_024  # rows at a time where somebody may be watching them come
_HALF_LETTERS = "".join(chr(c) for c in range(0xDC80, 0xDD00))
_PLACED = pa.field("place", pa.int64())
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class Table:
    """A CSV or Parquet file. ``names`` are its columns in small letters; rows are counted from 1, headers not."""

    def __init__(self, path: Path, needed: Sequence[str], known: Sequence[str]) -> None:
        """Look at the header. Raises InvalidInput for a file that cannot be read, or lacks a needed column."""
        self._path, self._needed = path, tuple(needed)
        try:
            self._is_parquet = _starts_with(path, b"PAR1")
            self.names = tuple(self._parquet_names() if self._is_parquet else self._csv_names())
        except OSError as error:
            raise _unreadable(path, reason_of(error)) from None
        except csv.Error as error:
            raise _unreadable(
                path, f"its header cannot be told from what follows ({error}){self._likely_cause()}"
            ) from None
        except pa.ArrowException as error:
            raise _unreadable(path, f"it is no whole Parquet file ({type(error).__name__})") from None
        if lacking := [name for name in needed if name not in self.names]:
            raise _unreadable(path, f"it lacks the columns {', '.join(lacking)}{self._likely_cause()}")
        if twice := [name for name in known if self.names.count(name) > 1]:
            raise _unreadable(path, f"it has columns twice: {', '.join(twice)}; nobody knows which one counts")
        self._known = tuple(name for name in self.names if name in known)
        self.ignored = tuple(name for name in self.names if name not in known)
        self.rows = 0

    def digest(self) -> str:
        """Return the SHA-256 of the file."""
        digest = hashlib.sha256()
        with self._path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest()

    def about(self) -> int:
        """Return about how many rows there are: as the file says, or one a line."""
        if self._is_parquet:
            return int(pq.ParquetFile(self._path).metadata.num_rows)
        with self._path.open("rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(_BLOCK), b""))

    def parts(self, rows: int, done: Iterable[int] = ()) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Yield parts of ``rows`` rows with their number, but for those done; afterwards ``self.rows`` is all rows."""
        skipped = set(done)
        self.rows = 0
        for number, batch in enumerate(self._parquet(rows) if self._is_parquet else self._csv(rows)):
            places = pa.array(range(self.rows + 1, self.rows + 1 + batch.num_rows), pa.int64())
            self.rows += batch.num_rows
            if number not in skipped:
                yield number, batch.append_column(_PLACED, places)

    def cells(self) -> Iterator[tuple[int, Mapping[str, str], str]]:
        """Yield the rows: place, cells by column, and why it cannot be read or nothing.

        A cell that is no text is empty and a fault in a needed column, and unreadable in any other.
        """
        for _, batch in self.parts(_FEW):
            columns = zip(*(texts_of(batch, name) for name in (*self._known, "refused")), strict=True)
            for place, (*cells, fault) in zip(batch.column("place").to_pylist(), columns, strict=True):
                found = dict(zip(self._known, cells, strict=True))
                odd = [name for name in self._needed if NOT_TEXT in found[name]]
                yield place, {**found, **dict.fromkeys(odd, "")}, fault or ("not-utf-8" if odd else "")

    def _parquet_names(self) -> list[str]:
        schema = pq.ParquetFile(self._path).schema_arrow
        nested = [_plain(field.name) for field in schema if is_nested(field.type)]
        if odd := [name for name in self._needed if name in nested]:
            raise _unreadable(self._path, f"its columns {', '.join(odd)} hold several values; give one text a row")
        return [_plain(name) for name in schema.names]

    def _csv_names(self) -> list[str]:
        with self._open() as file:
            return [_plain(cell) for cell in header_of(file)]

    def _likely_cause(self) -> str:
        """Say what a spreadsheet most often did to a file whose columns are not found."""
        with self._path.open("rb") as file:
            first = file.read(_BLOCK).partition(b"\n")[0]
        if first.startswith(_UTF_16) or b"\x00" in first:
            return "; it looks like UTF-16, save it as UTF-8"
        marks = {b";": "semicolons", b"\t": "tabs"}
        found = [word for mark, word in marks.items() if mark in first and b"," not in first]
        return f"; its cells seem to be parted by {found[0]}, save it with commas" if found else ""

    def _parquet(self, rows: int) -> Iterator[pa.RecordBatch]:
        file = pq.ParquetFile(self._path)
        own = {_plain(name): name for name in reversed(file.schema_arrow.names)}
        wanted = [own[name] for name in self._known]
        held: list[pa.RecordBatch] = []
        try:
            for batch in file.iter_batches(batch_size=rows, columns=wanted):
                held.append(batch.select(wanted).rename_columns(list(self._known)))
                while sum(b.num_rows for b in held) >= rows:  # row groups end where they like; parts do not
                    whole = pa.Table.from_batches(held).combine_chunks()
                    yield whole.slice(0, rows).combine_chunks().to_batches()[0]
                    held = whole.slice(rows).to_batches()
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(self._path, f"it is damaged ({type(error).__name__})") from None
        if held and (rest := pa.Table.from_batches(held).combine_chunks().to_batches()):
            yield rest[0]

    def _csv(self, rows: int) -> Iterator[pa.RecordBatch]:
        names = [*self._known, "refused"]
        held: list[list[str]] = []
        for cells, fault in self._lines():
            held.append([*cells, fault])
            if len(held) == rows:
                yield _batch(names, held)
                held = []
        if held:
            yield _batch(names, held)

    def _lines(self) -> Iterator[tuple[Cells, str]]:
        at = [self.names.index(name) for name in self._known]
        with self._open() as file:
            lines = rows_of(file, len(self.names), at)
            next(lines, None)
            for row, fault in lines:
                if fault:
                    yield [""] * len(at), fault
                    continue
                cells = [row[n] for n in at]
                yield (cells, "") if "".join(cells).isascii() else _as_text(cells)

    def _open(self) -> IO[str]:
        return self._path.open("r", encoding="utf-8-sig", errors="surrogateescape", newline="")


def _as_text(cells: Cells) -> tuple[Cells, str]:
    """A cell with bytes that are no UTF-8 is emptied, and its row refused: a name with holes finds nobody."""
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return ["".join("" if c in _HALF_LETTERS else c for c in cell) for cell in cells], "not-utf-8"
    return cells, ""


def _batch(names: Sequence[str], rows: Sequence[Sequence[str]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(cells, pa.string()) for cells in zip(*rows, strict=True)], list(names))


def _plain(cell: str) -> str:
    return " ".join(cell.strip().strip("\ufeff").casefold().split())


def _starts_with(path: Path, mark: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(mark)) == mark


def _unreadable(path: Path, why: str) -> InvalidInput:
    return InvalidInput(f"{path.name} cannot be read", (FieldProblem("", "unreadable", why),))


def list_files(folder: Path, but: Collection[Path] = ()) -> dict[str, bytes]:
    """Return the files of a folder and of those in it, by their place there, without those in ``but`` and hidden ones.

    Raises InvalidInput for what is no folder, and for a file that cannot be read: a list that is not compared with
    would look like one on which nobody is.
    """
    if not folder.is_dir():
        raise _unreadable(folder, "it is no folder")
    left_out = {path.resolve() for path in but}
    found = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if not path.is_dir()}
    shown = {at: path for at, path in found.items() if not any(part.startswith(".") for part in at.parts)}
    return {at.as_posix(): _bytes(path) for at, path in shown.items() if path.resolve() not in left_out}


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, reason_of(error)) from None
