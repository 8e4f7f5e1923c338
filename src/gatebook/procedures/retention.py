"""Retention: the longest duty that applies sets the day, class by class, and the day says which rule set it.

The trap guarded against: data kept because nobody could say when it may go, or longer than any rule that applies.

What a relation is kept for was fixed by the law of the day it ended. A class may have a longer duty of its own
(``<source>/retention_years_by_class``), or a cap (``house/privacy_caps``). A cap goes before the house's own policy and
before proposals it adopted; law in force goes before a cap, and where the two meet the clock says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from gatebook import canonical
from gatebook.law.tree import LawOfDay
from gatebook.record.ports import Row, Work
from gatebook.record.walk import entry_at
from gatebook.terms.determination import Standing
from gatebook.terms.record_class import RecordClass

_RULE, _BY_CLASS, _CAPS = "/retention_years", "/retention_years_by_class", "house/privacy_caps"
#: Of content the house holds none, so it has no clock.
HELD = tuple(one for one in RecordClass if one is not RecordClass.CONTENT)
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
    return years_later(from_on, years[rule]).isoformat(), rule


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


def years_later(day: date, years: int) -> date:
    """Return the day so many years later; 1 March for a 29 February that year does not have."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, month=3, day=1)


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation that ended: on which day, and until when and by which rule its data is kept since."""

    ended_on: date
    until: str
    rule: str


@dataclass(frozen=True, slots=True)
class Clock:
    """The last day (ISO) of a class of a person's records, and the rule that set it.

    ``cap_until`` is where a cap would end it, ``cap_rule`` says which; both empty where there is none. ``in_conflict``
    says that law in force keeps it beyond that.
    """

    record_class: RecordClass
    until: str
    rule: str
    cap_until: str = ""
    cap_rule: str = ""
    in_conflict: bool = False


def relations_of(work: Work, person_id: str) -> list[Relation] | None:
    """Return every relation of a person; None while one of them runs, or an officer may still have to look at it."""
    where = {"person_id": person_id}
    if any(review["state"] != "closed" for review in work.registers.page("reviews", where, "", 1000)):
        return None
    accounts = work.registers.page("accounts", where, "", 1000)
    declined = [a for a in work.registers.page("applications", where, "", 1000) if a["state"] != "admitted"]
    if not all(row["retain_until"] for row in (*accounts, *declined)):
        return None
    return [_relation(work, row) for row in (*accounts, *declined)] or None


def _relation(work: Work, row: Row) -> Relation:
    closed = row.get("closed_at") or ""
    # an application keeps no day of its end: that of its last step, which was the end, is in the ledger
    ended = canonical.parse_instant(closed) if closed else entry_at(work.ledger, row["position"]).at
    return Relation(ended.date(), str(row["retain_until"]), str(row["retain_rule"]))


def clocks(law: LawOfDay, relations: Sequence[Relation], *, was_listed: bool) -> list[Clock]:
    """Return the clock of every class of somebody whose relations all ended, by the law of today."""
    tables = _tables(law, was_listed=was_listed)
    caps = law.parameters.table(_CAPS)
    each = ([_clock(law, relation, of, tables, caps, was_listed=was_listed) for relation in relations] for of in HELD)
    return [max(found, key=lambda clock: (clock.until, clock.rule)) for found in each]


def clocks_of(work: Work, law: LawOfDay, person: Row) -> list[Clock]:
    """Return the clocks of a person by the law of today; none while anything of theirs still runs."""
    relations = relations_of(work, str(person["person_id"]))
    return clocks(law, relations, was_listed=bool(person["was_listed"])) if relations else []


def ended_classes(found: Iterable[Clock], today: date) -> dict[RecordClass, str]:
    """Return the classes whose last day is past, each with the rule that set it."""
    return {clock.record_class: clock.rule for clock in found if date.fromisoformat(clock.until) < today}


_Duty = tuple[str, str]  # the last day, and the rule


def _clock(
    law: LawOfDay,
    relation: Relation,
    of: RecordClass,
    tables: Mapping[str, Mapping[str, int]],
    caps: Mapping[str, int],
    *,
    was_listed: bool,
) -> Clock:
    duties = [(relation.until, relation.rule), *_own_duties(relation, of, tables)]
    longest = max(duties)
    if of.value not in caps:
        return Clock(of, *longest)
    cap_until = (relation.ended_on + timedelta(days=caps[of.value])).isoformat()
    # The longest of that day may hide a shorter one that is law: those of today are looked at one by one.
    by_law = [duty for duty in (*duties, *_general(law, relation, was_listed=was_listed)) if _is_law(law, duty[1])]
    bound = max(by_law, default=("", ""))
    until, rule = max(bound, min(longest, (cap_until, _CAPS)))
    return Clock(of, until, rule, cap_until, _CAPS, in_conflict=bound[0] > cap_until)


def _tables(law: LawOfDay, *, was_listed: bool) -> dict[str, Mapping[str, int]]:
    names = [name for name in law.parameters.names() if name.endswith(_BY_CLASS)]
    applying = [name for name in names if _applies(law, name.removesuffix(_BY_CLASS), was_listed=was_listed)]
    return {name: law.parameters.table(name) for name in applying}


def _own_duties(relation: Relation, of: RecordClass, tables: Mapping[str, Mapping[str, int]]) -> Iterator[_Duty]:
    for name, years in tables.items():
        if of.value in years:
            yield years_later(relation.ended_on, years[of.value]).isoformat(), name


def _general(law: LawOfDay, relation: Relation, *, was_listed: bool) -> Iterator[_Duty]:
    for name in law.parameters.names():
        if name.endswith(_RULE) and _applies(law, name.removesuffix(_RULE), was_listed=was_listed):
            yield years_later(relation.ended_on, law.parameters.number(name)).isoformat(), name


def _is_law(law: LawOfDay, rule: str) -> bool:
    """Whether a rule is law in force, and not what the house says or adopted. A rule that is no more is not."""
    held = law.parameters.held.get(rule)
    return held is not None and held.standing is Standing.IN_FORCE
