"""House policy on account types: what is for a person to look at, and what is opened on a condition."""

from __future__ import annotations

from datetime import date

from gatebook.law.clause import clause, negate, true
from gatebook.law.parameters import Parameters
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import Facts

_BEGINS = date(2026, 1, 1)


@clause(cites="house 3.1, after EO 13984 s. 1(b)", standing=Standing.HOUSE, begins=_BEGINS, unmet="review")
def account_type_needs_no_officer(facts: Facts, law: Parameters) -> Answer:
    """The account type is one the house knows and is not of the level that an officer has to admit."""
    known = facts.get("account.type")
    if known is None:
        return Answer.UNKNOWN
    return Answer.of(law.table("house/account_types").get(str(known), "high") != "high")


@clause(
    cites="house 3.4, after EO 13984 s. 1(b)",
    standing=Standing.HOUSE,
    begins=_BEGINS,
    unmet="condition:limited-use",
    for_applicant="This type of account is opened for limited use.",
)
def account_type_is_not_limited(facts: Facts, law: Parameters) -> Answer:
    """An account of the level low is opened on the condition of limited use, which the control plane holds to."""
    known = facts.get("account.type")
    return Answer.of(None if known is None else law.table("house/account_types").get(str(known)) != "low")


@clause(cites="house 3.2, after EO 13984 s. 5(g)", standing=Standing.HOUSE, begins=_BEGINS, unmet="review")
def is_no_reseller_account(facts: Facts, _: Parameters) -> Answer:
    """A Reseller Account is admitted by an officer."""
    return negate(true(facts, "account.is_reseller"))


@clause(cites="house 3.3, after EO 13984 s. 2(d)", standing=Standing.HOUSE, begins=_BEGINS, unmet="review")
def is_for_the_applicant(facts: Facts, _: Parameters) -> Answer:
    """An account opened for or on behalf of another person is admitted by an officer."""
    return negate(true(facts, "account.on_behalf_of_other"))
