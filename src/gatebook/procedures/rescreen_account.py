"""Rescreening: an open account's person is compared with the lists of today; what is found goes to a person.

The trap guarded against: a silent block. An account found on a blocking list is restricted (what runs keeps
running, nothing new opens), a review is opened, and both are told.
"""

from __future__ import annotations

from gatebook.errors import Conflict, NotFound
from gatebook.procedures import case as cases
from gatebook.procedures.close_account import end_account
from gatebook.procedures.determine_application import Determined, determine_account
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.procedures.tell import tell
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.ports import Row
from gatebook.terms.determination import Outcome


def rescreen_account(house: House, operator: Operator, account_id: str) -> Determined:
    """Screen and determine an account that is not closed. Raises NotFound, Conflict."""
    permit(house, operator, "apply", "rescreen-account")
    with house.state.read() as work:
        account = work.registers.get("accounts", account_id)
    if account is None:
        raise NotFound("there is no account under this id")
    if account["status"] == "closed":
        raise Conflict("this account is closed; there is nothing to rescreen")
    case = cases.load_case(house, operator, account["application_id"], "rescreening", account_id)
    determined = determine_account(house, operator, case)
    if determined.determination.outcome is Outcome.DECLINE:
        _restrict(house, operator, case, account)
    return determined


def _restrict(house: House, operator: Operator, case: cases.Case, account: Row) -> None:
    if account["status"] == "restricted":
        return
    with house.state.transaction() as work:
        enter(
            work,
            Entry(
                "account.restricted",
                house.now(),
                operator.operator_id,
                person=case.person_id,
                application=case.application_id,
                account=case.account_id,
                body={"cause": "rescreened"},
            ),
        )
        tell(house, work, "account.restricted", account=case.account_id)


def settle_account_review(house: House, operator: Operator, review: Row, case: cases.Case) -> Determined:
    """Carry out an officer's word on an account: ``decline`` closes it for cause, ``admit`` leaves it open."""
    determined = determine_account(house, operator, case)
    with house.state.transaction() as work:
        body = {"review": review["review_id"], "outcome": determined.determination.outcome.value}
        enter(
            work,
            Entry(
                "review.closed",
                house.now(),
                operator.operator_id,
                person=case.person_id,
                application=case.application_id,
                account=case.account_id,
                body=body,
            ),
        )
    if case.disposition == "decline":
        end_account(house, operator, case.account_id, "review", for_cause=True)
    return determined
