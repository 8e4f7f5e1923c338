"""What section 1 of the order would have of a foreign person before an account: identity and four groups of records.

The trap guarded against: asking a US person for papers. Each clause applies to foreign persons only; while
personhood is unknown it answers met if the record is there anyway, and unknown otherwise.
"""

from __future__ import annotations

from datetime import date

from gatebook.law.clause import clause, every, some, true, verified
from gatebook.law.eo13984.s5_definitions import is_foreign_person, is_iaas_product
from gatebook.law.parameters import Parameters
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import Facts

_SIGNED = date(2021, 1, 19)
_APPLIES = (is_iaas_product, is_foreign_person)


@clause(
    cites="EO 13984 s. 1(a), 1(a)(i)",
    standing=Standing.IN_FORCE,
    begins=_SIGNED,
    unmet="review",
    when=_APPLIES,
    for_applicant="We could not yet confirm your identity from a document.",
)
def identity_is_verified(facts: Facts, _: Parameters) -> Answer:
    """A foreign person's identity is verified before an account is opened.

    A document or, for an entity, its registration. A means nobody tried answers unknown; only a failed one is unmet.
    """
    if facts.get("person.kind") == "entity":
        return verified(facts, "entity.registration")
    return verified(facts, "identity.document")


@clause(
    cites="EO 13984 s. 1(a)(ii)(A)",
    standing=Standing.IN_FORCE,
    begins=_SIGNED,
    unmet="review",
    when=_APPLIES,
    for_applicant="We need your full name and address, and a national identification or document number.",
)
def identity_is_recorded(facts: Facts, _: Parameters) -> Answer:
    """Name, address and a national identification number, or the document that carries one, are recorded."""
    kind = facts.get("person.kind")
    number = "entity.registration" if kind == "entity" else "identity.document"
    numbered = some(verified(facts, "identity.national_number"), verified(facts, number))
    return every(true(facts, "identity.name_given"), true(facts, "identity.address_given"), numbered)


@clause(
    cites="EO 13984 s. 1(a)(ii)(B)",
    standing=Standing.IN_FORCE,
    begins=_SIGNED,
    unmet="review",
    when=_APPLIES,
    for_applicant="We need a means of payment.",
)
def payment_is_recorded(facts: Facts, _: Parameters) -> Answer:
    """The means and source of payment are recorded; a complimentary product still has none to record."""
    return some(true(facts, "product.is_trial"), true(facts, "payment.given"))


@clause(
    cites="EO 13984 s. 1(a)(ii)(C)",
    standing=Standing.IN_FORCE,
    begins=_SIGNED,
    unmet="review",
    when=_APPLIES,
    for_applicant="We need an e-mail address and a telephone number.",
)
def contacts_are_recorded(facts: Facts, _: Parameters) -> Answer:
    """E-mail and telephone contact are recorded."""
    return every(true(facts, "contact.email_given"), true(facts, "contact.phone_given"))


@clause(cites="EO 13984 s. 1(a)(ii)(D)", standing=Standing.IN_FORCE, begins=_SIGNED, unmet="review", when=_APPLIES)
def access_is_recorded(facts: Facts, _: Parameters) -> Answer:
    """The address and time of the access by which the account is asked for are recorded."""
    return true(facts, "access.recorded")
