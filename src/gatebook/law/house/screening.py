"""House policy on screening: lists have to be there and fresh, and what is found goes where the house says.

The trap guarded against: a candidate that is not the applicant declined by machine, or one that is admitted by it.
"""

from __future__ import annotations

from datetime import date

from gatebook.law.clause import clause, negate, true
from gatebook.law.parameters import Parameters
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import Facts

_BEGINS = date(2026, 1, 1)


def _is_cleared(facts: Facts) -> bool:
    return facts.get("review.match") == "different"


def _grades(facts: Facts) -> set[str] | None:
    """Return the strongest grade of the person and of those behind them; None when either is unknown.

    An individual has no owners; of an entity, owners nobody screened are unknown, not clean.
    """
    person, owners = facts.get("screening.person"), facts.get("screening.owners")
    if owners is None and facts.get("person.kind") == "individual":
        owners = "none"
    return None if person is None or owners is None else {str(person), str(owners)}


def _goes(facts: Facts, law: Parameters, grade: str, parameter: str, to: str) -> Answer:
    """Met unless the strongest candidate is of this grade, is not cleared, and the house sends that grade ``to``."""
    if law.text(parameter) != to:
        return Answer.MET
    found = _grades(facts)
    return Answer.UNKNOWN if found is None else Answer.of(grade not in found or _is_cleared(facts))


@clause(cites="house 4.1, after 31 CFR ch. V", standing=Standing.HOUSE, begins=_BEGINS, unmet="review")
def lists_are_loaded(facts: Facts, _: Parameters) -> Answer:
    """There is at least one list to compare with."""
    return true(facts, "screening.lists_loaded")


@clause(cites="house 4.2", standing=Standing.HOUSE, begins=_BEGINS, unmet="review")
def lists_are_fresh(facts: Facts, _: Parameters) -> Answer:
    """Every list compared with is younger than house/list_age_days."""
    return true(facts, "screening.lists_fresh")


@clause(cites="house 4.3", standing=Standing.HOUSE, begins=_BEGINS, unmet="review")
def no_possible_candidate(facts: Facts, _: Parameters) -> Answer:
    """A candidate of the same name with nothing to compare, or one confirmed but not blocking, is for an officer."""
    found = _grades(facts)
    if found is None:
        return Answer.UNKNOWN
    return Answer.of(not found & {"possible", "confirmed"} or _is_cleared(facts))


@clause(cites="house 4.4", standing=Standing.HOUSE, begins=_BEGINS, unmet="review")
def clashing_candidate_is_reviewed(facts: Facts, law: Parameters) -> Answer:
    """A candidate whose birth date clashes goes to an officer where house/clash_goes_to says review."""
    return _goes(facts, law, "clash", "house/clash_goes_to", "review")


@clause(cites="house 4.4", standing=Standing.HOUSE, begins=_BEGINS, unmet="decline")
def clashing_candidate_is_declined(facts: Facts, law: Parameters) -> Answer:
    """A candidate whose birth date clashes is declined where house/clash_goes_to says decline."""
    return _goes(facts, law, "clash", "house/clash_goes_to", "decline")


@clause(cites="house 4.5", standing=Standing.HOUSE, begins=_BEGINS, unmet="review")
def weak_candidate_is_reviewed(facts: Facts, law: Parameters) -> Answer:
    """A weak candidate goes to an officer where house/weak_goes_to says review."""
    return _goes(facts, law, "weak", "house/weak_goes_to", "review")


@clause(cites="house 4.6", standing=Standing.HOUSE, begins=_BEGINS, unmet="review")
def no_earlier_refusal(facts: Facts, _: Parameters) -> Answer:
    """No earlier application or account with a same identifier was declined or closed for cause."""
    declined, closed = true(facts, "earlier.declined"), true(facts, "earlier.closed_for_cause")
    if Answer.MET in (declined, closed):
        return Answer.UNMET
    return Answer.UNKNOWN if Answer.UNKNOWN in (declined, closed) else negate(declined)
