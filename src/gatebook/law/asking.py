"""What clauses on disclosure ask with: is it one, who gets what, on which instrument.

The trap guarded against: a comparison that takes a missing fact for a no. Each answers in three values, and what is
answered with a fact missing stays whatever the fact turns out to be.
"""

from __future__ import annotations

from gatebook.law.clause import every
from gatebook.law.parameters import Parameters
from gatebook.terms.demand import Instrument, Office, Recipient
from gatebook.terms.determination import Answer
from gatebook.terms.fact import Facts
from gatebook.terms.record_class import RecordClass

AUTHORITIES = (Recipient.US_GOVERNMENT, Recipient.EU_AUTHORITY, Recipient.FOREIGN_AUTHORITY)
JUDGES = (Office.COURT, Office.JUDGE)


def is_asked(facts: Facts, _: Parameters) -> Answer:
    """What is put is of a disclosure; where nothing says so, it is of an account."""
    return Answer.of(facts.get("disclosure.is_asked") is True)


def one_of(facts: Facts, name: str, *values: str) -> Answer:
    """Return whether a fact has one of these values."""
    value = facts.get(name)
    return Answer.of(None if value is None else value in values)


def comes_on(facts: Facts, *instruments: Instrument) -> Answer:
    """Return whether it is asked for on one of these instruments."""
    return one_of(facts, "disclosure.instrument", *instruments)


def goes_to(facts: Facts, *recipients: Recipient) -> Answer:
    """Return whether it goes to one of these recipients."""
    return one_of(facts, "disclosure.recipient", *recipients)


def is_content(facts: Facts) -> Answer:
    """Return whether it is content, which no grant of records reaches."""
    return one_of(facts, "disclosure.record_class", RecordClass.CONTENT)


def is_among(facts: Facts, law: Parameters, name: str) -> Answer:
    """Return whether the class of record is in a list of the law, or a key of a table."""
    return one_of(facts, "disclosure.record_class", *law.value(name))


def granted(facts: Facts, law: Parameters, instrument: Instrument | str, to: tuple[Recipient, ...]) -> Answer:
    """Return whether a disclosure on this instrument goes to one of these recipients: where every grant begins.

    Grants ask for one instrument each, so that no two of them are ever met at once.
    """
    return every(is_asked(facts, law), one_of(facts, "disclosure.instrument", instrument), goes_to(facts, *to))
