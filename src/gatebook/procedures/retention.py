"""Retention: the longest duty that applies sets the day, and the day says which rule set it.

The trap guarded against: data kept because nobody could say when it may go.
"""

from __future__ import annotations

from datetime import date

from gatebook.law.tree import LawOfDay


def retain_until(law: LawOfDay, from_on: date) -> tuple[str, str]:
    """Return the last day (ISO) data of a relation that ended on ``from_on`` is kept, and the parameter that says so.

    Each source in force may state ``<source>/retention_years``; the longest wins.
    """
    years = {name: int(law.parameters.number(name)) for name in law.parameters.names() if name.endswith("/retention_years")}
    rule = max(sorted(years), key=lambda name: years[name])
    return _years_later(from_on, years[rule]).isoformat(), rule


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, month=3, day=1)
