"""The ``Registers`` port over SQL: upserts by key, pages by key.

The trap guarded against: a column the fold did not name being reset; only named columns are set. Changes of the same
columns go to the database together, in order within each register, which is all the order there is between rows.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from gatebook import canonical
from gatebook.record.ports import Row
from gatebook.record.registers import REGISTERS, Change
from gatebook.store.sql.tables import BY_REGISTER

_AT_ONCE = 5000  # keys in one question: SQLite takes 32,766 values in a statement


class SqlRegisters:
    """Registers of one database, within one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def apply(self, changes: Sequence[Change]) -> None:
        """Carry out changes in order."""
        for register, columns, rows in _runs(changes):
            self._connection.execute(_upsert(self._connection.dialect.name, register, columns), rows)

    def get(self, register: str, key: str) -> Row | None:
        """Return one row or None."""
        row = self._connection.execute(_one(register), {"wanted": key}).mappings().first()
        return None if row is None else _shown(register, row)

    def page(self, register: str, where: Mapping[str, Any], after: str, limit: int) -> list[Row]:
        """Return rows with every ``where`` column equal, key greater than ``after``, by key."""
        table = BY_REGISTER[register]
        key = table.c[REGISTERS[register].key]
        wanted = sa.select(table).where(key > after, *_equal(table, where)).order_by(key)
        return [_shown(register, row) for row in self._connection.execute(wanted.limit(limit)).mappings()]

    def count(self, register: str, where: Mapping[str, Any]) -> int:
        """Return how many rows have every ``where`` column equal."""
        table = BY_REGISTER[register]
        counted = sa.select(sa.func.count()).select_from(table).where(*_equal(table, where))
        return int(self._connection.execute(counted).scalar_one())

    def present(self, register: str, keys: Sequence[str]) -> set[str]:
        """Return those of the keys that have a row."""
        key, found = BY_REGISTER[register].c[REGISTERS[register].key], set[str]()
        for start in range(0, len(keys), _AT_ONCE):
            wanted = sa.select(key).where(key.in_(keys[start : start + _AT_ONCE]))
            found |= set(self._connection.execute(wanted).scalars())
        return found

    def clear(self) -> None:
        """Empty every register."""
        for table in BY_REGISTER.values():
            self._connection.execute(table.delete())


def _runs(changes: Sequence[Change]) -> Iterator[tuple[str, tuple[str, ...], list[dict[str, Any]]]]:
    """Yield (register, columns, rows), register by register; a row is never carried past another of its register."""
    found: dict[str, list[tuple[tuple[str, ...], list[dict[str, Any]]]]] = {}
    for change in changes:
        register, runs = REGISTERS[change.register], found.setdefault(change.register, [])
        columns = tuple(change.values)
        if not runs or runs[-1][0] != columns:
            runs.append((columns, []))
        kept = {name: _kept(register.columns[name], value) for name, value in change.values.items()}
        runs[-1][1].append({register.key: change.key, **kept})
    for name, runs in found.items():
        for columns, rows in runs:
            yield name, columns, rows


@functools.cache
def _upsert(dialect: str, register: str, columns: tuple[str, ...]) -> sa.Insert:
    """Return the statement that makes a row if absent and sets ``columns``; built once for each shape of change."""
    table, key = BY_REGISTER[register], REGISTERS[register].key
    statement = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(table)
    if not columns:
        return statement.on_conflict_do_nothing(index_elements=[key])
    named = {name: statement.excluded[name] for name in columns}
    return statement.on_conflict_do_update(index_elements=[key], set_=named)


@functools.cache
def _one(register: str) -> sa.Select[Any]:
    table = BY_REGISTER[register]
    return sa.select(table).where(table.c[REGISTERS[register].key] == sa.bindparam("wanted"))


def _equal(table: sa.Table, where: Mapping[str, Any]) -> list[sa.ColumnElement[bool]]:
    empty = {"", None}
    return [
        sa.or_(table.c[name].is_(None), table.c[name] == "")
        if isinstance(value, str | None) and value in empty
        else table.c[name] == value
        for name, value in where.items()
    ]


def _kept(kind: str, value: Any) -> Any:  # noqa: ANN401  a column's value
    return canonical.encode(value).decode() if kind == "json" and value is not None else value


def _shown(register: str, row: Mapping[Any, Any]) -> Row:
    columns = REGISTERS[register].columns
    return {
        str(name): canonical.decode(value.encode()) if columns[name] == "json" and value is not None else value
        for name, value in row.items()
    }
