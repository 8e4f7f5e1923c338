"""Dealings as the registers have them: an account, or an application that led to none, with its review in hand.

The trap guarded against: a dealing told of as it was when it was found, and not as it is now.
"""

from __future__ import annotations

from dataclasses import dataclass

from gatebook.law.sources import asks_about_use
from gatebook.record.ports import Row, Work


@dataclass(frozen=True, slots=True)
class Dealing:
    """An account (``state`` is its status) or an application without one; ``review_id`` names the review in hand."""

    application_id: str
    account_id: str
    state: str
    review_id: str = ""

    @property
    def key(self) -> str:
        """The id it is known by."""
        return self.account_id or self.application_id


def dealing_of(work: Work, application: Row, account: Row | None) -> Dealing:
    """Return the dealing that an application's row and its account's, where it has one, stand for."""
    application_id = str(application["application_id"])
    account_id, row = (str(account["account_id"]), account) if account else ("", application)
    where = {"application_id": application_id, "account_id": account_id}
    reviews = [r for r in work.registers.page("reviews", where, "", 1000) if not asks_about_use(str(r["cause"]))]
    in_hand = [r for r in reviews if r["state"] in ("open", "proposed")]
    state = str(row["status"] if account else row["state"])
    return Dealing(application_id, account_id, state, str(in_hand[0]["review_id"]) if in_hand else "")


def dealing_named(work: Work, key: str) -> Dealing:
    """Return the dealing with this id of an account or an application, which has to be there."""
    account = work.registers.get("accounts", key)
    application = work.registers.get("applications", account["application_id"] if account else key)
    assert application is not None  # noqa: S101  an account has an application, and rows are never taken away
    return dealing_of(work, application, account)
