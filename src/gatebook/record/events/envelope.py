"""What stands around a record: lists of many, wrappers of one, JSON written as text within JSON or within a line.

The trap guarded against: taking the envelope for the letter. Records travel in what the carrier made of them, and a
form should not have to know by which carrier its records came.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

#: Where a carrier puts the list of its records.
_LISTS = ("Records", "records", "items", "logEvents")
#: Where a carrier puts its one record, as an object.
_WRAPPERS = ("event", "detail", "data", "_source")
#: Where a carrier puts its one record, as text. A path leads into an object.
_TEXTS = (("message",), ("oslo.message",), ("log",), ("properties", "log"), ("properties",))
#: How a line of an oslo log begins the record it holds; another line with JSON at its end is tried as well.
_OSLO = " oslo.messaging.notification."

#: A document with more commas than this is none of records: read, each byte of it could become sixty of memory.
MOST_COMMAS = 4_000_000

_DECODE = msgspec.json.Decoder()


def decode(text: str | bytes) -> Any | None:  # noqa: ANN401 - JSON of any shape
    """Return what the JSON says. None for what is no JSON, is nested too deep, or holds what cannot be stored."""
    try:
        return _DECODE.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def encode(value: object) -> str:
    """Return a record that came within another as the text it is kept as."""
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError, OverflowError):  # a number of more than 64 bits
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def is_too_dense(text: str) -> bool:
    """Whether a document holds so many things that they must not be read together."""
    return len(text) > MOST_COMMAS and text.count(",") > MOST_COMMAS


def members(record: Mapping[str, Any]) -> list[Any] | None:
    """Return the records of an envelope of many, or None. An empty list beside other things is no envelope."""
    for name in _LISTS:
        found = record.get(name)
        if isinstance(found, list) and (found or len(record) == 1):
            return found
    return None


def wrapped(record: Mapping[str, Any]) -> Mapping[str, Any] | str | None:
    """Return the one record that an object carries, as an object or as text, or None."""
    for name in _WRAPPERS:
        found = record.get(name)
        if isinstance(found, Mapping):
            return found
    for first, *rest in _TEXTS:
        inner = record.get(first)
        if rest and isinstance(inner, Mapping):
            inner = inner.get(rest[0])
        if isinstance(inner, str) and inner:
            return inner
    return None


def json_within(line: str) -> str | None:
    """Return the JSON object at the end of a line of text, or None."""
    if not line.rstrip().endswith("}"):
        return None
    start = line.find("{", max(line.find(_OSLO), 0))
    return line[start:] if start > 0 else None
