"""Columns of a record batch as texts, whatever their type: numbers, days, instants, bytes, and lists of these.

The trap guarded against: a cell of an odd type that stops the run, or that passes for an empty one. It is marked, and
who reads it counts it.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

NOT_TEXT = "\udcff"  # stands for a cell that cannot be read as text: no text holds half a letter
_SIMPLE = (int, float, Decimal, UUID)


def texts_of(batch: pa.RecordBatch, name: str) -> list[str]:
    """Return a column as texts: empty for null or no such column, ``NOT_TEXT`` for what is none.

    An instant is read as its day, but in ``id``, where it may tell two apart. A list is its values with ``;`` between.
    """
    if name not in batch.schema.names:
        return [""] * batch.num_rows
    column = batch.column(name)
    try:
        return _texts(column, as_days=name != "id")
    except (pa.ArrowException, UnicodeDecodeError, ValueError, OverflowError):
        return [NOT_TEXT if is_there else "" for is_there in column.is_valid().to_pylist()]


def is_nested(kind: pa.DataType) -> bool:
    """Return whether a column's cells hold several values."""
    return bool(pa.types.is_nested(kind))


def _texts(column: pa.Array, *, as_days: bool) -> list[str]:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_nested(kind) or isinstance(kind, pa.BaseExtensionType):
        return [_several(cell) for cell in column.to_pylist()]
    if as_days and pa.types.is_timestamp(kind):
        column = pc.cast(pc.local_timestamp(column) if kind.tz else column, pa.date32())
    if not _is_bytes(kind) and not _is_text(kind):
        column = pc.cast(column, pa.string())
    try:
        return [_text(cell) for cell in column.to_pylist()]
    except UnicodeDecodeError:
        raw = pa.large_binary() if pa.types.is_large_string(kind) else pa.binary()
        return [_text(cell) for cell in column.cast(raw).to_pylist()]


def _several(cell: Any) -> str:  # noqa: ANN401  Arrow gives whatever the column holds
    parts = [_simple(one) for one in cell] if isinstance(cell, list) else [_simple(cell)]
    return NOT_TEXT if NOT_TEXT in parts else ";".join(part for part in parts if part)


def _simple(value: Any) -> str:  # noqa: ANN401  as above
    if value is None or isinstance(value, str | bytes):
        return _text(value)
    if isinstance(value, date):
        return (value.date() if isinstance(value, datetime) else value).isoformat()
    return str(value) if isinstance(value, _SIMPLE) else NOT_TEXT


def _text(cell: str | bytes | None) -> str:
    if isinstance(cell, str):
        return cell
    try:
        return cell.decode() if cell else ""
    except UnicodeDecodeError:
        return NOT_TEXT


def _is_text(kind: pa.DataType) -> bool:
    return any((pa.types.is_string(kind), pa.types.is_large_string(kind), pa.types.is_string_view(kind)))


def _is_bytes(kind: pa.DataType) -> bool:
    return any((pa.types.is_binary(kind), pa.types.is_large_binary(kind)))
