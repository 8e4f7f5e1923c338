"""The ``Registers`` port over SQL: upserts by key, pages by key.

The trap guarded against: a column the fold did not name being reset; only named columns are set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from gatebook import canonical
from gatebook.record.ports import Row
from gatebook.record.registers import REGISTERS, Change
from gatebook.store.sql.tables import BY_REGISTER


class SqlRegisters:
    """Registers of one database, within one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert

    def apply(self, changes: Sequence[Change]) -> None:
        """Carry out changes in order."""
        for change in changes:
            register, table = REGISTERS[change.register], BY_REGISTER[change.register]
            values = {k: _kept(register.columns[k], v) for k, v in change.values.items()}
            statement = self._insert(table).values({register.key: change.key, **values})
            key = [table.c[register.key]]
            upsert = (
                statement.on_conflict_do_update(index_elements=key, set_=values)
                if values
                else statement.on_conflict_do_nothing(index_elements=key)
            )
            self._connection.execute(upsert)

    def get(self, register: str, key: str) -> Row | None:
        """Return one row or None."""
        table = BY_REGISTER[register]
        row = (
            self._connection.execute(sa.select(table).where(table.c[REGISTERS[register].key] == key)).mappings().first()
        )
        return None if row is None else _shown(register, row)

    def page(self, register: str, where: Mapping[str, Any], after: str, limit: int) -> list[Row]:
        """Return rows with every ``where`` column equal, key greater than ``after``, by key."""
        table = BY_REGISTER[register]
        key = table.c[REGISTERS[register].key]
        by = _bytewise(self._connection, key)
        wanted = sa.select(table).where(by > after, *_equal(table, where)).order_by(by)
        return [_shown(register, row) for row in self._connection.execute(wanted.limit(limit)).mappings()]

    def count(self, register: str, where: Mapping[str, Any]) -> int:
        """Return how many rows have every ``where`` column equal."""
        table = BY_REGISTER[register]
        counted = sa.select(sa.func.count()).select_from(table).where(*_equal(table, where))
        return int(self._connection.execute(counted).scalar_one())

    def clear(self) -> None:
        """Empty every register."""
        for table in BY_REGISTER.values():
            self._connection.execute(table.delete())


def _bytewise(connection: sa.Connection, key: sa.Column[Any]) -> sa.ColumnElement[Any]:
    # PostgreSQL would order by the language of its cluster; cursors need the order that ">" uses everywhere.
    return key if connection.dialect.name == "sqlite" else key.collate("C")


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
