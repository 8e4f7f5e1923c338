"""Retention: the longest duty that applies sets the day, and the day says which rule set it.

The trap guarded against: data kept because nobody could say when it may go, or longer than any rule that applies.
"""

from __future__ import annotations

from datetime import date

from gatebook.law.tree import LawOfDay
from gatebook.record.ports import Work

_RULE = "/retention_years"
_ONLY_WHEN_LISTED = frozenset({"ofac"})


def retain_until(law: LawOfDay, from_on: date, *, was_listed: bool = False) -> tuple[str, str]:
    """Return the last day (ISO) data of a relation that ended on ``from_on`` is kept, and the parameter that says so.

    Each source that binds or is adopted may state ``<source>/retention_years``; the longest wins. Sanctions records
    (31 CFR 501.601) are kept of dealings those rules cover, which is when a listed person or identifier was found.
    """
    years = {
        name: law.parameters.number(name)
        for name in law.parameters.names()
        if name.endswith(_RULE) and _applies(law, name.removesuffix(_RULE), was_listed=was_listed)
    }
    rule = max(sorted(years), key=lambda name: years[name])
    return _years_later(from_on, years[rule]).isoformat(), rule


def retention_of(work: Work, law: LawOfDay, person_id: str, from_on: date) -> dict[str, str]:
    """Return the day and the rule as an entry says them, for a relation of this person that ends on ``from_on``.

    Whether a listed person was found is read from what was entered: a determination that declined under a blocking
    list, or an officer's "same".
    """
    person = work.registers.get("persons", person_id) or {}
    until, rule = retain_until(law, from_on, was_listed=bool(person.get("was_listed")))
    return {"retain_until": until, "retain_rule": rule}


def _applies(law: LawOfDay, source: str, *, was_listed: bool) -> bool:
    return source in law.resting and (was_listed or source not in _ONLY_WHEN_LISTED)


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, month=3, day=1)
