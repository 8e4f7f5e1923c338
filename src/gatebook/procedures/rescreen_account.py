"""Rescreening: an open account's person is compared with the lists of today; what is found goes to a person.

The trap guarded against: a silent block. An account found on a blocking list is restricted (what runs keeps
running, nothing new opens), a review is opened, and both are told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatebook.errors import Conflict, NotFound
from gatebook.procedures import case as cases
from gatebook.procedures.close_account import enter_end
from gatebook.procedures.determine_application import Determined, determine_account
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.procedures.tell import tell
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.ports import Row, Work
from gatebook.terms.determination import Determination, Outcome

_ADMITS = (Outcome.ADMIT, Outcome.ADMIT_ON_CONDITIONS)


def rescreen_account(house: House, operator: Operator, account_id: str) -> Determined:
    """Screen and determine an account that is not closed. Raises NotFound, Conflict."""
    permit(house, operator, "apply", "rescreen-account")
    with house.state.read() as work:
        account = _not_closed(work, account_id)
    return rescreen_case(
        house, operator, cases.load_case(house, operator, account["application_id"], "rescreening", account_id)
    )


def rescreen_case(
    house: House, operator: Operator, case: cases.Case, beside: Callable[[Work], None] = lambda _: None
) -> Determined:
    """Screen and determine an account whose case is open already; ``beside`` is done in the same transaction.

    Raises Conflict when it was closed meanwhile; then nothing was entered but the screening.
    """

    def restrict(work: Work, determination: Determination) -> None:
        account = _not_closed(work, case.account_id)
        if determination.outcome is Outcome.DECLINE and account["status"] != "restricted":
            enter(work, _entry(house, operator, "account.restricted", case, {"cause": "rescreened"}))
            tell(house, work, "account.restricted", account=case.account_id)
        beside(work)

    # In the determination's own transaction: a listed person found is a person restricted.
    return determine_account(house, operator, case, restrict, is_reviewed=False)


def settle_account_review(house: House, operator: Operator, review: Row, case: cases.Case) -> Determined:
    """Carry out an officer's word on an account: ``decline`` closes it for cause, ``admit`` leaves it open.

    A restriction ends by an officer's ``admit`` alone, and only where the law of today, put to the lists of today,
    admits too: after a candidate was called different, or a party was taken off its list.
    The determination, the end of the review and the end of the account are one transaction; a crash before it leaves
    the review disposed, and ``resume_applications`` settles it. Raises Conflict when it is settled already.
    """

    def settle(work: Work, determination: Determination) -> None:
        now = work.registers.get("reviews", review["review_id"])
        if now is None or now["state"] != "disposed":
            raise Conflict("this review is settled already")
        body = {"review": review["review_id"], "outcome": determination.outcome.value}
        enter(work, _entry(house, operator, "review.closed", case, body))
        account = work.registers.get("accounts", case.account_id)
        if account is None or account["status"] == "closed":
            return
        if case.disposition == "decline":
            enter_end(house, operator, work, account, "review", for_cause=True)
        elif account["status"] == "restricted" and determination.outcome in _ADMITS:
            enter(work, _entry(house, operator, "account.released", case, {"cause": "review"}))
            tell(house, work, "account.released", account=case.account_id)

    return determine_account(house, operator, case, settle, is_reviewed=True)


def _not_closed(work: Work, account_id: str) -> Row:
    account = work.registers.get("accounts", account_id)
    if account is None:
        raise NotFound("there is no account under this id")
    if account["status"] == "closed":
        raise Conflict("this account is closed; there is nothing to rescreen")
    return account


def _entry(house: House, operator: Operator, kind: str, case: cases.Case, body: dict[str, Any]) -> Entry:
    return Entry(
        kind,
        house.now(),
        operator.operator_id,
        person=case.person_id,
        application=case.application_id,
        account=case.account_id,
        body=body,
    )
