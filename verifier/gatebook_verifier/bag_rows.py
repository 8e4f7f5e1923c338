"""Access rows of a production: that they are all of their principal, and that the table beside them says the same.

The trap guarded against: a table that reads well and was never committed to. Each of its lines is written again from
the bytes that were hashed, in the same walk, and the two are compared as bytes.

A line holds the columns of ``HEAD``, each in quotation marks; a quotation mark within is doubled, and a text that a
spreadsheet would take for a formula has an apostrophe put before it. Rows that are not shown have no line.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from gatebook_verifier import rows
from gatebook_verifier.note import DoesNotHold

NAMES = ("account", "principal", "shown", "at", "address", *rows.SESSION_TEXTS, *rows.ACTIVITY_TEXTS)
HEAD = ",".join(NAMES).encode() + b"\n"
_FORMULA = re.compile(rb"\0([=+\-@\t\r])")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  a time is told as UTC by the Z behind it
_MINUTE = 60_000_000  # microseconds
_LINE, _NUL, _NO_ACTIVITY = b"\xff", b"\0", b"\0" * (len(rows.ACTIVITY_TEXTS) - 1)
_FIXED = struct.Struct("<16xq4x16s")
_TEXTS, _ACTIVITY_TEXTS = 44, 17  # where texts begin
_OF_DAY = [b"%02d:%02d:" % divmod(n, 60) for n in range(1440)]
_SECONDS = [b"%02d." % n for n in range(60)]
_MILLIS = [b"%03d" % n for n in range(1000)]  # one table of milliseconds in a minute leaves the processor's cache
_MICROS = [b"%03dZ\0" % n for n in range(1000)]

if TYPE_CHECKING:
    _Texts = dict[Any, bytes]
else:
    _Texts = dict  # an older Python cannot say of what


class _Days(_Texts):
    """The text of a day by its number since 1970, written once."""

    def __missing__(self, day: int) -> bytes:
        try:
            self[day] = found = (_EPOCH + timedelta(days=day)).isoformat()[:11].encode()
        except OverflowError:
            raise DoesNotHold("a row has a time that no calendar has") from None
        return found


class _Minutes(_Texts):
    """The text of a minute by its number since 1970, written once."""

    days = _Days()

    def __missing__(self, minute: int) -> bytes:
        day, rest = divmod(minute, len(_OF_DAY))
        self[minute] = found = self.days[day] + _OF_DAY[rest]
        return found


class _Addresses(_Texts):
    """The text of an address by its sixteen bytes, written once."""

    def __missing__(self, packed: bytes) -> bytes:
        self[packed] = found = (rows.address_text(packed) or "").encode() + b"\0"
        return found


@dataclass
class Told:
    """What the rows of a production came to: how many are shown whole, in part, and not at all; when the shown were."""

    whole: int = 0
    session: int = 0
    hidden: int = 0
    first_at: int | None = None
    last_at: int | None = None
    by_window: dict[Any, int] = field(default_factory=dict)
    minutes: _Minutes = field(default_factory=_Minutes)
    addresses: _Addresses = field(default_factory=_Addresses)

    def add(self, other: Told, window: object) -> None:
        """Add what one run came to, under whose rows of which time it is about."""
        self.whole, self.session = self.whole + other.whole, self.session + other.session
        self.hidden += other.hidden
        self.by_window[window] = self.by_window.get(window, 0) + other.whole + other.session

    def count(self, kinds: bytes, shown: int) -> None:
        """Count the rows of a piece. Raises DoesNotHold for one that is shown in another way than its run."""
        count = kinds.count(shown)
        self.hidden += kinds.count(rows.HIDDEN)
        self.whole += count if shown == rows.WHOLE else 0
        self.session += count if shown == rows.SESSION else 0
        if count + kinds.count(rows.HIDDEN) != len(kinds):
            raise DoesNotHold("a row is shown with more or less of it than its run says")

    def seen(self, times: list[int]) -> None:
        """Widen the time between the first row shown and the last."""
        first, last = min(times), max(times)
        self.first_at = first if self.first_at is None else min(self.first_at, first)
        self.last_at = last if self.last_at is None else max(self.last_at, last)


def read_run(
    data: memoryview, run: rows.Run, start: str, told: Told, entries: list[bytes], *, is_whole: bool
) -> Iterator[bytes]:
    """Yield the lines of the rows in ``data``; ``told`` and ``entries`` are added to meanwhile.

    Each line begins with ``start``, already in quotation marks. Rows that are shown are all shown whole, or none is.
    """
    sha256, add_entry, shown = hashlib.sha256, entries.append, rows.WHOLE if is_whole else rows.SESSION
    of_row, of_label = b"\x02" + run.principal.encode() + b"\0", run.label[::-1]
    minutes, addresses, unpack = told.minutes, told.addresses, _FIXED.unpack_from
    for kinds, body, marks in rows.slabs(data):
        cells: list[bytes] = []
        times: list[int] = []
        add_time = times.append
        for kind, begin, cut, end in zip(kinds, marks[:-1:2], marks[1::2], marks[2::2]):
            activity = body[cut:end]
            if kind != shown:
                add_entry(of_label + activity)
                continue
            session = body[begin:cut]
            time, packed = unpack(session)
            add_time(time)
            minute = time // _MINUTE
            micro = time - minute * _MINUTE
            milli = micro // 1000
            second = milli // 1000
            hidden = sha256(activity).digest() if is_whole else activity
            add_entry(of_label + sha256(of_row + hidden + session).digest())
            cells += (
                _LINE,
                minutes[minute],
                _SECONDS[second],
                _MILLIS[milli - second * 1000],
                _MICROS[micro - milli * 1000],
                addresses[packed],
                session[_TEXTS:],
                _NUL,
                activity[_ACTIVITY_TEXTS:] if is_whole else _NO_ACTIVITY,
            )
        told.count(kinds, shown)
        if cells:
            told.seen(times)
            yield written(b"".join(cells[1:]), start.encode())


def written(cells: bytes, start: bytes) -> bytes:
    """Return lines of the table from texts parted by NUL, and lines parted by a byte that no text holds."""
    cells = cells.replace(b'"', b'""') if b'"' in cells else cells
    cells = _FORMULA.sub(b"\0'\\1", cells).replace(b"\xff", b'"\n' + start + b',"')
    return start + b',"' + cells.replace(b"\0", b'","') + b'"\n'
