"""Results written as CSV, Parquet or JSON lines: each file appears whole, and never over the file it was made from.

The trap guarded against: customers overwritten by their own matches. A target is looked at before anything is read.
"""

from __future__ import annotations

import csv
import io
import json
import os
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from gatebook.errors import FieldProblem, InvalidInput, reason_of

_GROUP = 65_536


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


def check_target(target: Path, given: Iterable[Path]) -> None:
    """Refuse a target that is one of the files given, by whatever name, or a folder. Raises InvalidInput."""
    if target.is_dir():
        raise _no_target(target, "it is a folder; give the name of a file")
    for path in given:
        try:
            is_same = target.samefile(path)
        except OSError:  # one of them is not there
            continue
        if is_same:
            raise _no_target(target, "it is the file that is read; give another to write")


def write_rows(path: Path | None, rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> int:
    """Write rows as they come, to standard output or to a file that appears whole; return how many.

    Raises InvalidInput, before a row is asked for, when the file cannot be made.
    """
    if path is None:
        return _write_each(sys.stdout, rows, columns, as_json=as_json)
    with _made_whole(path.resolve()) as file:
        return _write_each(file, rows, columns, as_json=as_json)


def _write_each(file: IO[str], rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> int:
    writer = csv.DictWriter(file, columns, lineterminator="\n")
    if not as_json:
        writer.writeheader()
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007  the last number is how many
        if as_json:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        else:
            writer.writerow(row)
    return count


@contextmanager
def _made_whole(path: Path) -> Iterator[IO[str]]:
    """Open a file that takes its name when it is whole. What is there and is no file, as a pipe, is written to."""
    is_file = path.is_file() or not path.exists()
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part") if is_file else path
    try:
        file = part.open("x" if is_file else "w", encoding="utf-8", newline="")
    except OSError as error:
        raise _no_target(path, reason_of(error)) from None
    try:
        with file:
            yield file
            if is_file:
                file.flush()
                os.fsync(file.fileno())
        if is_file:
            part.replace(path)
    finally:
        if is_file:
            part.unlink(missing_ok=True)


def _no_target(path: Path, why: str) -> InvalidInput:
    return InvalidInput(f"{path.name} cannot be written", (FieldProblem("", "unwritable", why),))
