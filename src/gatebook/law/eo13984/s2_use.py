"""What section 2 of the order means for an account that is kept: where it is used from, once it is open.

The trap guarded against: an address read as a residence. An access from a place under a measure is a sign that
somebody may be there, so a person looks; it declines nothing and blocks nothing.
"""

from __future__ import annotations

from datetime import date

from gatebook.law.clause import clause
from gatebook.law.parameters import Parameters
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import Facts


def is_in_use(facts: Facts, _: Parameters) -> Answer:
    """What is put is of the use of an account that is open; where nothing says so, an application is determined."""
    return Answer.of(facts.get("access.is_ongoing") is True)


@clause(
    cites="house 7.2, after EO 13984 s. 2(d)(i)",
    standing=Standing.HOUSE,
    begins=date(2026, 11, 24),
    unmet="review",
    when=(is_in_use,),
)
def no_access_from_under_a_measure(facts: Facts, _: Parameters) -> Answer:
    """No foreign person's account is used from a jurisdiction under a special measure.

    An account already held to the conditions of a measure is used from such a place as was foreseen. An address no
    file places is unknown, never elsewhere, while any measure holds; so is a holder who may be a US person.
    """
    personhood, found = facts.get("account.personhood"), facts.get("access.measure")
    if personhood == "us" or found == "none":
        return Answer.MET
    if found == "condition" and facts.get("account.is_under_measure") is True:
        return Answer.MET
    return Answer.of(False if found is not None and personhood == "foreign" else None)
