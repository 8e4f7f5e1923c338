"""Withdrawing: an applicant who would rather not ends the application, and its data gets a day on which it goes.

The trap guarded against: an application in review that nobody goes on with, and whose data therefore never expires.
"""

from __future__ import annotations

from gatebook.procedures.about import row_entry
from gatebook.procedures.house import House, Operator
from gatebook.procedures.judge_application import in_review
from gatebook.procedures.permit import permit
from gatebook.procedures.retention import retention_of
from gatebook.procedures.tell import tell
from gatebook.record.enter import enter
from gatebook.record.ports import Row, Work


def withdraw_application(house: House, operator: Operator, application_id: str) -> Row:
    """Withdraw an application in review and return its row. Raises NotFound, Conflict once it is settled."""
    permit(house, operator, "apply", "withdraw-application")
    with house.state.transaction() as work:
        work.ledger.lock()
        row = in_review(work, application_id)
        enter_application_end(house, operator, work, row, "withdrawn")
        return work.registers.get("applications", application_id) or row


def enter_application_end(house: House, operator: Operator, work: Work, row: Row, end: str) -> None:
    """Enter that an application in review ends undetermined, close its reviews, and tell; ``end`` is its new state."""
    day = house.now().date()
    until = retention_of(work, house.law.on(day), row["person_id"], day)
    enter(work, row_entry(house, operator, f"application.{end}", row, until))
    where = {"application_id": row["application_id"]}
    for review in work.registers.page("reviews", where, "", 1000):
        if review["state"] != "closed":
            body = {"review": review["review_id"], "outcome": end}
            enter(work, row_entry(house, operator, "review.closed", review, body))
    tell(house, work, f"application.{end}", application=row["application_id"])
