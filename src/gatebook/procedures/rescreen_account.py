"""Rescreening: an open account's person is compared with the lists of today; what is found goes to a person.

The trap guarded against: a silent block. An account whose determination declines, whatever clause it was that did, is
restricted (what runs keeps running, nothing new opens), a review is opened, and both are told; what leads to review
alone restricts nothing. Conditions that changed are the account's from then on. Only an officer's word opens a
restricted account again, and only where nothing declines any more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gatebook.errors import Conflict, NotFound, Overtaken
from gatebook.procedures import case as cases
from gatebook.procedures.about import case_entry
from gatebook.procedures.close_account import end_reviews, enter_end
from gatebook.procedures.determine_application import Determined, determine_account
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.procedures.tell import tell
from gatebook.record.enter import enter
from gatebook.record.ports import Row, Work
from gatebook.terms.determination import Determination, Outcome

_Done = TypeVar("_Done")
_TRIES = 5
_CONDITION = "condition:"


def rescreen_account(house: House, operator: Operator, account_id: str) -> Determined:
    """Screen and determine an account that is not closed. Raises NotFound, Conflict."""
    permit(house, operator, "apply", "rescreen-account")

    def determine_once() -> Determined | None:
        with house.state.read() as work:
            account = _not_closed(work, account_id)
        case = cases.load_case(house, operator, account["application_id"], "rescreening", account_id)
        return rescreen_case(house, operator, case)

    return until_current(determine_once)


def rescreen_case(
    house: House, operator: Operator, case: cases.Case, beside: Callable[[Work], None] = lambda _: None
) -> Determined | None:
    """Screen and determine an account whose case is open already; ``beside`` is done in the same transaction.

    Returns None when a later step was entered since the case was put together: then nothing was entered but the
    screening. Raises Conflict when the account was closed meanwhile.
    """

    def follow(work: Work, determination: Determination) -> None:
        _hold_to_conditions(house, operator, work, case, determination)
        _restrict(house, operator, work, case, determination)
        beside(work)

    # In the determination's own transaction: a listed person found is a person restricted.
    return determine_account(house, operator, case, follow)


def settle_account_review(house: House, operator: Operator, review: Row) -> Determined:
    """Carry out an officer's word on an account: ``decline`` closes it for cause, ``admit`` lets it stand.

    An account that was restricted is open again when the word reaches all that declined. The determination, the end
    of the review and what follows for the account are one transaction; a crash before it leaves the review disposed,
    and ``resume_applications`` settles it. Raises Conflict when it is settled already.
    """
    account_id, review_id = str(review["account_id"]), str(review["review_id"])

    def determine_once() -> Determined | None:
        case = cases.load_case(house, operator, review["application_id"], "determination", account_id)
        with house.state.read() as work:
            word = _disposed(work, review_id)["disposition"]

        def settle(work: Work, determination: Determination) -> None:
            _disposed(work, review_id)
            body = {"review": review_id, "outcome": determination.outcome.value}
            enter(work, case_entry(house, operator, "review.closed", case, body))
            account = work.registers.get("accounts", account_id)
            if account is None or account["status"] == "closed":
                return
            if word == "decline":
                end_reviews(house, operator, work, account)
                enter_end(house, operator, work, account, "review", for_cause=True)
                return
            _hold_to_conditions(house, operator, work, case, determination)
            _restrict(house, operator, work, case, determination)
            _restore(house, operator, work, case, determination, review_id)

        return determine_account(house, operator, case, settle, word=word)

    return until_current(determine_once)


def until_current(determine_once: Callable[[], _Done | None]) -> _Done:
    """Load and determine again while other steps on the account come between. Raises Overtaken after a few times."""
    for _ in range(_TRIES):
        found = determine_once()
        if found is not None:
            return found
    raise Overtaken("other steps on this account keep coming; ask again in a moment")


def _restrict(house: House, operator: Operator, work: Work, case: cases.Case, determination: Determination) -> None:
    if determination.outcome is Outcome.DECLINE and _not_closed(work, case.account_id)["status"] != "restricted":
        enter(work, case_entry(house, operator, "account.restricted", case, {"cause": "rescreened"}))
        tell(house, work, "account.restricted", account=case.account_id)


def _restore(
    house: House, operator: Operator, work: Work, case: cases.Case, determination: Determination, review_id: str
) -> None:
    if determination.outcome is not Outcome.DECLINE and _not_closed(work, case.account_id)["status"] == "restricted":
        enter(work, case_entry(house, operator, "account.restored", case, {"review": review_id}))
        tell(house, work, "account.restored", account=case.account_id)


def _hold_to_conditions(
    house: House, operator: Operator, work: Work, case: cases.Case, determination: Determination
) -> None:
    """What was determined on conditions changes the account's; what waits for a person may add some and end none."""
    effects = (reason.effect for reason in determination.reasons if not reason.yielded_to)
    found = {effect.removeprefix(_CONDITION) for effect in effects if effect.startswith(_CONDITION)}
    held = set(_not_closed(work, case.account_id)["conditions"] or ())
    if determination.outcome in (Outcome.REVIEW, Outcome.DECLINE):
        found |= held
    if found != held:
        enter(work, case_entry(house, operator, "account.conditioned", case, {"conditions": sorted(found)}))
        tell(house, work, "account.conditioned", account=case.account_id)


def _disposed(work: Work, review_id: str) -> Row:
    review = work.registers.get("reviews", review_id)
    if review is None or review["state"] != "disposed":
        raise Conflict("this review is settled already")
    return review


def _not_closed(work: Work, account_id: str) -> Row:
    account = work.registers.get("accounts", account_id)
    if account is None:
        raise NotFound("there is no account under this id")
    if account["status"] == "closed":
        raise Conflict("this account is closed; there is nothing to rescreen")
    return account
