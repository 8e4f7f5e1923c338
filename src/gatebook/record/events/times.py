"""The time a source wrote, as microseconds since 1970 UTC, with a mark for all that had to be assumed.

The trap guarded against: a clock read as another. Digits alone are epoch time, never a date, though some parsers read
a date of the year 1710 in them; what is cut or taken for granted is said; a wrong clock keeps the time that it told.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from math import isfinite

from gatebook.record.events.form import Receipt

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_US = -62_135_596_800_000_000  # the year 1
LAST_US = 253_402_300_800_000_000  # the end of the year 9999, excluded
_MOST_CHARS = 64

# Numbers below these are seconds (to the year 5138), milliseconds, microseconds; from the last on, nanoseconds.
_SCALES = ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3))

_DIGITS = re.compile(r"(-?)(\d{1,20})(?:[.](\d{1,12}))?\Z", re.ASCII)
_BEYOND_MICROSECONDS = re.compile(r"[.,]\d{6}0*[1-9]", re.ASCII)
_ZONE_WORD = re.compile(r"\s*(?:utc|gmt|z)\Z", re.ASCII | re.IGNORECASE)
_ZONE_APART = re.compile(r"\s+(?=[+-]\d\d:?\d\d\Z)", re.ASCII)
_LEAP_SECOND = re.compile(r"(?<=:[0-5]\d:)60", re.ASCII)
_SECOND = timedelta(seconds=1)


def read_time(value: object, receipt: Receipt) -> tuple[int, tuple[str, ...]]:
    """Return what ``value`` says as microseconds since 1970 UTC, and the marks to set.

    Text is RFC 3339 and what is near it, or digits; a number, or digits, is epoch time of the unit its size tells.
    Where nothing can be read the time of receipt stands in, with the mark "time-missing". Never raises.
    """
    read = _read(value)
    if read is None:
        return receipt.received_at, ("time-missing",)
    at, marks = read
    if at > receipt.received_at + receipt.future_us:
        return at, (*marks, "time-in-future")
    if at < receipt.received_at - receipt.past_us:
        return at, (*marks, "time-long-past")
    return at, marks


def write_time(at: int) -> str:
    """Return microseconds since 1970 UTC as RFC 3339 in UTC with six digits of fraction."""
    return (_EPOCH + timedelta(microseconds=at)).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _read(value: object) -> tuple[int, tuple[str, ...]] | None:
    if isinstance(value, str):
        # The year's dash tells a written time from digits, which fromisoformat would take for a date.
        if value[4:5] == "-":
            with suppress(ValueError):
                return _from_datetime(datetime.fromisoformat(value), value)
        return _read_slowly(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float):
        return _from_float(value)
    return _from_digits(value, 0)


def _from_datetime(told: datetime, text: str) -> tuple[int, tuple[str, ...]] | None:
    marks: tuple[str, ...] = ()
    if told.tzinfo is None:
        told, marks = told.replace(tzinfo=UTC), ("time-no-zone",)
    if len(text) <= len("2026-11-23"):
        return None  # a day is not a time
    if len(text) > len("2026-11-23T10:00:00.123456") and _BEYOND_MICROSECONDS.search(text):
        marks = (*marks, "time-cut")
    since = told - _EPOCH
    at = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    return (at, marks) if FIRST_US <= at < LAST_US else None


def _read_slowly(value: str) -> tuple[int, tuple[str, ...]] | None:
    text = value.strip() if len(value) <= _MOST_CHARS else ""
    number = _DIGITS.match(text)
    if number:
        sign, whole, fraction = number.groups()
        return _from_digits(int(sign + whole), int((fraction or "").ljust(12, "0")), negative=bool(sign))
    text = _ZONE_APART.sub("", _ZONE_WORD.sub("Z", text))
    leap = _LEAP_SECOND.search(text)
    if leap:
        text = _LEAP_SECOND.sub("59", text, count=1)
    if not re.match(r"\d{4}(-?)\d\d\1\d\d[Tt ]\d", text, re.ASCII):
        return None
    with suppress(ValueError, OverflowError):
        told = datetime.fromisoformat(text)
        return _from_datetime(told + _SECOND if leap else told, text)
    return None


def _from_digits(whole: int, picoseconds: int, *, negative: bool = False) -> tuple[int, tuple[str, ...]] | None:
    """Read a number of some unit and the 10^-12 parts of that unit behind its point."""
    unit = next((unit for below, unit in _SCALES if abs(whole) < below), 1)
    nanoseconds, rest = divmod(picoseconds * unit, 10**12)
    total = whole * unit + (-nanoseconds if negative else nanoseconds)
    at, cut = divmod(total, 1_000)
    if not FIRST_US <= at < LAST_US:
        return None
    return at, ("time-cut",) if cut or rest else ()


def _from_float(value: float) -> tuple[int, tuple[str, ...]] | None:
    """Read a float, which holds no exact fraction: rounded to microseconds, and no mark for what it cannot say."""
    if not isfinite(value):
        return None
    unit = next((unit for below, unit in _SCALES if abs(value) < below), 1)
    at = round(value * unit / 1_000)
    return (at, ()) if FIRST_US <= at < LAST_US else None
