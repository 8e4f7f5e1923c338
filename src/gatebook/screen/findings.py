"""From screenings to findings: what the law may be told of them.

The trap guarded against: a list nobody loaded read as "not listed". With no list, nothing is found and all is unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from gatebook.screen.screening import Candidate, ComparedList, Screening
from gatebook.terms.fact import Finding

_ORDER = ("weak", "clash", "possible", "confirmed")
_EFFECTS = ("condition", "prohibit")


def screening_findings(
    screening: Screening,
    today: date,
    max_age_days: int,
    others: Sequence[Screening] = (),
    needed: Collection[str] = (),
) -> tuple[Finding, ...]:
    """Return the screening findings of a person and of those behind them, on ``today``.

    ``max_age_days`` holds for every list that has no age of its own set beside it. ``needed`` are the lists that have
    to be there; with none named, any list will do. An address on a list that does not block is a confirmed candidate
    like any other.
    """
    held = {edition.list_id for edition in screening.editions}
    found = [Finding("screening.lists_loaded", bool(held) and held >= set(needed), "screening", "lists")]
    if not held:
        return tuple(found)
    old = older_lists(screening.editions, today, max_age_days)
    found.append(Finding("screening.lists_fresh", not old, "screening", "list-age", old))
    exact = [c for c in screening.candidates if c.by == "wallet" and c.is_blocking]
    named = [c for c in screening.candidates if c not in exact]
    found.append(Finding("screening.person", strongest(named), "screening", "names", _rows(named)))
    found.append(Finding("screening.identifiers", "match" if exact else "none", "screening", "exact", _rows(exact)))
    behind = [c for other in others for c in other.candidates]
    found.append(Finding("screening.owners", strongest(behind), "screening", "names", _rows(behind)))
    blocking = any(c.is_blocking and c.grade == "confirmed" for c in screening.candidates)
    found.append(Finding("screening.blocked", blocking, "screening", "blocking-list", _rows(screening.candidates)))
    return tuple(found)


def older_lists(compared: Sequence[ComparedList], today: date, max_age_days: int) -> tuple[str, ...]:
    """Return each list older than its set age, with both; one of no known age counts as older, for nobody can tell."""
    found = []
    for edition in compared:
        age, most = edition.age_days(today), max_age_set(edition.max_age_days, max_age_days)
        if age is None or age > most:
            known = "age unknown" if age is None else f"{age} days old"
            found.append(f"{edition.list_id}@{edition.digest[:12]}: {known}, {most} allowed")
    return tuple(found)


def max_age_set(of_list: int | None, of_house: int) -> int:
    """Return the age in days a list may have: its own, else the house's."""
    return of_house if of_list is None else of_list


def measure_finding(
    screenings: Sequence[Screening],
    measures: Mapping[str, str],
    accepted: Collection[str] = (),
    cleared: Collection[str] = (),
) -> Finding:
    """Return the strictest special measure on anybody screened; ``measures`` maps ``list/party`` to its effect.

    A party counts when it is confirmed or an officer accepted it as the same person, not when an officer called it
    different; while one that may be the person is undisposed, nobody knows and the value is None. A measure on a
    party of a list that is not loaded was compared with nobody, and that is unknown too.
    """
    named = [c for s in screenings for c in s.candidates if c.grade != "weak" and c.key in measures]
    held = [c for c in named if c.key in accepted or (c.grade == "confirmed" and c.key not in cleared)]
    open_ = [c for c in named if c not in held and c.key not in cleared]
    effects = [measures[c.key] for c in held]
    value = max(effects, key=_EFFECTS.index) if effects else "none"
    loaded = {edition.list_id for screening in screenings for edition in screening.editions}
    absent = {key.partition("/")[0] for key in measures} - loaded
    unknown = not loaded or ((open_ or absent) and value != _EFFECTS[-1])
    return Finding("measure.on_person", None if unknown else value, "screening", "measures", _rows(named))


def strongest(candidates: Sequence[Candidate]) -> str:
    """Return the strongest grade, or ``none``."""
    return max((c.grade for c in candidates), key=_ORDER.index, default="none")


def _rows(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    return tuple(f"{c.list_id}@{c.list_digest[:12]}#{c.row}" for c in candidates if c.grade != "weak")
