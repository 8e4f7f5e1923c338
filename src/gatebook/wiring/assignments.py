"""Lease tables in files: rows of CSV or JSON lines noted batch by batch, and what an account of the house holds.

The trap guarded against: a table of millions held in memory, or one that stops at its first bad row. Rows are read a
batch at a time, each batch is one transaction, and a table that was cut off is given again as it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatebook import canonical
from gatebook.errors import FieldProblem, InvalidInput, reason_of
from gatebook.procedures import held
from gatebook.procedures.assign import MOST_ROWS, Noted, assign, problems_of
from gatebook.procedures.house import House, Operator
from gatebook.trace.proposal import FIELDS

if TYPE_CHECKING:
    from gatebook.outside.tables import Table

_WHATS = ("made", "ended", "stands", "refused")
_NEEDED = ("kind", "thing", "account", "from")
_LONGEST_LINE = 64 * 1024
_MOST_TOLD = 1000  # problems kept to be told; all are counted
_OURS = ("assignment_id", "noted_at")  # what an export says besides, and an import leaves alone
_Row = tuple[int, object]


@dataclass(slots=True)
class Imported:
    """What became of a file. ``positions`` are the ledger entries of its batches."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_WHATS, 0))
    strangers: set[str] = field(default_factory=set)
    positions: list[int] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)

    def add(self, noted: Noted) -> None:
        """Count a batch in."""
        for what in _WHATS:
            self.counts[what] += noted.count(what)
        self.strangers |= noted.strangers
        self.positions += [] if noted.position is None else [noted.position]
        self.problems += problems_of(noted)[: _MOST_TOLD - len(self.problems)]

    def show(self) -> dict[str, Any]:
        """Show it as one batch is shown."""
        return {
            **self.counts,
            "unknown_accounts": len(self.strangers),
            "positions": self.positions,
            "problems": self.problems,
        }


def import_assignments(
    house: House, operator: Operator, path: Path, moved: Callable[[int, int], None], rows_at_once: int = MOST_ROWS
) -> Imported:
    """Note every row of a file; ``moved(rows, about)`` is told of each batch. Raises InvalidInput for no such file."""
    about, rows = _rows_of(path)
    found = Imported()
    while batch := list(islice(rows, rows_at_once)):
        found.add(assign(house, operator, batch))
        moved(len(batch), about)
    return found


def _rows_of(path: Path) -> tuple[int, Iterator[_Row]]:
    """Return about how many rows a file has, and its rows, counted from 1."""
    if _is_lines(path):
        return _count(path), _lines(path)
    from gatebook.outside.tables import Table  # noqa: PLC0415  pyarrow takes long to load, and is not always needed

    table = Table(path, _NEEDED, FIELDS)
    return table.about(), _cells(table)


def _cells(table: Table) -> Iterator[_Row]:
    for number, cells, fault in table.cells():
        yield number, _unread(fault) if fault else {name: text for name, text in cells.items() if text}


def _lines(path: Path) -> Iterator[_Row]:
    with path.open("rb") as file:
        for number in itertools.count(1):
            line = file.readline(_LONGEST_LINE)
            if not line:
                return
            if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
                while (rest := file.readline(_LONGEST_LINE)) and not rest.endswith(b"\n"):
                    pass  # the rest of a line that is too long to be a row
                yield number, _unread("line-too-long")
            elif line.strip():
                yield number, _decoded(line)


def _decoded(line: bytes) -> object:
    try:
        found = canonical.decode(line)
    except InvalidInput as error:
        return error
    return {name: text for name, text in found.items() if name not in _OURS} if isinstance(found, dict) else found


def _unread(code: str) -> InvalidInput:
    problem = FieldProblem("", code, f"the row cannot be read: {code.replace('-', ' ')}")
    return InvalidInput("the row cannot be read", (problem,))


def _count(path: Path) -> int:
    try:
        with path.open("rb") as file:
            return sum(part.count(b"\n") for part in iter(lambda: file.read(1024 * 1024), b""))
    except OSError as error:
        why = FieldProblem("", "unreadable", reason_of(error))
        raise InvalidInput(f"{path.name} cannot be read", (why,)) from None


def export_assignments(house: House, operator: Operator, path: Path | None, purpose: str) -> int:
    """Write every assignment as CSV, or as JSON lines where the name ends so; return how many. None: standard output.

    Either can be read again by :func:`import_assignments`.
    """
    from gatebook.outside.table_writers import write_rows  # noqa: PLC0415  as above

    names = (_OURS[0], *FIELDS, _OURS[1])
    return write_rows(path, held.every(house, operator, purpose), names, as_json=path is not None and _is_lines(path))


def _is_lines(path: Path) -> bool:
    return path.suffix.lower() in {".jsonl", ".ndjson"}
