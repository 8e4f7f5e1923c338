"""Every clause file, imported by name: importing is registering.

The trap guarded against: a clause file nobody imports, which would be law on paper only.
"""

from __future__ import annotations

from gatebook.law import clause
from gatebook.law.cip_2024 import identity, program
from gatebook.law.eo13984 import s1_exemption, s1_records, s2_measures, s5_definitions
from gatebook.law.house import contact, judgement, personhood, reseller, screening
from gatebook.law.ofac import blocked

FILES = (
    s5_definitions,
    s1_records,
    s1_exemption,
    s2_measures,
    identity,
    program,
    contact,
    judgement,
    personhood,
    reseller,
    screening,
    blocked,
)


def all_clauses() -> tuple[clause.Clause, ...]:
    """Return every clause of every source."""
    return tuple(clause.REGISTERED)
