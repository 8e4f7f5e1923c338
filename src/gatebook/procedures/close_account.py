"""Closing an account: the end is entered with its cause, and with the day its data may go and the rule that says so.

The trap guarded against: data that outlives its account with no end in sight.
"""

from __future__ import annotations

import re

from gatebook.errors import Conflict, FieldProblem, InvalidInput, NotFound
from gatebook.procedures.about import row_entry
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.procedures.retention import retention_of
from gatebook.procedures.tell import tell
from gatebook.procedures.watch_memory import forget_account
from gatebook.record.enter import enter
from gatebook.record.ports import Row, Work

_CAUSE = re.compile(r"[a-z][a-z0-9-]{0,39}")


def close_account(house: House, operator: Operator, account_id: str, cause: str, *, for_cause: bool = False) -> Row:
    """Close an account and return its row. Raises NotFound, Conflict.

    ``cause`` is a slug such as ``asked`` or ``abuse``; ``for_cause`` needs an officer. So does an account that is
    restricted or under review: closing it at its holder's wish would end the question before it is answered.
    """
    permit(house, operator, "officer" if for_cause else "apply", "close-account")
    if not _CAUSE.fullmatch(cause):
        problem = FieldProblem("/cause", "not-a-slug", "lower-case letters, digits and hyphens, at most 40")
        raise InvalidInput("the cause of closing is a short slug, not a sentence", (problem,))
    with house.state.transaction() as work:
        work.ledger.lock()
        account = work.registers.get("accounts", account_id)
        if account is None:
            raise NotFound("there is no account under this id")
        if account["status"] == "closed":
            raise Conflict("this account is closed already")
        reviews = _unfinished_reviews(work, account_id, account["application_id"])
        if "officer" not in operator.scopes and (account["status"] == "restricted" or reviews):
            raise Conflict("this account is restricted or under review; an officer may close it")
        end_reviews(house, operator, work, account)
        enter_end(house, operator, work, account, cause, for_cause=for_cause)
        return work.registers.get("accounts", account_id) or account


def end_reviews(house: House, operator: Operator, work: Work, account: Row) -> None:
    """Enter the end of every review of an account that is about to be closed and that nobody spoke on."""
    for review in _unfinished_reviews(work, account["account_id"], account["application_id"]):
        if review["state"] != "disposed":  # a word that was given is still carried out
            body = {"review": review["review_id"], "outcome": "closed"}
            enter(work, row_entry(house, operator, "review.closed", review, body))


def enter_end(house: House, operator: Operator, work: Work, account: Row, cause: str, *, for_cause: bool) -> None:
    """Enter the end of an account that is not closed, with the day its data may go, and tell of it."""
    day = house.now().date()
    until = retention_of(work, house.law.on(day), account["person_id"], day)
    body = {"cause": cause, "for_cause": for_cause, **until}
    enter(work, row_entry(house, operator, "account.closed", account, body))
    forget_account(work, account["account_id"])
    tell(house, work, "account.closed", account=account["account_id"], cause=cause)


def _unfinished_reviews(work: Work, account_id: str, application_id: str) -> list[Row]:
    where = {"application_id": application_id, "account_id": account_id}
    return [review for review in work.registers.page("reviews", where, "", 1000) if review["state"] != "closed"]
