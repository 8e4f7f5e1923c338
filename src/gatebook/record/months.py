"""Months of access events: which one an instant is of, and which ones a span of time touches.

The trap guarded against: a span that skips the rows whose time nobody believed. They stand in a month of their own,
and every span touches it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from gatebook.record.segment_ports import NO_MONTH

_FIRST_S, _LAST_S = -62_135_596_800, 253_402_300_799  # the years 1 to 9999
_MOST_MONTHS = 240


def month_of(at: int) -> int:
    """Return year * 100 + month of an instant in microseconds; one outside the years 1 to 9999 counts as their end."""
    found = datetime.fromtimestamp(min(max(at // 1_000_000, _FIRST_S), _LAST_S), UTC)
    return found.year * 100 + found.month


def months_between(from_at: int, until_at: int) -> list[int]:
    """Return the months that instants from ``from_at`` up to ``until_at`` can be of; none where they are too many."""
    first, last = month_of(from_at), month_of(until_at)
    start = first // 100 * 12 + first % 100 - 1
    count = last // 100 * 12 + last % 100 - 1 - start + 1
    if not 0 < count <= _MOST_MONTHS:
        return []
    return [NO_MONTH, *(n // 12 * 100 + n % 12 + 1 for n in range(start, start + count))]
