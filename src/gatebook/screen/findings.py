"""From screenings to findings: what the law may be told of them.

The trap guarded against: a list nobody loaded read as "not listed". With no list, nothing is found and all is unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from gatebook.screen.scan import Candidate, Screening
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

    ``needed`` are the lists that have to be there; with none named, any list will do. An address on a list that does
    not block is a confirmed candidate like any other.
    """
    held = {edition.list_id for edition in screening.editions}
    found = [Finding("screening.lists_loaded", bool(held) and held >= set(needed), "screening", "lists")]
    if not held:
        return tuple(found)
    ages = [(today - e.fetched_at.date()).days for e in screening.editions if e.fetched_at]
    fresh = len(ages) == len(screening.editions) and max(ages) <= max_age_days
    found.append(Finding("screening.lists_fresh", fresh, "screening", "list-age"))
    exact = [c for c in screening.candidates if c.by == "wallet" and c.is_blocking]
    named = [c for c in screening.candidates if c not in exact]
    found.append(Finding("screening.person", strongest(named), "screening", "names", _rows(named)))
    found.append(Finding("screening.identifiers", "match" if exact else "none", "screening", "exact", _rows(exact)))
    behind = [c for other in others for c in other.candidates]
    found.append(Finding("screening.owners", strongest(behind), "screening", "names", _rows(behind)))
    blocking = any(c.is_blocking and c.grade == "confirmed" for c in screening.candidates)
    found.append(Finding("screening.blocked", blocking, "screening", "blocking-list", _rows(screening.candidates)))
    return tuple(found)


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
