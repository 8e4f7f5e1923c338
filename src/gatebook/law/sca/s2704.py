"""18 U.S.C. 2704: a backup copy is made at once and released later, if at all.

The trap guarded against: a copy handed over with the receipt. The customer may still move against it.
"""

from __future__ import annotations

from datetime import date

from gatebook.law.asking import comes_on, is_asked
from gatebook.law.clause import clause, negate
from gatebook.law.parameters import Parameters
from gatebook.terms.demand import Instrument
from gatebook.terms.determination import Answer, Standing
from gatebook.terms.fact import Facts


@clause(
    cites="18 U.S.C. 2704(a)",
    standing=Standing.IN_FORCE,
    begins=date(2026, 11, 24),
    unmet="decline",
    when=(is_asked,),
)
def backup_discloses_nothing(facts: Facts, _: Parameters) -> Answer:
    """A demand for a backup copy has one made; it is released by the subpoena or order it came with, after notice."""
    return negate(comes_on(facts, Instrument.BACKUP))
