"""Regulation (EU) 2023/1543 art. 11: a preservation order keeps data for a production that may follow.

The trap guarded against: an order to keep read as an order to hand over.
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
    cites="Regulation (EU) 2023/1543 art. 11",
    standing=Standing.IN_FORCE,
    begins=date(2026, 11, 24),
    unmet="decline",
    when=(is_asked,),
)
def preservation_discloses_nothing(facts: Facts, _: Parameters) -> Answer:
    """A European preservation order has data kept until a production order comes; nothing is disclosed on it."""
    return negate(comes_on(facts, Instrument.EU_PRESERVATION))
