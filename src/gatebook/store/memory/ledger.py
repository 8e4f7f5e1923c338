"""The ``Ledger`` and ``Registers`` ports in memory.

The trap guarded against: a register that gives back the caller's own list; JSON is kept as its canonical text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gatebook import canonical
from gatebook.record.ports import Row
from gatebook.record.registers import REGISTERS, Change
from gatebook.store.memory.tables import Tables


class MemoryLedger:
    """Entries of one transaction."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def lock(self) -> None:
        """Nothing more to do: a transaction is the only writer from its beginning."""
        self._tables.writing()

    def size(self) -> int:
        """Return how many entries there are."""
        return len(self._tables.entries)

    def append(self, entries: Sequence[bytes], leaf_hashes: Sequence[bytes]) -> int:
        """Append and return the position of the first."""
        held = self._tables.writing().entries
        first = len(held)
        held.extend(zip(entries, leaf_hashes, strict=True))
        return first

    def read(self, start: int, stop: int) -> list[bytes]:
        """Return entries ``start`` up to but not including ``stop``."""
        return [entry for entry, _ in self._tables.entries[max(start, 0) : max(stop, 0)]]

    def leaf_hashes(self, start: int, stop: int) -> list[bytes]:
        """Return leaf hashes of entries ``start`` up to ``stop``."""
        return [leaf for _, leaf in self._tables.entries[max(start, 0) : max(stop, 0)]]


class MemoryRegisters:
    """Registers of one transaction."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def apply(self, changes: Sequence[Change]) -> None:
        """Carry out changes in order."""
        held = self._tables.writing().registers
        for change in changes:
            register = REGISTERS[change.register]
            absent = {**dict.fromkeys(register.columns), register.key: change.key}
            values = {k: _kept(register.columns[k], v) for k, v in change.values.items()}
            held[change.register][change.key] = {**held[change.register].get(change.key, absent), **values}

    def get(self, register: str, key: str) -> Row | None:
        """Return one row or None."""
        row = self._tables.registers[register].get(key)
        return None if row is None else _shown(register, row)

    def page(self, register: str, where: Mapping[str, Any], after: str, limit: int) -> list[Row]:
        """Return rows with every ``where`` column equal, key greater than ``after``, by key."""
        rows = self._tables.registers[register]
        keys = sorted(key for key, row in rows.items() if key > after and _equal(row, where))
        return [_shown(register, rows[key]) for key in keys[:limit]]

    def count(self, register: str, where: Mapping[str, Any]) -> int:
        """Return how many rows have every ``where`` column equal."""
        return sum(_equal(row, where) for row in self._tables.registers[register].values())

    def present(self, register: str, keys: Sequence[str]) -> set[str]:
        """Return those of the keys that have a row."""
        return set(keys) & self._tables.registers[register].keys()

    def clear(self) -> None:
        """Empty every register."""
        for rows in self._tables.writing().registers.values():
            rows.clear()


def _equal(row: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    # An absent column and an empty text are the same to a caller, in every store.
    return all(row[n] in ("", None) if v in ("", None) else row[n] == v for n, v in where.items())


def _kept(kind: str, value: Any) -> Any:  # noqa: ANN401  a column's value
    return canonical.encode(value).decode() if kind == "json" and value is not None else value


def _shown(register: str, row: Mapping[str, Any]) -> Row:
    columns = REGISTERS[register].columns
    return {
        name: canonical.decode(value.encode()) if columns[name] == "json" and value is not None else value
        for name, value in row.items()
    }
