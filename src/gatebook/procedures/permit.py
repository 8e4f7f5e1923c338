"""Permission: asked inside the procedure, and a refusal is entered before it is answered.

The trap guarded against: a check that lives in one shell and is missing in the next.
"""

from __future__ import annotations

from gatebook.errors import NotPermitted
from gatebook.procedures.house import House, Operator
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.ports import Work


def permit(house: House, operator: Operator, scope: str, act: str) -> None:
    """Let ``operator`` do ``act`` if they hold ``scope``; else enter ``permission.refused`` and raise."""
    if scope in operator.scopes:
        return
    with house.state.transaction() as work:
        enter_refusal(house, work, operator, scope, act)
    raise NotPermitted(f"this needs the scope {scope!r}, which you do not hold; an administrator can give it")


def enter_refusal(house: House, work: Work, operator: Operator, scope: str, act: str) -> None:
    """Enter that ``operator`` was refused, for a cause the scope alone does not show; raising is the caller's."""
    body = {"act": act, "scope": scope}
    enter(work, Entry("permission.refused", house.now(), operator.operator_id, body=body))
