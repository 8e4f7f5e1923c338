"""A block of plain lines in our own form, read column by column and never as events.

The trap guarded against: a column that means something else than the field. Each column here is held to the field of
:func:`own.event_of` and :func:`finish.finish` by a test that reads the same bytes both ways.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gatebook.record.events.address import is_missing, read_address
from gatebook.record.events.columns import batch_of
from gatebook.record.events.finish import TEXT_CHARS
from gatebook.record.events.form import Receipt
from gatebook.record.events.nth import KEY_FIELDS, Key, Repeats
from gatebook.record.events.own import NAME, outcome_of
from gatebook.record.events.packing import kept_raw, pack_address, unpack_address
from gatebook.record.events.times import FIRST_US, LAST_US
from gatebook.terms.access_event import MARKS, AddressKind

Array = Any  # pyarrow is not typed
Micros = np.ndarray[Any, np.dtype[np.int64]]

_MARKED = ("principal-missing", "address-missing", "address-unread", "time-in-future", "time-long-past")
_BITS = {mark: 1 << place for place, mark in enumerate(_MARKED)}


@cache
def _mark_texts() -> Array:
    """Return the text of every combination of marks, by its bits; made when asked for, since it loads much."""
    texts = [",".join(mark for mark in MARKS if bits & _BITS.get(mark, 0)) for bits in range(1 << len(_MARKED))]
    return pa.array(texts, pa.utf8())


_OCTET = "25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]"
_IS_VERSION_4 = rf"^(?P<a>{_OCTET})\.(?P<b>{_OCTET})\.(?P<c>{_OCTET})\.(?P<d>{_OCTET})$"


class PlainLine(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A record that says its time as text and nothing that only Gatebook writes."""

    at: str
    principal: str | None = ""
    act: str | None = ""
    outcome: str | None = ""
    address: str | None = ""
    session: str | None = ""
    user_agent: str | None = ""
    fingerprint: str | None = ""
    target: str | None = ""
    id: str | None = ""
    source: str | None = ""
    address_kind: None = None
    raw_address: None = None
    nth: None = None
    marks: None = None
    detail: None = None


_BLOCK = msgspec.json.Decoder(PlainLine)
_TEXTS = ("principal", "act", "session", "user_agent", "fingerprint", "target")


def plain_columns(block: bytes, receipt: Receipt, repeats: Repeats) -> pa.RecordBatch | None:
    """Return the columns of whole lines, or None where one of them is not plain; nothing is counted then."""
    lines = _decode(block)
    if not lines:
        return None
    at = _times(_column(lines, "at"))
    columns = {name: _texts(_column(lines, name)) for name in _TEXTS}
    columns["event_id"] = _texts(_column(lines, "id"))
    columns["source"] = _sources(lines, receipt)
    raw = _texts(_column(lines, "address"))
    if at is None or any(_is_long(column) for column in (*columns.values(), raw)):
        return None
    columns["outcome"] = _by_value(_texts(_column(lines, "outcome")), lambda word: outcome_of(word).value)
    columns |= {"at": pa.array(at, pa.int64()), "detail": _same("", len(lines))} | _addresses(raw, receipt)
    columns["marks"] = _marks(at, columns["principal"], columns.pop("unreadable"), receipt)
    columns["nth"] = _nths(columns, raw, repeats)
    return batch_of(columns)


def _decode(block: bytes) -> list[PlainLine] | None:
    """Return the lines of a block of which each is one object, from its first character to its last."""
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
    if b"\0" in block or (b"\\" in block and b"\\u0000" in block):
        return None
    rows = _rows(block)
    try:
        if rows and not block.isascii():
            block.decode()  # the decoder lets bad bytes pass in keys it passes over
        lines = _BLOCK.decode_lines(block) if rows else []
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return lines if len(lines) == rows else None  # the decoder would take two objects of one line


def _rows(block: bytes) -> int:
    """Return how many lines there are, or 0 where one does not begin with a brace and end with one.

    An object that went on in the next line would have to go on with a brace, which no object can.
    """
    read = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(read == ord("\n"))
    if not len(ends) or read[0] != ord("{") or ends[-1] != len(read) - 1:
        return 0
    whole = (read[ends - 1] == ord("}")).all() and (read[ends[:-1] + 1] == ord("{")).all()
    return len(ends) if whole else 0


def _column(lines: Sequence[PlainLine], name: str) -> list[Any]:
    return list(map(attrgetter(name), lines))


def _times(told: list[str]) -> Micros | None:
    """Return microseconds; None where one time is not RFC 3339 with a zone and at most microseconds."""
    try:
        read = pa.array(told, pa.utf8()).cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid:
        return None
    at: Micros = read
    return at if at.min() >= FIRST_US and at.max() < LAST_US else None


def _texts(column: list[str | None]) -> Array:
    if not any(column):
        return _same("", len(column))
    texts = pa.array(column, pa.utf8())
    return texts.fill_null("") if texts.null_count else texts


def _same(text: str, rows: int) -> Array:
    return pa.repeat(pa.scalar(text, pa.utf8()), rows)


def _is_long(column: Array) -> bool:
    return bool(pc.max(pc.binary_length(column)).as_py() > TEXT_CHARS)


def _sources(lines: Sequence[PlainLine], receipt: Receipt) -> Array:
    if receipt.source:
        return _same(receipt.source, len(lines))
    return _texts([source or NAME for source in _column(lines, "source")])


def _by_value(column: Array, made_of: Callable[[str], str]) -> Array:
    """Return for each row what is made of its text, made once for each text there is."""
    coded = column.dictionary_encode()
    return pa.array([made_of(text) for text in coded.dictionary.to_pylist()], pa.utf8()).take(coded.indices)


def _addresses(raw: Array, receipt: Receipt) -> dict[str, Array]:
    """Return the columns of the address, read once for each text; "unreadable" holds the bits of their marks.

    IPv4 addresses in their canonical form, which are most of all, are read together; all others one by one.
    """
    coded = raw.dictionary_encode()
    told = coded.dictionary
    packed, others = _version_4(told)
    kinds, kept = [AddressKind.ADDRESS.value] * len(told), [""] * len(told)
    bits = np.zeros(len(told), np.int64)
    texts = told.take(pa.array(others)).to_pylist()
    read = [read_address(text, receipt.proxies) for text in texts]
    packed[others] = np.frombuffer(b"".join(pack_address(one) for one, _ in read), np.uint8).reshape(-1, 16)
    for place, text, (address, kind) in zip(others.tolist(), texts, read, strict=True):
        if text != address or kind is not AddressKind.ADDRESS:
            kinds[place], kept[place] = kind.value, kept_raw(text, address, kind)
            bits[place] = _unreadable(text, address, kind)
    addresses = pa.Array.from_buffers(pa.binary(16), len(told), [None, pa.py_buffer(packed.tobytes())])
    made = {
        "address": addresses,
        "address_kind": pa.array(kinds),
        "raw_address": pa.array(kept),
        "unreadable": pa.array(bits),
    }
    return {name: column.take(coded.indices) for name, column in made.items()}


def _version_4(told: Array) -> tuple[np.ndarray[Any, np.dtype[np.uint8]], np.ndarray[Any, np.dtype[np.intp]]]:
    """Return the sixteen bytes of each text that is an IPv4 address, and the places of those that are none.

    0.0.0.0, which is nobody's address, is among those that are none.
    """
    packed = np.zeros((len(told), 16), np.uint8)
    packed[:, 10:12] = 255
    for place, octet in enumerate(pc.extract_regex(told, _IS_VERSION_4).flatten()):
        packed[:, 12 + place] = octet.fill_null("0").cast(pa.uint8()).to_numpy()
    return packed, np.flatnonzero(~packed[:, 12:].any(axis=1))


def _unreadable(raw: str, address: str, kind: AddressKind) -> int:
    if address or kind not in {AddressKind.UNKNOWN, AddressKind.LIST}:
        return 0
    return _BITS["address-missing" if is_missing(raw) else "address-unread"]


def _marks(at: Micros, principal: Array, unreadable: Array, receipt: Receipt) -> Array:
    bits = unreadable.to_numpy().copy()
    bits[pc.equal(principal, "").to_numpy(zero_copy_only=False)] |= _BITS["principal-missing"]
    bits[at > receipt.received_at + receipt.future_us] |= _BITS["time-in-future"]
    bits[at < receipt.received_at - receipt.past_us] |= _BITS["time-long-past"]
    return _mark_texts().take(pa.array(bits)) if bits.any() else _same("", len(bits))


def _nths(columns: dict[str, Array], raw: Array, repeats: Repeats) -> list[int] | Array:
    """Return the counts of equal rows; a row with an id takes its place and is given no number."""
    shorts = list(zip(*(column.to_pylist() for column in (columns["at"], columns["principal"], raw)), strict=True))
    counts = repeats.count_all(shorts, lambda first: _keys(columns, raw, first))
    if counts is None:
        return pa.repeat(pa.scalar(0, pa.uint16()), len(raw))
    ids = columns["event_id"].to_pylist()
    return [0 if event_id else count for event_id, count in zip(ids, counts, strict=True)]


def _keys(columns: dict[str, Array], raw: Array, first: int) -> list[Key]:
    """Return the keys of the rows from the first on, each as :func:`nth.key_of` makes it of an event."""
    whole = columns | {"raw_address": raw}
    lists = {name: whole[name].slice(first).to_pylist() for name in KEY_FIELDS}
    lists["address"] = [unpack_address(packed) for packed in lists["address"]]
    return list(zip(*lists.values(), strict=True))
