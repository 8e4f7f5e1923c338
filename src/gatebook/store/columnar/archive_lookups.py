"""The ``AccessRows`` port over archived months: the questions of the store, asked of any engine that reads Parquet.

The trap guarded against: an answer over files that are not all there. Which files are asked is said by manifests that
make them count, and a file without a row that could match is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Protocol

import pyarrow as pa

from gatebook.errors import Unavailable
from gatebook.record.archive_ports import ArchivedFile, Manifest
from gatebook.record.events.packing import unpack_address
from gatebook.record.segments import label_of
from gatebook.store.columnar.archive_shape import signed, sixteen, to_kept
from gatebook.store.columnar.archive_sql import (
    HAS_ADDRESS,
    ROWS,
    Sql,
    among,
    events_sql,
    in_time,
    joined,
    sharers_sql,
    uses_sql,
    where,
)
from gatebook.trace.ports import Filter, KeptEvent, Place, Sharer, Use


class SqlRunner(Protocol):
    """An engine that reads Parquet."""

    def ask(self, sql: str, values: Sequence[int | str], files: Sequence[str]) -> pa.Table:
        """Return the answer; ``{events}`` in the SQL stands for the files, which are named below the archive.

        Raises Unavailable when not all of them were read.
        """
        ...


class ParquetRows:
    """Archived access events. An answer covers every row of the months given, or it is an error."""

    def __init__(self, months: Sequence[Manifest], runner: SqlRunner, label_salt: bytes) -> None:
        self._months, self._runner, self._label_salt = tuple(months), runner, label_salt

    @property
    def months(self) -> tuple[int, ...]:
        """The months an answer covers."""
        return tuple(month.month for month in self._months)

    def events(self, asked: Filter, after: Place | None, limit: int) -> list[KeptEvent]:
        """Return rows by place."""
        labels = self._labels(asked.principals)
        files = self._files(max(asked.from_at, after.at if after else asked.from_at), asked.until_at, labels)
        table = self._ask(events_sql(where(asked, labels), after, limit), files)
        return to_kept(table) if table else []

    def uses(self, asked: Filter, limit: int) -> list[Use]:
        """Return (principal, address) pairs, most events first."""
        labels = self._labels(asked.principals)
        files = self._files(asked.from_at, asked.until_at, labels)
        table = self._ask(uses_sql(where(asked, labels), limit), files)
        return [
            Use(row["principal"], _address(row), row["n"], row["first_us"], row["last_us"])
            for row in (table.to_pylist() if table else [])
        ]

    def sharers(self, principals: Sequence[str], from_at: int, until_at: int, least: int) -> list[Sharer]:
        """Return other principals at addresses of these."""
        labels, when = self._labels(principals), in_time(from_at, until_at)
        if not labels:
            return []
        mine = joined(" AND ", (when, among("label", labels), among("principal", principals), HAS_ADDRESS))
        # Equal labels are not yet equal principals: whose rows they are is said by the name.
        theirs = Sql(f"NOT ({among('principal', principals).text}) AND principal <> ''", tuple(principals))
        others = joined(" AND ", (when, theirs, HAS_ADDRESS))
        table = self._ask(sharers_sql(mine, others, least), self._files(from_at, until_at, ()))
        rows = table.to_pylist() if table else []
        return [_sharer(list(shared)) for _, shared in groupby(rows, key=lambda row: row["place"])]

    def _labels(self, principals: Sequence[str]) -> list[int]:
        return sorted({signed(label_of(self._label_salt, principal)) for principal in principals})

    def _files(self, from_at: int, until_at: int, labels: Sequence[int]) -> list[ArchivedFile]:
        """Return the files that may hold a row of this time with one of these labels; with none given, with any."""
        return [
            file
            for month in self._months
            for file in month.files
            if file.first_at < until_at
            and from_at <= file.last_at
            and (not labels or any(file.first_label <= label <= file.last_label for label in labels))
        ]

    def _ask(self, sql: Sql, files: Sequence[ArchivedFile]) -> pa.Table | None:
        if not files:
            return None
        names = [file.name for file in files]
        table = self._runner.ask(sql.text, sql.values, names)
        # Counted after the answer: an engine that passes over a file that is gone answers as if it had been empty, and
        # what was there afterwards was there before.
        counted = self._runner.ask(f"SELECT count(*) AS n FROM {ROWS}", (), names)
        if counted.column("n").to_pylist() != [sum(file.rows for file in files)]:
            raise Unavailable("not every file of the archive was read; see that the engine can reach all of them")
        return table


def _sharer(rows: Sequence[dict[str, Any]]) -> Sharer:
    first = rows[0]
    addresses = tuple(_address(row) for row in rows)
    return Sharer(first["principal"], addresses, first["events"], first["from_us"], first["until_us"])


def _address(row: dict[str, Any]) -> str:
    return unpack_address(sixteen(row["high"], row["low"]))
