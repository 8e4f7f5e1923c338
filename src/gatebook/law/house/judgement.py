"""An officer's word: it declines, or it sets aside what was left to a person's judgement.

The trap guarded against: an officer's word read as evidence. It never stands in for identity the law needs, and
never lifts a block.
"""

from __future__ import annotations

from datetime import date

from gatebook.law.clause import clause
from gatebook.law.parameters import Parameters
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import Facts

_BEGINS = date(2026, 1, 1)


@clause(
    cites="house 5.1",
    standing=Standing.HOUSE,
    begins=_BEGINS,
    unmet="decline",
    for_applicant="After a review by a person, we cannot open this account.",
)
def officer_does_not_decline(facts: Facts, _: Parameters) -> Answer:
    """No officer declined the application."""
    return Answer.of(facts.get("review.disposition") != "decline")


@clause(
    cites="house 5.2",
    standing=Standing.HOUSE,
    begins=_BEGINS,
    exception_to=(
        "house/personhood.signs_do_not_contradict",
        "house/personhood.personhood_is_settled",
        "house/reseller.account_type_needs_no_officer",
        "house/reseller.is_no_reseller_account",
        "house/reseller.is_for_the_applicant",
        "house/screening.clashing_candidate_is_reviewed",
        "house/screening.weak_candidate_is_reviewed",
        "house/screening.no_earlier_refusal",
        "house/contact.phone_is_confirmed",
        "house/contact.address_has_its_countrys_form",
    ),
)
def officer_admits(facts: Facts, _: Parameters) -> Answer:
    """An officer looked at the application, or the account, and would admit it.

    The fact is put only while every house clause that holds the case up without it was before that officer, on the
    same facts and candidates; without the fact this answers unmet, and what is new goes back to an officer.
    """
    return Answer.of(facts.get("review.disposition") == "admit")
