"""Looking at the law: what is in force on a day, what it would answer, and whether it holds over many days.

The trap guarded against: two shells that show two laws. Both show what is made here.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from gatebook import canonical
from gatebook.canonical import Plain
from gatebook.law.consider import consider
from gatebook.law.reach import reach
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.terms.fact import Facts


def law_of(house: House, operator: Operator, on: date | None = None) -> dict[str, Any]:
    """Return every clause in force on a day (today by default) with its citation and standing.

    ``fault`` says what is wrong with the operator's own law as it stands now; empty when nothing is.
    """
    permit(house, operator, "look", "look-at-law")
    law = house.law.on(on or house.now().date())
    clauses = [
        {
            "clause": c.clause_id,
            "cites": c.cites,
            "rests_on": law.rests_on(c.source),
            "duty": c.duty,
            "begins": c.begins.isoformat(),
            "unmet": c.unmet,
        }
        for c in law.clauses
    ]
    return {"day": law.day.isoformat(), "edition": law.edition, "fault": house.law.fault(), "clauses": clauses}


def explain(house: House, operator: Operator, facts: Facts, on: date | None = None) -> list[Plain]:
    """Put facts to the law of a day and return every answer with its reason.

    Facts that name an instrument are of a disclosure: the clauses on disclosure answer, as they would to a demand.
    """
    permit(house, operator, "look", "explain-law")
    law = house.law.on(on or house.now().date())
    of_disclosure = facts.peek("disclosure.instrument") is not None
    return [canonical.plain(r) for r in (reach(law, facts).reasons if of_disclosure else consider(law, facts))]


def hold_over(house: House, operator: Operator, first: date, days: int) -> dict[str, Any]:
    """Ask the law of each day of a grid with nothing known. Raises LawError at the first gap or clash."""
    permit(house, operator, "look", "test-law")
    editions = set()
    for n in range(days):
        law = house.law.on(first + timedelta(n))
        consider(law, Facts(()))
        editions.add(law.edition)
    return {"days": days, "editions": len(editions), "held": True}
