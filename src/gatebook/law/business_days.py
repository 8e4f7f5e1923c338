"""Business days: those that are no Saturday, Sunday or holiday of the United States (5 U.S.C. 6103).

The trap guarded against: a table of dates that ends. A holiday is a rule, and one on a weekend is kept on the working
day beside it; days of a single State are business days here, which can only make a period shorter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SATURDAY, _SUNDAY = 5, 6


def business_days_later(day: date, count: int, rules: Sequence[str]) -> date:
    """Return the ``count``-th business day after ``day``, which is not counted itself."""
    while count > 0:
        day += timedelta(1)
        count -= is_business_day(day, rules)
    return day


def is_business_day(day: date, rules: Sequence[str]) -> bool:
    """Return whether ``day`` is one; a holiday of next January may be kept in this December."""
    kept = (kept_on(rule, year) for year in (day.year, day.year + 1) for rule in rules)
    return day.weekday() < _SATURDAY and day not in kept


def kept_on(rule: str, year: int) -> date:
    """Return the day a holiday is kept in a year: ``07-04``, ``11-thu-4`` or ``05-mon-last``."""
    month, *rest = rule.split("-")
    if len(rest) == 1:
        return _beside_weekend(date(year, int(month), int(rest[0])))
    weekday, which = rest
    if which == "last":
        return _last(year, int(month), _WEEKDAYS.index(weekday))
    first = date(year, int(month), 1)
    return first + timedelta((_WEEKDAYS.index(weekday) - first.weekday()) % 7 + 7 * (int(which) - 1))


def _last(year: int, month: int, weekday: int) -> date:
    following = date(year + month // 12, month % 12 + 1, 1)
    return following - timedelta((following.weekday() - weekday - 1) % 7 + 1)


def _beside_weekend(day: date) -> date:
    return day + timedelta({_SATURDAY: -1, _SUNDAY: 1}.get(day.weekday(), 0))
