"""House policy on the use of an account that is open: what its accesses show that a person should look at.

The trap guarded against: a guess that blocks. Whatever these clauses answer is a task for a person at most; an address
no file places may be anywhere, so it is never counted against anybody.
"""

from __future__ import annotations

from datetime import date

from gatebook.law.clause import clause
from gatebook.law.eo13984.s2_use import is_in_use
from gatebook.law.parameters import Parameters
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import Facts

_BEGINS = date(2026, 11, 24)


def _is_below(facts: Facts, law: Parameters, counted: str, percent: str, least: str) -> Answer:
    """Met while the accesses ``counted`` are fewer than ``least``, or a smaller part of all than ``percent``.

    Those no file places may all belong to them, or none: where that would change the answer, it is unknown.
    """
    numbers = [facts.get(name) for name in ("access.events", "access.events_unplaced", counted)]
    if None in numbers:
        return Answer.UNKNOWN
    events, unplaced, found = (int(number or 0) for number in numbers)

    def is_beyond(count: int) -> bool:
        return count >= max(law.number(least), 1) and count * 100 >= law.number(percent) * events

    if is_beyond(found):
        return Answer.UNMET
    return Answer.UNKNOWN if is_beyond(found + unplaced) else Answer.MET


@clause(
    cites="house 7.1, after EO 13984 s. 1(a)(ii)(D) and 15 CFR 7.302(d) as proposed",
    standing=Standing.HOUSE,
    begins=_BEGINS,
    unmet="review",
    when=(is_in_use,),
)
def place_of_use_fits_residence(facts: Facts, law: Parameters) -> Answer:
    """An account is used from a country its holder is evidenced in, or named as address or place of use.

    Unknown where nothing says where the holder is.
    """
    return _is_below(facts, law, "access.events_elsewhere", "house/elsewhere_percent", "house/elsewhere_events")


@clause(
    cites="house 7.3, after EO 13984 s. 1(a)(ii)(D) and 15 CFR 7.302 as proposed",
    standing=Standing.HOUSE,
    begins=_BEGINS,
    unmet="review",
    when=(is_in_use,),
)
def no_dormant_account_wakes(facts: Facts, law: Parameters) -> Answer:
    """No account is used again after house/dormant_days whole days without an access.

    Unknown for an account whose earlier accesses nobody could have seen: days in which a source was silent, or was not
    yet there, may have been quiet or not, and where that would change the answer, it is unknown.
    """
    quiet, unheard = facts.get("access.quiet_days"), facts.get("access.quiet_days_unheard")
    if quiet is None:
        return Answer.UNKNOWN
    limit = law.number("house/dormant_days")
    if int(quiet) >= limit:
        return Answer.UNMET
    is_below = unheard is not None and int(quiet) + int(unheard) < limit
    return Answer.MET if is_below else Answer.UNKNOWN


@clause(
    cites="house 7.4, after EO 13984 s. 1(a)(ii)(D)",
    standing=Standing.HOUSE,
    begins=_BEGINS,
    unmet="review",
    when=(is_in_use,),
)
def holder_is_plausibly_the_same(facts: Facts, law: Parameters) -> Answer:
    """An account is used from countries it was used from in its first house/first_use_days.

    Unknown while those days are not over, and where no file placed any access in them.
    """
    return _is_below(facts, law, "access.events_unfamiliar", "house/unfamiliar_percent", "house/unfamiliar_events")
