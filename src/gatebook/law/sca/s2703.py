"""18 U.S.C. 2703: what a subpoena, an order and a warrant reach, and that a request to preserve reaches nothing.

The trap guarded against: "the records" handed over on whatever paper came. A subpoena reaches six groups and not a
passport number; an order that no court issued reaches nothing.
"""

from __future__ import annotations

from datetime import date

from gatebook.law.asking import JUDGES, comes_on, granted, is_among, is_asked, one_of
from gatebook.law.clause import clause, every, negate, some
from gatebook.law.parameters import Parameters
from gatebook.terms.demand import Instrument, Office, Recipient
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import Facts

_BEGINS = date(2026, 11, 24)
_GENERAL = "house/disclosure.nothing_leaves_without_a_basis"
_RECORDS = "sca/s2702.no_record_to_government_without_a_basis"
_CONTENT = "sca/s2702.no_content_without_a_basis"
_SUBPOENAS = (*JUDGES, Office.PROSECUTOR, Office.AGENCY, Office.POLICE)


def _of_a_court(facts: Facts) -> Answer:
    """A court issued it, or a judge signed what somebody else applied for."""
    return some(one_of(facts, "disclosure.issuer", *JUDGES), one_of(facts, "disclosure.validator", *JUDGES))


@clause(
    cites="18 U.S.C. 2703(c)(2)(A)-(F)",
    standing=Standing.IN_FORCE,
    begins=_BEGINS,
    exception_to=(_GENERAL, _RECORDS),
)
def subpoena_reaches_six_groups(facts: Facts, law: Parameters) -> Answer:
    """An administrative, grand jury or trial subpoena reaches exactly the six groups of records.

    National numbers and what identity documents say are in none of them (inference). A lawyer's civil subpoena is
    process of a private party.
    """
    return every(
        granted(facts, law, Instrument.SUBPOENA, (Recipient.US_GOVERNMENT,)),
        one_of(facts, "disclosure.issuer", *_SUBPOENAS),
        is_among(facts, law, "sca/subpoena_groups"),
    )


@clause(
    cites="18 U.S.C. 2703(c)(1)(B), (d)",
    standing=Standing.IN_FORCE,
    begins=_BEGINS,
    exception_to=(_GENERAL, _RECORDS),
)
def order_reaches_records(facts: Facts, law: Parameters) -> Answer:
    """A court's order on specific and articulable facts reaches every record that is not content."""
    return every(
        granted(facts, law, Instrument.COURT_ORDER, (Recipient.US_GOVERNMENT,)),
        _of_a_court(facts),
        is_among(facts, law, "sca/order_classes"),
    )


@clause(
    cites="18 U.S.C. 2703(a), (b)(1)(A), (c)(1)(A)",
    standing=Standing.IN_FORCE,
    begins=_BEGINS,
    exception_to=(_GENERAL, _RECORDS, _CONTENT),
)
def warrant_reaches(facts: Facts, law: Parameters) -> Answer:
    """A court's warrant reaches records, and content."""
    return every(
        granted(facts, law, Instrument.WARRANT, (Recipient.US_GOVERNMENT,)),
        _of_a_court(facts),
        is_among(facts, law, "sca/warrant_classes"),
    )


@clause(
    cites="18 U.S.C. 2703(f)",
    standing=Standing.IN_FORCE,
    begins=_BEGINS,
    unmet="decline",
    when=(is_asked,),
)
def preservation_discloses_nothing(facts: Facts, _: Parameters) -> Answer:
    """A request to preserve freezes what there is, until process comes; nothing is disclosed on it."""
    return negate(comes_on(facts, Instrument.PRESERVATION))
