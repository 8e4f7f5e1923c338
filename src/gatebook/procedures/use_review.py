"""Reviews of an account's use: opened with what was seen sealed beside them, and settled by an officer's word.

The trap guarded against: a word on how an account is used heard as a word on who holds it. Keeping such an account
touches nothing; the word clears no candidate and reaches no clause of opening.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gatebook import canonical
from gatebook.canonical import Plain
from gatebook.errors import Conflict
from gatebook.law.sources import asks_about_use
from gatebook.procedures.about import row_entry
from gatebook.procedures.close_account import end_reviews, enter_end
from gatebook.procedures.house import House, Operator
from gatebook.procedures.tell import tell
from gatebook.record.enter import enter
from gatebook.record.ports import Row, Work
from gatebook.terms.determination import Reason


@dataclass(frozen=True, slots=True)
class Settled:
    """What an officer's word on an account's use came to: ``admit`` kept it, ``decline`` closed it for cause."""

    review: Row
    outcome: str
    status: str
    position: int


def is_of_use(review: Row) -> bool:
    """Return whether a review is of an account's use, and not of what was determined."""
    return asks_about_use(str(review["cause"] or ""))


def grounds_record(review_id: str) -> str:
    """Return the id of the sealed record that says what a review of use was opened on: its own, beginning with rec."""
    return "rec" + review_id.removeprefix("rev")


def open_use_review(
    house: House, operator: Operator, work: Work, account: Row, reasons: Sequence[Reason], shown: Mapping[str, Plain]
) -> str:
    """Open one review for all ``reasons``; its cause names the first. What is ``shown`` is sealed beside it."""
    review_id = house.new_id("rev")
    edition = str(shown["edition"])
    entry = row_entry(house, operator, "review.opened", account, {"review": review_id, "cause": reasons[0].clause})
    payload: Plain = {"review": review_id, **shown, "reasons": [canonical.plain(reason) for reason in reasons]}
    entry = replace(entry, edition=edition)
    enter(work, house.door.seal(work, entry, grounds_record(review_id), payload, ()))
    tell(house, work, "review.opened", review=review_id, application=str(account["application_id"]))
    return review_id


def grounds_of(house: House, operator: Operator, review: Row) -> dict[str, Any]:
    """Return what a review of use was opened on: a reading, entered first. Raises Shredded."""
    wanted = [grounds_record(str(review["review_id"]))]
    found = house.door.read(house.state, wanted, "review", operator.operator_id, house.now())[0]
    return canonical.table(found)


def settle_use_review(house: House, operator: Operator, review: Row) -> Settled:
    """Carry out an officer's word: ``admit`` leaves the account as it is, ``decline`` closes it for cause.

    The end of the review and of the account are one transaction; cut off before it, the review is disposed and
    ``resume_applications`` settles it. Raises Conflict when it is settled already.
    """
    account_id, review_id = str(review["account_id"]), str(review["review_id"])
    with house.state.transaction() as work:
        work.ledger.lock()
        row = work.registers.get("reviews", review_id)
        if row is None or row["state"] != "disposed":
            raise Conflict("this review is settled already")
        outcome = str(row["disposition"])
        closed = row_entry(house, operator, "review.closed", row, {"review": review_id, "outcome": outcome})
        position = enter(work, closed)
        account = work.registers.get("accounts", account_id)
        if outcome == "decline" and account is not None and account["status"] != "closed":
            end_reviews(house, operator, work, account)
            enter_end(house, operator, work, account, "review", for_cause=True)
            account = work.registers.get("accounts", account_id)
        return Settled(row, outcome, str((account or {}).get("status", "")), position)
