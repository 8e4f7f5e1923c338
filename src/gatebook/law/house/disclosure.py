"""House policy on disclosure: nothing leaves without a basis, and what no clause settles is for counsel.

The trap guarded against: a forged demand answered in good faith, and a doubt settled by whoever is on duty. An
instrument not found authentic discloses nothing; where another law may speak, a lawyer does.
"""

from __future__ import annotations

from datetime import date

from gatebook.law.asking import AUTHORITIES, comes_on, goes_to, granted, is_among, is_asked, is_content, one_of
from gatebook.law.clause import clause, every, negate, some, true
from gatebook.law.parameters import Parameters
from gatebook.terms.demand import Instrument, Recipient
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import Facts

_BEGINS = date(2026, 11, 24)


@clause(
    cites="house 8.1, after 18 U.S.C. 2702(a) and EO 13984 s. 1(a)(iii)",
    standing=Standing.HOUSE,
    begins=_BEGINS,
    unmet="decline",
    when=(is_asked,),
)
def nothing_leaves_without_a_basis(_: Facts, __: Parameters) -> Answer:
    """No record of a customer is disclosed but on a basis in law: every grant is an exception to this."""
    return Answer.UNMET


@clause(
    cites="house 8.2, after 18 U.S.C. 2702(a)(3) and EO 13984 s. 1(a)(iii)",
    standing=Standing.HOUSE,
    begins=_BEGINS,
    unmet="decline",
    when=(is_asked,),
)
def no_authority_without_an_instrument(facts: Facts, _: Parameters) -> Answer:
    """Nothing is disclosed to a public authority, of whatever country, without an instrument the law knows."""
    return negate(every(goes_to(facts, *AUTHORITIES), one_of(facts, "disclosure.instrument", "none")))


@clause(
    cites="house 8.3, after the FBI's notice of 4 November 2024 on forged requests from hijacked government mail",
    standing=Standing.HOUSE,
    begins=_BEGINS,
    unmet="decline",
    when=(is_asked,),
)
def instrument_is_authentic(facts: Facts, _: Parameters) -> Answer:
    """An instrument that was not found authentic discloses nothing; while its checks are not done, nobody knows."""
    return some(one_of(facts, "disclosure.instrument", "none"), true(facts, "disclosure.is_authentic"))


@clause(
    cites="house 8.4, after 18 U.S.C. 2703(h) and Regulation (EU) 2023/1543 art. 17 (inference)",
    standing=Standing.HOUSE,
    begins=_BEGINS,
    exception_to=(
        "house/disclosure.nothing_leaves_without_a_basis",
        "sca/s2702.no_record_to_government_without_a_basis",
        "sca/s2702.no_content_without_a_basis",
    ),
)
def another_law_may_allow_it(facts: Facts, law: Parameters) -> Answer:
    """What another law may allow is for counsel to say: never met, and unknown where there may be one.

    Mutual assistance is carried out by an order of this country's courts; process of a foreign authority, and content
    for a European one, may meet a law against it; and a law the house does not hold by may bind it all the same.
    """
    foreign = every(
        goes_to(facts, Recipient.FOREIGN_AUTHORITY, Recipient.EU_AUTHORITY),
        comes_on(
            facts,
            Instrument.SUBPOENA,
            Instrument.COURT_ORDER,
            Instrument.WARRANT,
            Instrument.EMERGENCY,
            Instrument.CIVIL,
        ),
    )
    content = every(
        comes_on(facts, Instrument.EU_PRODUCTION), goes_to(facts, Recipient.EU_AUTHORITY), is_content(facts)
    )
    may = some(
        comes_on(facts, Instrument.MUTUAL_ASSISTANCE), foreign, content, negate(true(facts, "disclosure.is_law_held"))
    )
    return Answer.UNMET if every(is_asked(facts, law), may) is Answer.UNMET else Answer.UNKNOWN


@clause(
    cites="house 8.5",
    standing=Standing.HOUSE,
    begins=_BEGINS,
    exception_to=("house/disclosure.nothing_leaves_without_a_basis",),
)
def subjects_are_given_their_own(facts: Facts, law: Parameters) -> Answer:
    """The person records are about is given those of house/subject_classes, once it is certain they ask."""
    return every(
        granted(facts, law, "none", (Recipient.SUBJECT,)),
        true(facts, "disclosure.is_authentic"),
        is_among(facts, law, "house/subject_classes"),
    )
