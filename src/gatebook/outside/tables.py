"""Tables people keep: CSV and Parquet read row by row into record batches, matches written as these or JSON lines.

The trap guarded against: a row the reader dropped. A line of another width, or with bytes that are no text, comes out
as a row refused, in its place.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from gatebook.errors import FieldProblem, InvalidInput

_BLOCK = 1 << 20
_GROUP = 65_536
_LONGEST_CELL = 1_000_000
_HALF_LETTERS = "".join(chr(c) for c in range(0xDC80, 0xDD00))
_PLACED = pa.field("place", pa.int64())
Cells = list[str]


class Table:
    """A CSV or Parquet file. ``names`` are its columns in small letters; rows are counted from 1, headers not."""

    def __init__(self, path: Path, needed: Sequence[str], known: Sequence[str]) -> None:
        """Look at the header. Raises InvalidInput for a file that cannot be read, or lacks a needed column."""
        self._path = path
        try:
            self._is_parquet = _starts_with(path, b"PAR1")
            self.names = tuple(self._parquet_names() if self._is_parquet else self._csv_names())
        except OSError as error:
            raise _unreadable(path, (error.strerror or type(error).__name__).lower()) from None
        except (pa.ArrowException, csv.Error) as error:
            raise _unreadable(path, f"it is no whole Parquet or CSV file ({type(error).__name__})") from None
        lacking = [name for name in needed if name not in self.names]
        if lacking:
            raise _unreadable(path, f"it lacks the columns {', '.join(lacking)}")
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
        """Yield the rows of a CSV file: place, cells by column, and why it cannot be read or nothing."""
        self.rows = 0
        for cells, fault in self._lines():
            self.rows += 1
            yield self.rows, dict(zip(self._known, cells, strict=True)), fault

    def _parquet_names(self) -> list[str]:
        return [_plain(name) for name in pq.ParquetFile(self._path).schema_arrow.names]

    def _csv_names(self) -> list[str]:
        with self._open() as file:
            return [_plain(cell) for cell in next(_reader(file), [])]

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
        width = len(self.names)
        with self._open() as file:
            lines = _reader(file)
            next(lines, None)
            while True:
                try:
                    row = next(lines)
                except StopIteration:
                    return
                except csv.Error:  # a quote left open took a million letters; what it took is one row, refused
                    yield [""] * len(at), "cell-too-long"
                    continue
                if len(row) == width:
                    cells = [row[n] for n in at]
                    yield (cells, "") if "".join(cells).isascii() else _as_text(cells)
                elif row:
                    yield [""] * len(at), "other-number-of-cells"

    def _open(self) -> IO[str]:
        return self._path.open("r", encoding="utf-8-sig", errors="surrogateescape", newline="")


def _reader(file: IO[str]) -> Iterator[Cells]:
    csv.field_size_limit(_LONGEST_CELL)
    return csv.reader(file)


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


def list_files(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder and of those in it, by their place there. Raises InvalidInput for anything else."""
    if not folder.is_dir():
        raise _unreadable(folder, "it is no folder")
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _write_csv(file: IO[bytes], tables: Iterator[pa.Table], columns: Sequence[str]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for table in tables:
        writer.writerows(zip(*table.select(list(columns)).to_pydict().values(), strict=True))
        file.write(text.getvalue().encode())
        text.seek(0)
        text.truncate()
    file.write(text.getvalue().encode())


def _write_lines(file: IO[bytes], tables: Iterator[pa.Table], columns: Sequence[str]) -> None:
    for table in tables:
        for row in table.select(list(columns)).to_pylist():
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


def _write_parquet(file: IO[bytes], tables: Iterator[pa.Table], columns: Sequence[str]) -> None:
    """Row groups are of one size, however the work was parted."""
    writer: Any = None
    held: pa.Table | None = None
    for table in tables:
        chosen = table.select(list(columns))
        writer = writer or pq.ParquetWriter(file, chosen.schema, compression="zstd")
        held = chosen if held is None else pa.concat_tables([held, chosen])
        while held.num_rows >= _GROUP:
            writer.write_table(held.slice(0, _GROUP).combine_chunks())
            held = held.slice(_GROUP)
    if writer and held is not None:
        if held.num_rows:
            writer.write_table(held.combine_chunks())
        writer.close()


Writer = Callable[[IO[bytes], Iterator[pa.Table], Sequence[str]], None]
_WRITERS: Mapping[str, Writer] = {
    ".csv": _write_csv,
    ".jsonl": _write_lines,
    ".ndjson": _write_lines,
    ".parquet": _write_parquet,
}


def writer_for(path: Path, *, as_json: bool = False) -> Writer:
    """Return what writes a file of this ending. Raises InvalidInput for another ending."""
    writer = _write_lines if as_json else _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise InvalidInput(
            f"{path.name} has an ending nobody writes", (FieldProblem("", "ending", ", ".join(_WRITERS)),)
        )
    return writer


def write_rows(path: Path | None, rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> int:
    """Write rows as they come, to a file or to standard output; return how many."""
    file = path.open("w", encoding="utf-8", newline="") if path else sys.stdout
    count = 0
    try:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        if not as_json:
            writer.writeheader()
        for row in rows:
            count += 1
            if as_json:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
            else:
                writer.writerow(row)
    finally:
        if path:
            file.close()
    return count
