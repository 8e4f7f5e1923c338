"""Rows of a CSV file, one after the other; a quote left open costs its own line and no other.

The trap guarded against: a quote that swallows the customers after it into one cell, while the file still reads
without a fault. Where a line break stands in a cell that has none, the lines are read again, each as a row by itself.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from gatebook.screen.lists.lines import LONGEST_CELL

Cells = list[str]
OPEN, BROKEN, TOO_LONG, OTHER_WIDTH = (
    "quote-never-closed",
    "line-break-in-cell",
    "cell-too-long",
    "other-number-of-cells",
)
#: refusals after which the lines that follow were read as rows because nobody can know whether they are
GUESSED = (OPEN, BROKEN)


class _Lines:
    """The lines of a file. ``taken`` are those of the row being read; all but the first can be given back."""

    def __init__(self, file: Iterable[str]) -> None:
        self._file = iter(file)
        self._back: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._file)
        self.taken.append(line)
        return line

    def give_back(self) -> None:
        self._back.extendleft(reversed(self.taken[1:]))


def header_of(file: Iterable[str]) -> Cells:
    """Return the first row. Raises csv.Error when it cannot be told from what follows."""
    for cells, fault in rows_of(file, 0, ()):
        if fault not in {"", OTHER_WIDTH}:
            raise csv.Error(fault)
        return cells
    return []


def rows_of(file: Iterable[str], width: int, known: Sequence[int]) -> Iterator[tuple[Cells, str]]:
    """Yield the cells of each row that is not empty, and why it cannot be used or nothing.

    After the header, a row of another width than ``width`` comes with its fault, and no cell at the places ``known``
    may hold a line break.
    """
    csv.field_size_limit(LONGEST_CELL)
    lines = _Lines(file)
    reader = csv.reader(lines, strict=True)
    rule: tuple[int, Sequence[int]] = (0, ())
    while True:
        lines.taken.clear()
        try:
            cells, fault = next(reader), ""
        except StopIteration:
            return
        except csv.Error:
            cells, fault = _alone(lines.taken[0])
            lines.give_back()
        if len(lines.taken) > 1 and not fault and not _is_one_row(cells, lines.taken, *rule):
            fault = BROKEN
            lines.give_back()
        if cells or fault:
            yield cells, fault or (OTHER_WIDTH if len(cells) != rule[0] else "")
            rule = (width, known)


def _alone(line: str) -> tuple[Cells, str]:
    """Read a line by itself: a quote in an odd place is read as it stands, one that is open at the end is a fault."""
    try:
        cells = next(csv.reader([line.rstrip("\r\n") + "\n"]), [])
    except csv.Error:
        return [], TOO_LONG
    return ([], OPEN) if cells and cells[-1].endswith("\n") else (cells, "")


def _is_one_row(cells: Cells, taken: Sequence[str], width: int, known: Sequence[int]) -> bool:
    """Return whether several lines are one row: no line break where none belongs, and no line that is a row itself."""
    if not width:
        return not any(_width(line) >= len(cells) > 1 for line in taken[1:])
    if len(cells) != width or any(_breaks(cells[n]) for n in known):
        return False
    first = next((n for n, cell in enumerate(cells) if _breaks(cell)), 0)
    inner = taken[1:] if first else taken[1:-1]  # after a first cell the last line holds all others
    return not any(_width(line) >= width for line in inner)


def _breaks(cell: str) -> bool:
    return "\n" in cell or "\r" in cell


def _width(line: str) -> int:
    try:
        return len(next(csv.reader([line]), []))
    except csv.Error:
        return 0
