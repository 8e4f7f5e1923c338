"""House policy on contacts, payment and papers: what has to have come back or still hold before an account opens.

The trap guarded against: a check that failed and that no clause looked at. What nobody tried is not asked for here.
"""

from __future__ import annotations

from datetime import date

from gatebook.law.clause import clause, negate, true, verified
from gatebook.law.parameters import Parameters
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import Facts

_BEGINS = date(2026, 1, 1)


@clause(
    cites="house 2.1, after EO 13984 s. 1(a)(ii)(C)",
    standing=Standing.HOUSE,
    begins=_BEGINS,
    unmet="review",
    for_applicant="Please confirm your e-mail address with the code we send.",
)
def email_is_confirmed(facts: Facts, _: Parameters) -> Answer:
    """A one-time code sent to the e-mail address came back."""
    return verified(facts, "contact.email")


@clause(
    cites="house 2.2",
    standing=Standing.HOUSE,
    begins=_BEGINS,
    unmet="review",
    for_applicant="Please confirm your telephone number with the code we send.",
)
def phone_is_confirmed(facts: Facts, law: Parameters) -> Answer:
    """A one-time code sent to the telephone came back, where the house asks for it; a failed one never passes."""
    if not law.flag("house/phone_code_required") and facts.get("contact.phone") != "refuted":
        return Answer.MET
    return verified(facts, "contact.phone")


def _document_was_shown(facts: Facts, _: Parameters) -> Answer:
    return Answer.of(facts.get("identity.document") in ("verified", "refuted"))


@clause(
    cites="house 2.3",
    standing=Standing.HOUSE,
    begins=_BEGINS,
    unmet="review",
    when=(_document_was_shown,),
    for_applicant="The document you showed has expired or could not be confirmed.",
)
def document_still_holds(facts: Facts, _: Parameters) -> Answer:
    """A document that was shown was not refuted and has not expired."""
    if facts.get("identity.document") == "refuted":
        return Answer.UNMET
    return negate(true(facts, "identity.document_expired"))


@clause(
    cites="house 2.4",
    standing=Standing.HOUSE,
    begins=_BEGINS,
    unmet="review",
    when=(_document_was_shown,),
    for_applicant="An account can be opened by adults only.",
)
def applicant_is_adult(facts: Facts, _: Parameters) -> Answer:
    """An individual who showed a document is of the age the house asks."""
    return true(facts, "identity.is_adult")


@clause(
    cites="house 2.5, after EO 13984 s. 1(a)(ii)(B)",
    standing=Standing.HOUSE,
    begins=_BEGINS,
    unmet="review",
    for_applicant="Your means of payment could not be confirmed.",
)
def payment_was_not_refuted(facts: Facts, _: Parameters) -> Answer:
    """No processor said that the means of payment is not the applicant's; one that nobody asked is no failure."""
    return Answer.of(facts.get("payment.means") != "refuted")


@clause(
    cites="house 2.6, after EO 13984 s. 1(a)(ii)(A)",
    standing=Standing.HOUSE,
    begins=_BEGINS,
    unmet="review",
    for_applicant="The address you gave does not have the form of addresses in its country; a person will look at it.",
)
def address_has_its_countrys_form(facts: Facts, _: Parameters) -> Answer:
    """An address that was given has the form of its country's addresses; where no form is known, that is no failure."""
    return Answer.of(facts.get("identity.address_form") != "refuted")


@clause(
    cites="house 2.7, after EO 13984 s. 1(a)",
    standing=Standing.HOUSE,
    begins=_BEGINS,
    unmet="review",
    for_applicant="A paper you showed says something else than you told us; a person will look at it.",
)
def no_other_paper_was_refuted(facts: Facts, _: Parameters) -> Answer:
    """No register extract and no paper of residence says otherwise than was claimed, or that an entity is no more."""
    return Answer.of("refuted" not in [facts.get(name) for name in ("entity.registration", "identity.residence")])
