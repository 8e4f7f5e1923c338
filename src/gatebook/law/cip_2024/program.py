"""What the proposal of 2024 would ask in addition: place of use, owners behind an entity, and what if it fails.

The trap guarded against: an unconfirmed number written as law. The numbers are parameters with their doubt on them.
"""

from __future__ import annotations

from datetime import date

from gatebook.law.clause import clause, every, negate, some, true, verified
from gatebook.law.eo13984.s5_definitions import is_foreign_person, is_iaas_product
from gatebook.law.parameters import Parameters
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import Facts

_PROPOSED = date(2024, 1, 29)
_APPLIES = (is_iaas_product, is_foreign_person)


def _is_entity(facts: Facts, _: Parameters) -> Answer:
    kind = facts.get("person.kind")
    return Answer.of(None if kind is None else kind == "entity")


@clause(
    cites="89 FR 5698, proposed 15 CFR 7.302(d) (unconfirmed)",
    standing=Standing.PROPOSED,
    begins=_PROPOSED,
    unmet="review",
    when=_APPLIES,
    for_applicant="Please say in which country the service will be used.",
)
def place_of_use_is_recorded(facts: Facts, _: Parameters) -> Answer:
    """The place or places of use are recorded."""
    return true(facts, "use.place_given")


@clause(
    cites="89 FR 5698, proposed 15 CFR 7.302",
    standing=Standing.PROPOSED,
    begins=_PROPOSED,
    unmet="review",
    when=(is_iaas_product, _is_entity),
    for_applicant="Please name the persons who own or control the organisation.",
)
def owners_are_identified(facts: Facts, _: Parameters) -> Answer:
    """Beneficial owners of an entity are named and each is identified."""
    return every(true(facts, "entity.owners_given"), verified(facts, "entity.owners_identified"))


@clause(
    cites="89 FR 5698, proposed 15 CFR 7.302(e) (unconfirmed)",
    standing=Standing.PROPOSED,
    begins=_PROPOSED,
    unmet="review",
    when=_APPLIES,
)
def verified_by_document_or_other_means(facts: Facts, _: Parameters) -> Answer:
    """Identity is verified by an unexpired document or, where there is none, by other means."""
    return some(
        every(verified(facts, "identity.document"), negate(true(facts, "identity.document_expired"))),
        verified(facts, "identity.residence"),
        verified(facts, "entity.registration"),
    )
