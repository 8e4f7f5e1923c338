"""18 U.S.C. 2702(a): what a provider may not hand over of its own accord.

The trap guarded against: good will. A friendly letter of an agency is no basis, however urgent its tone.
"""

from __future__ import annotations

from datetime import date

from gatebook.law.asking import goes_to, is_asked, is_content
from gatebook.law.clause import clause, every, negate
from gatebook.law.parameters import Parameters
from gatebook.terms.demand import Recipient
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import Facts

_BEGINS = date(2026, 11, 24)  # the Act is of 1986; Gatebook answers by it from here on


@clause(
    cites="18 U.S.C. 2702(a)(3), 2711(4)",
    standing=Standing.IN_FORCE,
    begins=_BEGINS,
    unmet="decline",
    when=(is_asked,),
)
def no_record_to_government_without_a_basis(facts: Facts, _: Parameters) -> Answer:
    """No record of a customer goes to a governmental entity but by an exception or by process.

    Governmental entities are those of the United States and its States; of other authorities house 8.2 speaks.
    """
    return negate(every(goes_to(facts, Recipient.US_GOVERNMENT), negate(is_content(facts))))


@clause(
    cites="18 U.S.C. 2702(a)(1)-(2)",
    standing=Standing.IN_FORCE,
    begins=_BEGINS,
    unmet="decline",
    when=(is_asked,),
)
def no_content_without_a_basis(facts: Facts, _: Parameters) -> Answer:
    """No content goes to anybody, governmental or not, but by an exception or by process."""
    return negate(is_content(facts))
