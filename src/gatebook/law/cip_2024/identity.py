"""What the proposal of 2024 would have on record of a foreign customer, and what when identity cannot be verified.

The trap guarded against: a failed check outvoted by another that passed. A refuted means goes to a person.
"""

from __future__ import annotations

from datetime import date

from gatebook.law.clause import clause, every, some, true
from gatebook.law.eo13984.s5_definitions import is_foreign_person, is_iaas_product
from gatebook.law.parameters import Parameters
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import Facts

_PROPOSED = date(2024, 1, 29)
_APPLIES = (is_iaas_product, is_foreign_person)
_MEANS = ("identity.document", "identity.residence", "identity.national_number", "entity.registration")


@clause(
    cites="89 FR 5698, proposed 15 CFR 7.302(d)",
    standing=Standing.PROPOSED,
    begins=_PROPOSED,
    unmet="review",
    when=_APPLIES,
    for_applicant="We need your name, address, means of payment, e-mail address and telephone number.",
)
def six_groups_are_recorded(facts: Facts, _: Parameters) -> Answer:
    """Name, address, means of payment, e-mail, telephone and the address of access are recorded."""
    return every(
        true(facts, "identity.name_given"),
        true(facts, "identity.address_given"),
        some(true(facts, "product.is_trial"), true(facts, "payment.given")),
        true(facts, "contact.email_given"),
        true(facts, "contact.phone_given"),
        true(facts, "access.recorded"),
    )


@clause(
    cites="89 FR 5698, proposed 15 CFR 7.302(e) (unconfirmed)",
    standing=Standing.PROPOSED,
    begins=_PROPOSED,
    unmet="review",
    when=_APPLIES,
    for_applicant="We could not confirm your identity; a person will look at it.",
)
def no_verification_failed(facts: Facts, _: Parameters) -> Answer:
    """Where identity cannot be verified, a person says what follows.

    Only a refuted means is a failure: one that nobody tried is asked for by the clauses that need it, not here.
    """
    return Answer.of("refuted" not in [facts.get(name) for name in _MEANS])
