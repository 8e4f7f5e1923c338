"""The block: no account for a person, or a payment identifier, on a blocking list.

The trap guarded against: a namesake treated as the listed party. Only a confirmed candidate, an exact identifier or
an officer's "same" answers unmet; everything less is house policy.
"""

from __future__ import annotations

from datetime import date

from gatebook.law.clause import clause, every, negate, true
from gatebook.law.parameters import Parameters
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import Facts

_BEGINS = date(2015, 4, 1)


@clause(
    cites="31 CFR ch. V; EO 13694 s. 1 as amended",
    standing=Standing.IN_FORCE,
    begins=_BEGINS,
    unmet="decline",
    for_applicant="We cannot offer you an account.",
)
def person_is_not_blocked(facts: Facts, _: Parameters) -> Answer:
    """No dealings with a person on a blocking list.

    A confirmed candidate of whom nobody knows whether the list blocks is unknown, never met.
    """
    word, strongest = facts.get("review.match"), facts.get("screening.person")
    if word == "same":
        return Answer.UNMET
    if strongest is None:
        return Answer.UNKNOWN
    if word == "different":
        return Answer.MET
    return negate(every(Answer.of(strongest == "confirmed"), true(facts, "screening.blocked")))


@clause(
    cites="31 CFR ch. V",
    standing=Standing.IN_FORCE,
    begins=_BEGINS,
    unmet="decline",
    for_applicant="We cannot offer you an account.",
)
def identifiers_are_not_blocked(facts: Facts, _: Parameters) -> Answer:
    """No dealings in a listed wallet address.

    An address is the listed one or it is not, so no officer's "different" sets this aside. A document number may be
    another country's and is a possible candidate instead.
    """
    found = facts.get("screening.identifiers")
    return Answer.of(None if found is None else found == "none")
