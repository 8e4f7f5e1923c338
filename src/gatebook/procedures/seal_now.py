"""Sealing on request: whatever the log holds is sealed, rather than within the seconds the house waits for more.

The trap guarded against: a second way to seal. Whoever asks has it done by the one process that holds the record.
"""

from __future__ import annotations

from gatebook.procedures.access_record import AccessAnswers
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit


def seal_now(house: House, access: AccessAnswers, operator: Operator) -> dict[str, int]:
    """Have everything sealed that was acknowledged before; return how many batches were."""
    permit(house, operator, "record", "seal-access")
    return {"batches": access.seal()}
