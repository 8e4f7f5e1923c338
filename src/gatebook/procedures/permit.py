"""Permission: asked inside the procedure, and a refusal is entered before it is answered.

The trap guarded against: a check that lives in one shell and is missing in the next.
"""

from __future__ import annotations

from gatebook.errors import NotPermitted
from gatebook.procedures.house import House, Operator
from gatebook.record.enter import enter
from gatebook.record.entry import Entry


def permit(house: House, operator: Operator, scope: str, act: str) -> None:
    """Let ``operator`` do ``act`` if they hold ``scope``; else enter ``permission.refused`` and raise."""
    if scope in operator.scopes:
        return
    with house.state.transaction() as work:
        body = {"act": act, "scope": scope}
        enter(work, Entry("permission.refused", house.now(), operator.operator_id, body=body))
    raise NotPermitted(f"this needs the scope {scope!r}, which you do not hold; an administrator can give it")
