"""Regulation (EU) 2023/1543 art. 4: whose production order reaches which class of data.

The trap guarded against: an order taken at its letterhead. Who issued it, and who validated it, decides what it
reaches; a class of record nobody can place among the Regulation's is for counsel.
"""

from __future__ import annotations

from datetime import date

from gatebook.law.asking import JUDGES, comes_on, granted, is_asked, one_of
from gatebook.law.clause import clause, every, negate, some, true
from gatebook.law.parameters import Parameters
from gatebook.terms.demand import Instrument, Office, Recipient
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import Facts

_BEGINS = date(2026, 11, 24)  # the Regulation applies since 18 August 2026; Gatebook answers by it from here on
_ISSUERS = (*JUDGES, Office.PROSECUTOR, Office.POLICE, Office.AGENCY)


def _is_data(facts: Facts, law: Parameters, *kinds: str) -> Answer:
    """Whether the class of record is data of one of these kinds; one the table calls unclear is unknown."""
    record_class = facts.get("disclosure.record_class")
    found = None if record_class is None else law.table("e_evidence/data_classes").get(str(record_class), "unclear")
    return Answer.of(None if found in (None, "unclear") else found in kinds)


def _ordered_by(facts: Facts, *offices: Office) -> Answer:
    """One of these issued it, or validated what another competent authority issued."""
    by = some(one_of(facts, "disclosure.issuer", *offices), one_of(facts, "disclosure.validator", *offices))
    return every(one_of(facts, "disclosure.issuer", *_ISSUERS), by)


@clause(
    cites="Regulation (EU) 2023/1543 art. 3(9)-(12), 4(1) (art. 4 by a digest; text not read)",
    standing=Standing.IN_FORCE,
    begins=_BEGINS,
    exception_to=("house/disclosure.nothing_leaves_without_a_basis",),
)
def production_order_reaches(facts: Facts, law: Parameters) -> Answer:
    """A production order that a judge, a court or a prosecutor issued or validated reaches the four classes of data."""
    return every(
        granted(facts, law, Instrument.EU_PRODUCTION, (Recipient.EU_AUTHORITY,)),
        _ordered_by(facts, *JUDGES, Office.PROSECUTOR),
        _is_data(facts, law, "subscriber", "identification", "traffic", "content"),
    )


@clause(
    cites="Regulation (EU) 2023/1543 art. 3(10)-(12), 4(2) (art. 4 by a digest; text not read)",
    standing=Standing.IN_FORCE,
    begins=_BEGINS,
    unmet="decline",
    when=(is_asked,),
)
def traffic_data_needs_a_judge(facts: Facts, law: Parameters) -> Answer:
    """Traffic data and content need a judge or a court; a prosecutor suffices for data that only identifies the user.

    Addresses of the network and times are traffic data unless the order asks for them for that purpose alone.
    """
    return some(
        negate(comes_on(facts, Instrument.EU_PRODUCTION)),
        _ordered_by(facts, *JUDGES),
        _is_data(facts, law, "subscriber"),
        every(_is_data(facts, law, "identification"), true(facts, "disclosure.only_identifies")),
    )
