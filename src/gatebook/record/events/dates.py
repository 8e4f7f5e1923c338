"""Dates of log lines, which name months and leave years out, as RFC 3339 that the reading of times takes.

The trap guarded against: the turn of the year. A line of 31 December that is read on 1 January is of the year before.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from gatebook.record.events.form import Receipt

_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS = {name: number for number, name in enumerate(_NAMES.split(), 1)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EAST_US = 14 * 3600 * 1_000_000
_LEAP_CYCLE = 9  # years within which every day of the calendar occurs
_ZONES = {"utc": "Z", "gmt": "Z", "z": "Z"}
_CLOCK = r"(\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?)"
#: "23/Nov/2026:19:54:35 +0000", or with the month as digits.
_SLASHED = re.compile(rf"(\d{{1,2}})/(\w{{1,9}})/(\d{{4}}):{_CLOCK}\s*([+-]\d\d:?\d\d)?\s*\Z", re.ASCII)
#: "Nov 23 19:54:35", perhaps with a year before or after the clock, and a zone.
_MONTH_FIRST = re.compile(
    rf"([A-Za-z]{{3}})[a-z]*\s+(\d{{1,2}}),?\s+(?:(\d{{4}})\s+)?{_CLOCK}(?:\s+(\d{{4}}))?(?:\s+([A-Za-z]{{1,5}}|[+-]\d\d:?\d\d))?\s*\Z",
    re.ASCII,
)


def from_slashed(text: str) -> str:
    """Return the date of an access log as RFC 3339, or the text as it stands where it is none."""
    found = _SLASHED.match(text)
    if found is None:
        return text
    day, month, year, clock, zone = found.groups()
    number = int(month) if month.isdigit() else _MONTHS.get(month[:3].lower(), 0)
    return _written(int(year), number, int(day), clock, zone or "")


def from_month_first(text: str, receipt: Receipt) -> tuple[str, tuple[str, ...]]:
    """Return "MMM dd HH:mm:ss" as RFC 3339, and the mark "time-no-year" where the year is the receipt's.

    A zone in letters other than UTC is left out, since the same letters name several. Any other text comes back.
    """
    found = _MONTH_FIRST.match(text)
    if found is None:
        return text, ()
    month, day, before, clock, after, zone = found.groups()
    number, year, offset = _MONTHS.get(month.lower(), 0), before or after, zone or ""
    offset = offset if offset[:1] in {"+", "-"} else _ZONES.get(offset.lower(), "")
    if year:
        return _written(int(year), number, int(day), clock, offset), ()
    return _latest(number, int(day), clock, offset, receipt), ("time-no-year",)


def _written(year: int, month: int, day: int, clock: str, zone: str) -> str:
    return f"{year:04d}-{month:02d}-{day:02d}T{clock.rjust(8, '0') if clock[1:2] == ':' else clock}{zone}"


def _latest(month: int, day: int, clock: str, zone: str, receipt: Receipt) -> str:
    """Return the date in the latest year in which it exists and does not lie in the future by more than is allowed.

    Where no zone is written either, a clock may be ahead of UTC by the fourteen hours of the zone furthest east.
    """
    ahead = receipt.future_us + (0 if zone else _EAST_US)
    try:
        now = _EPOCH + timedelta(microseconds=receipt.received_at + ahead)
    except OverflowError:
        return ""
    for year in range(now.year, max(now.year - _LEAP_CYCLE, 0), -1):
        written = _written(year, month, day, clock, zone)
        at = _as_utc(written)
        if at is not None and at <= now:
            return written
    return ""


def _as_utc(written: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(written.replace(",", "."))
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
