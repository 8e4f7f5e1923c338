"""Uses of one day at a time: which principal used which address how often, without reading single events.

The trap guarded against: an answer cut at its limit and taken for the whole. A time that holds more than is answered
at once is asked about in halves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from gatebook.trace.ports import AccessRows, Filter, Use

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_EPOCH = date(1970, 1, 1)


def day_of(at: int) -> date:
    """Return the UTC day of a time in microseconds since 1970. Raises OverflowError outside the years 1 to 9999."""
    return _EPOCH + timedelta(days=at // _DAY)


def begin_of(day: date) -> int:
    """Return the first microsecond of a UTC day."""
    return (day - _EPOCH).days * _DAY


def instant_of(at: int) -> datetime:
    """Return a time in microseconds since 1970 as a UTC instant."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)


def microseconds(at: datetime) -> int:
    """Return a UTC instant in microseconds since 1970."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def uses_by_day(rows: AccessRows, asked: Filter, limit: int) -> Iterator[Use]:
    """Give every use within ``asked``, none longer than one UTC day; one day may come in several pieces.

    ``asked.from_at`` and ``until_at`` have to be bounds; ``limit`` is how many uses are asked for at once.
    """
    found = rows.uses(asked, limit)
    if len(found) < limit:
        if all(use.first_at // _DAY == use.last_at // _DAY for use in found):
            yield from found
            return
        first, last = min(use.first_at for use in found), max(use.last_at for use in found)
        asked = replace(asked, from_at=first, until_at=last + 1)
    if asked.until_at - asked.from_at <= 1:  # no time is shorter than this
        yield from uses_by_day(rows, asked, limit * 2)
        return
    between = _between(asked.from_at, asked.until_at)
    yield from uses_by_day(rows, replace(asked, until_at=between), limit)
    yield from uses_by_day(rows, replace(asked, from_at=between), limit)


def _between(first: int, until: int) -> int:
    """Return where to halve a time: between two days where it has several."""
    middle = (first + until) // 2
    day = middle // _DAY * _DAY
    if first < day:
        return day
    return day + _DAY if day + _DAY < until else middle
