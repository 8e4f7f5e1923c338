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
from itertools import accumulate

from gatebook.errors import LedgerError
from gatebook.trace.production.contents import ProducedRecord, ProducedRun

RECORD_NAMES = ("account", "person", "record", "kind", "position", "class", "field", "value")
_SESSION = ("outcome", "address_kind", "raw_address", "session", "source")
_ACTIVITY = ("act", "user_agent", "fingerprint", "target", "id", "marks", "detail")
ACCESS_NAMES = ("account", "principal", "shown", "at", "address", *_SESSION, *_ACTIVITY)

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_FORMULA = re.compile(rb"\0(?=[=+\-@\t\r])")  # in cells; the first of them is a time
_EPOCH, _MAPPED = datetime(1970, 1, 1, tzinfo=UTC), bytes(10) + b"\xff\xff"
_MINUTE, _AT_ONCE = 60_000, 4096  # milliseconds, lines
_SESSION_ALONE, _WHOLE = 1, 2
_FIXED, _TEXTS, _ACTIVITY_TEXTS = struct.Struct("<16xq4x16s"), 44, 17
_OF_DAY = [b"%02d:%02d:" % divmod(n, 60) for n in range(1440)]
_MILLIS = [b"%02d.%03d" % divmod(n, 1000) for n in range(60_000)]
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
    for run in runs:
        start = ",".join(map(_quoted, (run.account, run.principal, "whole" if run.activity else "session"))).encode()
        end = b'"\n' if run.activity else b'"' + b',""' * len(_ACTIVITY) + b"\n"
        for piece in run.pieces:
            lines = _lines_of(piece, is_whole=run.activity)
            for first in range(0, len(lines), _AT_ONCE):
                yield _written(b"\xff".join(lines[first : first + _AT_ONCE]), start + b',"', end)


def shown_in(piece: bytes) -> tuple[int, int]:
    """Return how many rows of a piece are shown whole, and how many in part."""
    count = int.from_bytes(piece[:4], "little")
    kinds = piece[4 : 4 + count]
    return kinds.count(_WHOLE), kinds.count(_SESSION_ALONE)


def _lines_of(piece: bytes, *, is_whole: bool) -> list[bytes]:
    """Return the cells of each row, from its time on, parted by NUL."""
    count, shown = int.from_bytes(piece[:4], "little"), _WHOLE if is_whole else _SESSION_ALONE
    lengths = struct.unpack_from(f"<{2 * count}I", piece, 4 + count)
    pairs = zip(lengths[:count], lengths[count:], strict=True)
    marks = list(accumulate((length for pair in pairs for length in pair), initial=4 + 9 * count))
    lines, unpack = list[bytes](), _FIXED.unpack_from
    add = lines.append
    for kind, start, cut, end in zip(piece[4 : 4 + count], marks[:-1:2], marks[1::2], marks[2::2], strict=True):
        if kind == shown:
            at, packed = unpack(piece, start)
            milli, micro = divmod(at, 1000)
            minute, milli = divmod(milli, _MINUTE)
            said = _minute(minute) + _MILLIS[milli] + _MICROS[micro] + _address(packed) + piece[start + _TEXTS : cut]
            add(said + b"\0" + piece[cut + _ACTIVITY_TEXTS : end] if is_whole else said)
        elif kind:
            raise LedgerError("a row of a production is shown with more or less of it than its run says")
    return lines


@functools.lru_cache(maxsize=262_144)
def _minute(minute: int) -> bytes:
    day, rest = divmod(minute, len(_OF_DAY))
    return _day(day) + _OF_DAY[rest]


@functools.lru_cache(maxsize=4096)
def _day(day: int) -> bytes:
    return (_EPOCH + timedelta(days=day)).isoformat()[:11].encode()


@functools.lru_cache(maxsize=65_536)
def _address(packed: bytes) -> bytes:
    if not any(packed):
        return b"\0"
    text = ".".join(map(str, packed[12:])) if packed.startswith(_MAPPED) else str(IPv6Address(packed))
    return text.encode() + b"\0"


def _written(cells: bytes, start: bytes, end: bytes) -> bytes:
    """Return lines from cells parted by NUL and lines parted by a byte that no UTF-8 has."""
    cells = cells.replace(b'"', b'""') if b'"' in cells else cells
    cells = _FORMULA.sub(b"\0'", cells).replace(b"\xff", end + start)
    return start + cells.replace(b"\0", b'","') + end
