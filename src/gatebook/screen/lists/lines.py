"""Rows of delimited files: decoded, cut and counted, or refused with the line they stood on.

The trap guarded against: a quote that is never closed swallows the rest of a file into one cell, and the count of
rows still looks right.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gatebook.errors import ListError
from gatebook.screen.lists.encodings import decoded, is_broken
from gatebook.screen.lists.tally import Tally

_MOST_BYTES = 512 * 1024 * 1024
LONGEST_CELL = 1_000_000  # one limit for the process: of lists and of the tables of a population
_END_OF_FILE = "\x1a"  # DOS
NOT_UTF8 = "not-utf-8"
_GLUED = re.compile(r"(?<=[^\r\n\x1a])\x1a+(?=[\r\n]|\Z)")


def text_of(name: str, data: bytes, tally: Tally | None = None) -> str:
    """Decode a file, and tell where it was taken as Windows-1252. A DOS end-of-file mark stands alone or not at all.

    Raises ListError for other bytes, for NUL, and for what is too large to be a list.
    """
    if len(data) > _MOST_BYTES:
        raise ListError(f"the list file {name} is larger than {_MOST_BYTES // 2**20} MiB")
    text, is_western = decoded(name, data)
    if is_western and tally:
        tally.unread(name, "encoding-taken-as-windows-1252")
    if "\x00" in text:
        raise ListError(f"the list file {name} holds bytes no list has (NUL)")
    return _GLUED.sub("", text) if _END_OF_FILE in text else text


def rows(name: str, data: bytes, tally: Tally, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of files whose cells hold no line break: each line is a row by itself.

    A quote left open costs its own line and no other. Empty lines are no rows.
    """
    text = text_of(name, data, tally)
    csv.field_size_limit(LONGEST_CELL)
    for number, line in enumerate(io.StringIO(text, newline=""), 1):
        if not line.strip("\r\n"):
            continue
        tally.row()
        try:
            cells = next(csv.reader([line], delimiter=delimiter, strict=True), [])
        except csv.Error:
            cells = _loose(line, delimiter)
        if is_broken(line):
            tally.refuse(f"{name}:{number}", NOT_UTF8)
        elif not cells:
            tally.refuse(f"{name}:{number}", "quote-never-closed")
        elif is_end_of_file(cells):
            tally.refuse(f"{name}:{number}", "end-of-file-mark")
        else:
            yield number, cells


def _loose(line: str, delimiter: str) -> list[str]:
    """Read a line with a quote in an odd place, unless that quote is left open."""
    if line.count('"') % 2:
        return []
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def long_rows(name: str, data: bytes, tally: Tally, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of files whose cells may hold line breaks.

    Raises ListError with the line when a quote opened there is never closed, for nobody knows how much it swallowed.
    """
    text = text_of(name, data, tally)
    csv.field_size_limit(LONGEST_CELL)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    began = 1
    try:
        for cells in lines:
            number, began = began, lines.line_num + 1
            if not cells:
                continue
            tally.row()
            if is_broken("".join(cells)):
                tally.refuse(f"{name}:{number}", NOT_UTF8)
            elif is_end_of_file(cells):
                tally.refuse(f"{name}:{number}", "end-of-file-mark")
            else:
                yield number, cells
    except csv.Error as error:
        raise ListError(f"the list file {name} cannot be read from line {began} on: {error}") from None


def by_header(
    name: str, found: Iterator[tuple[int, list[str]]], known: Mapping[str, str], needed: Sequence[str], tally: Tally
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield where a row stands and its cells by our names; the header, and rows of another width, are refused.

    Raises ListError when there is no header, or it lacks a needed column.
    """
    columns: Columns | None = None
    for number, cells in found:
        row = f"{name}:{number}"
        if columns is None:
            columns = Columns(name, cells, known, needed, tally)
            tally.refuse(row, "header")
        elif len(cells) != columns.width:
            tally.refuse(row, "malformed")
        else:
            yield row, columns.read(cells)
    if columns is None:
        raise ListError("the list has no header")


def is_end_of_file(cells: Sequence[str]) -> bool:
    """Return whether a row is nothing but the DOS end-of-file mark."""
    return _END_OF_FILE in cells[0] and not "".join(cells).strip(_END_OF_FILE + " \r\n")


class Columns:
    """The header of a file: cells by name, whatever their order. Unknown columns are counted, missing ones refused."""

    def __init__(
        self, name: str, header: Sequence[str], known: Mapping[str, str], needed: Sequence[str], tally: Tally
    ) -> None:
        """``known`` maps a column's name in small letters to ours; raises ListError when a needed one is missing."""
        self._at: dict[str, int] = {}
        self.width = len(header)
        for position, cell in enumerate(header):
            plain = column(cell)
            if plain in known and known[plain] not in self._at:
                self._at[known[plain]] = position
            elif plain:
                tally.unknown_field(f"{name}:{plain[:60]}")
        lacking = [wanted for wanted in needed if wanted not in self._at]
        if lacking:
            raise ListError(f"the list file {name} lacks the columns {', '.join(lacking)}")

    def read(self, cells: Sequence[str]) -> dict[str, str]:
        """Return the cells by our names, stripped; a column the file does not have is empty."""
        return {ours: cells[at].strip() for ours, at in self._at.items()}


def json_of(text: str) -> Any:  # noqa: ANN401  JSON holds anything
    """Return what a JSON text holds, or None for what is no JSON or holds half a letter, which nothing can store."""
    try:
        found = json.loads(text)
        if "\\ud" in text or "\\uD" in text:
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return found


def column(cell: str) -> str:
    """Return a column's name as it is compared."""
    return " ".join(cell.strip().strip("\ufeff").casefold().split())
