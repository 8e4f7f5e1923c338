"""Dates of birth as the lists write them, to intervals of days.

The trap guarded against: a vague date taken for an exact one. Circa widens by a year each side, a month is a month,
and what is in no known form is reported instead of guessed.
"""

from __future__ import annotations

import re
from calendar import monthrange
from functools import lru_cache

from gatebook.screen.party import Birth

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        1,
    )
    for name in names
}
_VAGUE = re.compile(r"^(?:circa|approximately|approx\.?|about|c\.|ca\.|late|early|mid|around)[ -]+", re.IGNORECASE)
_BETWEEN = re.compile(r"^(?:between|from) +", re.IGNORECASE)
_RANGE = re.compile(r" +(?:to|and) +| ?[–—] ?|(?<=^\d{4}) ?[-/] ?(?=\d{4}$)", re.IGNORECASE)  # noqa: RUF001  dashes lists use
_SHORT_RANGE = re.compile(r"(\d{2})(\d{2}) ?[-/–] ?(\d{2})")  # noqa: RUF001  dashes lists use
_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?: \d{1,2}:\d{2}.*|Z|[+-]\d{2}:\d{2})?)?)?(?:T.*)?")
_RUN = re.compile(r"(\d{4})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_FIGURES = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})")
_WORDED = re.compile(r"(?:(\d{1,2})(?:st|nd|rd|th)?[ -]+)?(?:([A-Za-z]+)\.?,?[ -]+)?(\d{4})")
_MONTH_FIRST = re.compile(r"([A-Za-z]+)\.? (\d{1,2}),? (\d{4})")
_DECADE = re.compile(r"(\d{3})0s")
_FIRST_YEAR, _LAST_YEAR = 1800, 2100
_MONTHS_IN_YEAR = 12


@lru_cache(maxsize=50_000)
def birth_of(text: str, *, day_first: bool = False) -> Birth | None:
    """Return the interval a date of birth may mean, or None when it is in no known form.

    ``16 Nov 1964``, ``Nov 1964``, ``1964``, ``1964-11-16``, ``1964-11-16 00:00:00``, ``19641116``, ``16/11/1964``,
    ``00/00/1964``, ``circa 1964``, ``1961 to 1963``, ``1961-63``, ``circa 1979-1982``, ``1980s``. Of ``03/04/1971``
    nobody knows which is the month, so that it is the year alone, but where the form says that the day is first.
    """
    plain = " ".join(text.strip().rstrip(".").split())
    vague = _VAGUE.match(plain)
    plain = _BETWEEN.sub("", plain[vague.end() :] if vague else plain)
    ends = _short_range(plain) or _RANGE.split(plain, maxsplit=1)
    first, last = _span(ends[0], day_first=day_first), _span(_VAGUE.sub("", ends[-1]), day_first=day_first)
    if first is None or last is None or first[0] > last[1]:
        return None
    return widened(first[0], last[1], 1 if vague else 0)


def _short_range(plain: str) -> list[str]:
    """Return both years of ``1961-63``; what may be a month is none."""
    found = _SHORT_RANGE.fullmatch(plain)
    if not found or int(found[3]) <= max(int(found[2]), _MONTHS_IN_YEAR):
        return []
    return [f"{found[1]}{found[2]}", f"{found[1]}{found[3]}"]


def widened(first: str, last: str, years: int) -> Birth:
    """Return an interval, wider by a number of years on each side."""
    return Birth(_shifted(first, -years), _shifted(last, years)) if years else Birth(first, last)


def _shifted(day: str, by: int) -> str:
    year = int(day[:4]) + by
    return f"{year:04d}-{day[5:7]}-{min(int(day[8:]), monthrange(year, int(day[5:7]))[1]):02d}"


def years(first: str, last: str) -> Birth | None:
    """Return the interval from one year to another; one alone stands for both."""
    start, end = _span(first or last), _span(last or first)
    return Birth(start[0], end[1]) if start and end and start[0] <= end[1] else None


def _span(text: str, *, day_first: bool = False) -> tuple[str, str] | None:
    """Return the first and last day a single date may mean."""
    text = text.strip()
    if found := _ISO.fullmatch(text) or _RUN.fullmatch(text):
        return _days(found[1], found[2], found[3])
    if found := _FIGURES.fullmatch(text):
        return _days(found[4], *_month_and_day(found[1], found[3], day_first=day_first))
    if found := _MONTH_FIRST.fullmatch(text):
        return _days(found[3], _month(found[1]), found[2])
    if found := _DECADE.fullmatch(text):
        return f"{found[1]}0-01-01", f"{found[1]}9-12-31"
    if (found := _WORDED.fullmatch(text)) and (found[2] is None or _month(found[2])):
        return _days(found[3], _month(found[2]) if found[2] else None, found[1] if found[2] else None)
    return None


def _month_and_day(first: str, second: str, *, day_first: bool) -> tuple[str | None, str | None]:
    """Tell month and day apart: a month is no more than twelve. Where either may be the month, neither is known."""
    a, b = int(first), int(second)
    if day_first or a > _MONTHS_IN_YEAR or a in {0, b}:
        return second, first
    if b > _MONTHS_IN_YEAR or not b:
        return first, second
    return None, None


def _month(word: str) -> str | None:
    number = _MONTHS.get(word.lower())
    return str(number) if number else None


def _days(year: str, month: str | None, day: str | None) -> tuple[str, str] | None:
    """A month or day of nought, or one no calendar has, is not known; the rest of the date still is."""
    y, m, d = int(year), int(month or 0), int(day or 0)
    if not _FIRST_YEAR <= y <= _LAST_YEAR:
        return None
    if not 1 <= m <= _MONTHS_IN_YEAR:
        return f"{y:04d}-01-01", f"{y:04d}-12-31"
    last = monthrange(y, m)[1]
    if not 1 <= d <= last:
        return f"{y:04d}-{m:02d}-01", f"{y:04d}-{m:02d}-{last:02d}"
    return f"{y:04d}-{m:02d}-{d:02d}", f"{y:04d}-{m:02d}-{d:02d}"
