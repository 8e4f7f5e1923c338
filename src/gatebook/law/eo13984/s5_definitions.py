"""The order's definitions: who is a United States person, and what is an IaaS product or a Reseller Account.

The trap guarded against: reading "no sign of the United States" as "foreign". A limb nobody settled stays unknown.
"""

from __future__ import annotations

from datetime import date

from gatebook.law.clause import clause, every, negate, some, true
from gatebook.law.parameters import Parameters
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import Facts

_SIGNED = date(2021, 1, 19)


def is_us_person(facts: Facts, _: Parameters) -> Answer:
    """A US person is a citizen, permanent resident, entity organised under US law, or anybody located in the US.

    An entity is not a citizen or resident; an individual is not organised. Unknown when no limb is met and one
    that could be is not settled.
    """
    kind = facts.get("person.kind")
    limbs = {
        "individual": ("person.is_us_citizen", "person.is_us_permanent_resident", "person.is_located_in_us"),
        "entity": ("person.is_organised_in_us", "person.is_located_in_us"),
    }.get(str(kind), ())
    return some(*(true(facts, limb) for limb in limbs)) if limbs else Answer.UNKNOWN


def is_foreign_person(facts: Facts, law: Parameters) -> Answer:
    """A foreign person is one that is not a US person."""
    return negate(is_us_person(facts, law))


def is_iaas_product(facts: Facts, _: Parameters) -> Answer:
    """An IaaS product gives computing on which the consumer runs software that is not predefined; trials count."""
    return every(true(facts, "product.gives_computing"), true(facts, "product.runs_any_software"))


def is_reseller_account(facts: Facts, _: Parameters) -> Answer:
    """A Reseller Account is one whose holder offers the product onward."""
    return true(facts, "account.is_reseller")


@clause(cites="EO 13984 s. 5(i)", standing=Standing.IN_FORCE, begins=_SIGNED)
def us_person(facts: Facts, law: Parameters) -> Answer:
    """Whether the applicant is a United States person, by the four limbs of the definition."""
    return is_us_person(facts, law)


@clause(cites="EO 13984 s. 5(d)", standing=Standing.IN_FORCE, begins=_SIGNED)
def foreign_person(facts: Facts, law: Parameters) -> Answer:
    """Whether the applicant is a foreign person: one that is not a United States person."""
    return is_foreign_person(facts, law)


@clause(cites="EO 13984 s. 5(e), (h)", standing=Standing.IN_FORCE, begins=_SIGNED)
def iaas_product(facts: Facts, law: Parameters) -> Answer:
    """Whether what is asked for is an IaaS product, complimentary and trial offers included."""
    return is_iaas_product(facts, law)


@clause(cites="EO 13984 s. 5(g)", standing=Standing.IN_FORCE, begins=_SIGNED)
def reseller_account(facts: Facts, law: Parameters) -> Answer:
    """Whether the account would be a Reseller Account."""
    return is_reseller_account(facts, law)
