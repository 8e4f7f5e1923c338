"""The tables of a production: fields and accesses as CSV, for whoever has a spreadsheet and nothing else.

The trap guarded against: a customer's text that a spreadsheet runs. A text that begins as a formula does has an
apostrophe put before it; what was sealed stands unchanged in ``records.json`` and in the rows.

Every cell is in quotation marks, a mark within is doubled, a line ends with a line feed. Accesses are written from
packed rows a million a second: texts stay parted by NUL, as they lie there, until a whole piece is rewritten at once.
"""

from __future__ import annotations

import functools
import json
import re
import struct
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address
from itertools import accumulate, chain

from gatebook.errors import LedgerError
from gatebook.trace.production.contents import ProducedRecord, ProducedRun

RECORD_NAMES = ("account", "person", "record", "kind", "position", "class", "field", "value")
_SESSION = ("outcome", "address_kind", "raw_address", "session", "source")
_ACTIVITY = ("act", "user_agent", "fingerprint", "target", "id", "marks", "detail")
ACCESS_NAMES = ("account", "principal", "shown", "at", "address", *_SESSION, *_ACTIVITY)

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_FORMULA = re.compile(rb"\0([=+\-@\t\r])")  # in cells; the first of them is a time
_EPOCH, _MAPPED = datetime(1970, 1, 1, tzinfo=UTC), bytes(10) + b"\xff\xff"
_MINUTE, _AT_ONCE = 60_000_000, 1024  # microseconds, lines: more would leave the processor's cache
_LINE, _NUL, _NO_ACTIVITY = b"\xff", b"\0", b"\0" * (len(_ACTIVITY) - 1)
_HIDDEN, _SESSION_ALONE, _WHOLE = range(3)
_FIXED, _TEXTS, _ACTIVITY_TEXTS = struct.Struct("<16xq4x16s"), 44, 17
_OF_DAY = [b"%02d:%02d:" % divmod(n, 60) for n in range(1440)]
_SECONDS = [b"%02d." % n for n in range(60)]
_MILLIS = [b"%03d" % n for n in range(1000)]  # one table of milliseconds in a minute leaves the processor's cache
_MICROS = [b"%03dZ\0" % n for n in range(1000)]


def record_lines(records: Iterable[ProducedRecord]) -> Iterator[bytes]:
    """Yield ``records.csv``: a line for each field that is shown."""
    yield ",".join(RECORD_NAMES).encode() + b"\n"
    for record in records:
        start = (record.account, record.person, record.record, record.kind, str(record.position))
        shown = [part for part in record.parts if not isinstance(part, str)]
        for pointer, value, _ in shown:
            cells = (*start, str(record.classes[pointer]), pointer, _told(value))
            yield ",".join(map(_quoted, cells)).encode() + b"\n"


def _quoted(text: str) -> str:
    return '"{}{}"'.format("'" if text.startswith(_FORMULAS) else "", text.replace('"', '""'))


def _told(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def access_lines(runs: Iterable[ProducedRun]) -> Iterator[bytes]:
    """Yield ``accesses.csv``: a line for each row that is shown, whole or its session alone."""
    yield ",".join(ACCESS_NAMES).encode() + b"\n"
    minutes, addresses = _Minutes(), _Addresses()
    for run in runs:
        start = ",".join(map(_quoted, (run.account, run.principal, "whole" if run.activity else "session"))).encode()
        for piece in run.pieces:
            for cells in _cells_of(piece, minutes, addresses, is_whole=run.activity):
                yield _written(cells, start + b',"')


def shown_in(piece: bytes) -> tuple[int, int]:
    """Return how many rows of a piece are shown whole, and how many in part."""
    count = int.from_bytes(piece[:4], "little")
    kinds = piece[4 : 4 + count]
    return kinds.count(_WHOLE), kinds.count(_SESSION_ALONE)


def _cells_of(piece: bytes, minutes: _Minutes, addresses: _Addresses, *, is_whole: bool) -> Iterator[bytes]:
    """Yield the cells of some rows at a time, from their time on: parted by NUL, rows by a byte that no UTF-8 has."""
    count, shown = int.from_bytes(piece[:4], "little"), _WHOLE if is_whole else _SESSION_ALONE
    lengths = struct.unpack_from(f"<{2 * count}I", piece, 4 + count)
    kinds, at = piece[4 : 4 + count], 4 + 9 * count
    if kinds.count(shown) + kinds.count(_HIDDEN) != count:
        raise LedgerError("a row of a production is shown with more or less of it than its run says")
    for first in range(0, count, _AT_ONCE):
        last = min(first + _AT_ONCE, count)
        pairs = zip(lengths[first:last], lengths[count + first : count + last], strict=True)
        marks = list(accumulate(chain.from_iterable(pairs), initial=at))
        at, cells, unpack = marks[-1], list[bytes](), _FIXED.unpack_from
        for kind, start, cut, end in zip(kinds[first:last], marks[:-1:2], marks[1::2], marks[2::2], strict=True):
            if kind == shown:
                time, packed = unpack(piece, start)
                minute = time // _MINUTE
                micro = time - minute * _MINUTE
                milli = micro // 1000
                second = milli // 1000
                cells += (
                    _LINE,
                    minutes[minute],
                    _SECONDS[second],
                    _MILLIS[milli - second * 1000],
                    _MICROS[micro - milli * 1000],
                    addresses[packed],
                    piece[start + _TEXTS : cut],
                    _NUL,
                    piece[cut + _ACTIVITY_TEXTS : end] if is_whole else _NO_ACTIVITY,
                )
        if cells:
            yield b"".join(cells[1:])


class _Minutes(dict[int, bytes]):
    """The text of a minute by its number since 1970, written once."""

    def __missing__(self, minute: int) -> bytes:
        day, rest = divmod(minute, len(_OF_DAY))
        self[minute] = found = _day(day) + _OF_DAY[rest]
        return found


class _Addresses(dict[bytes, bytes]):
    """The text of an address by its sixteen bytes, written once."""

    def __missing__(self, packed: bytes) -> bytes:
        text = ".".join(map(str, packed[12:])) if packed.startswith(_MAPPED) else str(IPv6Address(packed))
        self[packed] = found = text.encode() + b"\0" if any(packed) else _NUL
        return found


@functools.lru_cache(maxsize=4096)
def _day(day: int) -> bytes:
    return (_EPOCH + timedelta(days=day)).isoformat()[:11].encode()


def _written(cells: bytes, start: bytes) -> bytes:
    """Return lines from cells."""
    cells = cells.replace(b'"', b'""') if b'"' in cells else cells
    cells = _FORMULA.sub(rb"\0'\1", cells).replace(_LINE, b'"\n' + start)
    return start + cells.replace(b"\0", b'","') + b'"\n'
