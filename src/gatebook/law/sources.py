"""Every clause file, imported by name: importing is registering.

The trap guarded against: a clause file nobody imports, which would be law on paper only.
"""

from __future__ import annotations

from gatebook.law import clause
from gatebook.law.cip_2024 import identity, program
from gatebook.law.eo13984 import s1_exemption, s1_records, s2_measures, s2_use, s5_definitions
from gatebook.law.house import contact, judgement, ongoing, personhood, reseller, screening
from gatebook.law.ofac import blocked

FILES = (
    s5_definitions,
    s1_records,
    s1_exemption,
    s2_measures,
    s2_use,
    identity,
    program,
    contact,
    judgement,
    ongoing,
    personhood,
    reseller,
    screening,
    blocked,
)


def all_clauses() -> tuple[clause.Clause, ...]:
    """Return every clause of every source."""
    return tuple(clause.REGISTERED)


#: The clauses that ask about the use of an account that is open, those that ended included.
_OF_USE = frozenset(c.clause_id for c in clause.REGISTERED if s2_use.is_in_use in c.when)


def asks_about_use(clause_id: str) -> bool:
    """Return whether a clause asks about the use of an open account, and not about opening one."""
    return clause_id in _OF_USE
