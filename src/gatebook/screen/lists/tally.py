"""The tally of a load: each row is counted when it is read and again when it is parsed or refused.

The trap guarded against: counts that agree because one was computed from the other. A row that is neither parsed nor
refused makes the load fail.
"""

from __future__ import annotations

from collections import Counter

from gatebook.errors import ListError
from gatebook.screen.party import LoadReport


class Tally:
    """Counts the rows of one load and keeps why a row, or something in it, could not be used.

    With ``quotes`` the words of a cell may be told, as a publisher's may; what an operator keeps may be a person's
    address that slipped a column.
    """

    def __init__(self, *, quotes: bool = True) -> None:
        self._quotes = quotes
        self._rows = self._parsed = 0
        self._refused: list[tuple[str, str]] = []
        self._unknown: Counter[str] = Counter()
        self._unread: list[tuple[str, str]] = []
        self._missing: list[str] = []

    def row(self, count: int = 1) -> None:
        """A row was read."""
        self._rows += count

    def parsed(self, count: int = 1) -> None:
        """A row that was read belongs to a party now."""
        self._parsed += count

    def refuse(self, where: str, reason: str) -> None:
        """A row that was read is not used, for ``reason``: a stable slug."""
        self._refused.append((where, reason))

    def unknown_field(self, name: str, count: int = 1) -> None:
        """A field stands in the file that no loader knows."""
        self._unknown[name] += count

    def unread(self, where: str, what: str, cell: str = "") -> None:
        """Something in a row that was parsed could not be used; ``what`` holds no personal data, ``cell`` may."""
        self._unread.append((where, f"{what}: {cell[:60]}" if cell and self._quotes else what))

    def missing(self, role: str) -> None:
        """A file of the set was not given."""
        self._missing.append(role)

    def report(self) -> LoadReport:
        """Return the report. Raises ListError when a row got lost between reading and parsing."""
        if self._rows != self._parsed + len(self._refused):
            raise ListError(
                f"of {self._rows} rows {self._parsed} were parsed and {len(self._refused)} refused; the rest got lost"
            )
        return LoadReport(
            self._rows,
            self._parsed,
            tuple(self._refused),
            tuple(sorted(self._unknown.items())),
            tuple(dict.fromkeys(self._unread)),
            tuple(self._missing),
        )
