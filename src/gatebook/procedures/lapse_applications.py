"""Lapsing: an application in review on which nothing happened for long ends, and its data gets a day.

The trap guarded against: data kept for ever because an applicant, or an officer, never came back.
"""

from __future__ import annotations

from datetime import timedelta

from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.procedures.withdraw_application import enter_application_end
from gatebook.record.ports import Row
from gatebook.record.walk import entry_at, every_row


def lapse_applications(house: House, operator: Operator) -> list[str]:
    """End every application in review whose last step is older than house/review_days; return their ids."""
    permit(house, operator, "admin", "lapse-applications")
    now = house.now()
    before = now - timedelta(days=house.law.on(now.date()).parameters.number("house/review_days"))
    with house.state.read() as work:
        waiting = every_row(work.registers, "applications", {"state": "review"})
        due = [row for row in waiting if entry_at(work.ledger, row["position"]).at < before]
    return [row["application_id"] for row in due if _lapse(house, operator, row)]


def _lapse(house: House, operator: Operator, seen: Row) -> bool:
    """End it, unless a step came between."""
    with house.state.transaction() as work:
        work.ledger.lock()
        row = work.registers.get("applications", seen["application_id"])
        if row is None or (row["state"], row["position"]) != ("review", seen["position"]):
            return False
        enter_application_end(house, operator, work, row, "lapsed")
    return True
