"""Matches that lapsed: a party left a list, or is no longer what somebody was held back for; an officer may reverse.

The trap guarded against: somebody held back for ever for a listing that ended. Nothing is reversed by the house itself:
it says who was held back for what, and opens a review where none is in hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from gatebook.errors import LedgerError, NotFound, VaultError
from gatebook.procedures import case as cases
from gatebook.procedures.dealings import Dealing, dealing_named, dealing_of
from gatebook.procedures.determine_application import CANDIDATE
from gatebook.procedures.house import House, Operator
from gatebook.procedures.tell import tell
from gatebook.procedures.weigh_case import counts
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.ports import Work
from gatebook.screen.delta import Delta
from gatebook.screen.index import CompleteIndex
from gatebook.screen.party import ListedParty

_REMOVED, _CHANGED = "removed", "changed"


@dataclass(frozen=True, slots=True)
class Lapsed:
    """A party ``removed`` or ``changed``, and the dealings whose match rested on what it was.

    Accounts restricted and applications in review carry the review in hand. Those closed for cause and declined are
    told of too: they are settled, and it is for an officer to say what is owed to whom.
    """

    party_id: str
    name: str
    how: str
    matches: tuple[Dealing, ...]


def lapsed_matches(
    house: House, operator: Operator, change: Delta, index: CompleteIndex, go_on: Callable[[], None]
) -> tuple[Lapsed, ...]:
    """Return every party whose going or changing leaves a match without ground, with a review for each restricted one.

    Screenings are found by the party through the keyed index; only those are opened (a reading, ``rescreening``).
    ``index`` holds changed parties as they are now: a match that still stands has not lapsed. ``go_on`` is called
    before each party.
    """
    gone = [(party, _REMOVED, "") for party in change.removed]
    gone += [
        (c.before, _CHANGED, f"{change.list_id}/{c.after.party_id}")
        for c in change.changed
        if any(one.removed for one in c.fields)
    ]
    found = []
    for one in gone:
        go_on()
        found.append(_lapsed(house, operator, change.list_id, index, *one))
    return tuple(one for one in found if one.matches)


def _lapsed(
    house: House, operator: Operator, list_id: str, index: CompleteIndex, party: ListedParty, how: str, now: str
) -> Lapsed:
    key = f"{list_id}/{party.party_id}"
    with house.state.read() as work:
        held = [d for person in house.door.find(work, CANDIDATE, key) for d in _held_back(work, person)]
    rested = []
    for dealing in held:
        with suppress(NotFound, VaultError, LedgerError):  # its time was over meanwhile, or it does not open
            if _named(house, operator, dealing, key) and not (now and _stands(house, operator, dealing, index, now)):
                rested.append(_reviewed(house, operator, dealing, how))
    return Lapsed(party.party_id, party.names[0].text if party.names else "", how, tuple(rested))


def _held_back(work: Work, person_id: str) -> list[Dealing]:
    """Return a person's dealings that are not as they would be had nobody been found."""
    found = []
    for application in work.registers.page("applications", {"person_id": person_id}, "", 1000):
        account_id = str(application["account_id"] or "")
        account = work.registers.get("accounts", account_id) if account_id else None
        dealing = dealing_of(work, application, account)
        for_cause = account is not None and account["for_cause"]
        if dealing.review_id or dealing.state in ("restricted", "declined") or for_cause:
            found.append(dealing)
    return found


def _named(house: House, operator: Operator, dealing: Dealing, key: str) -> bool:
    """Whether the latest screening named the party: by an earlier one alone nobody is held back any more."""
    with house.state.read() as work:
        row = work.registers.get("applications", dealing.application_id)
    assert row is not None  # noqa: S101  rows are never taken away
    latest = row["screened_record"]
    opened = house.door.read(house.state, [latest], "rescreening", operator.operator_id, house.now())[0]
    assert isinstance(opened, dict)  # noqa: S101  a screening is sealed as an object
    groups: list[list[Mapping[str, Any]]] = [opened["candidates"], *opened["others"]]
    law = house.law.on(house.now().date())
    found = [c for group in groups for c in group if counts(law, c["grade"])]
    return any(f"{c['list_id']}/{c['party_id']}" == key for c in found)


def _stands(house: House, operator: Operator, dealing: Dealing, index: CompleteIndex, key: str) -> bool:
    """Whether the party as it is now is still a candidate."""
    case = cases.load_case(house, operator, dealing.application_id, "rescreening", dealing.account_id)
    screened = index.screen_many(cases.queries_of_case(case))
    law = house.law.on(house.now().date())
    return any(c.key == key and counts(law, c.grade) for s in screened for c in s.candidates)


def _reviewed(house: House, operator: Operator, dealing: Dealing, how: str) -> Dealing:
    """Open a review of a restricted account unless one is in hand; done twice it is done once."""
    if dealing.state != "restricted":
        return dealing
    with house.state.transaction() as work:
        work.ledger.lock()
        now, account = dealing_named(work, dealing.key), work.registers.get("accounts", dealing.account_id)
        if account is None or now.state != "restricted" or now.review_id:
            return now
        review_id = house.new_id("rev")
        entry = Entry(
            "review.opened",
            house.now(),
            operator.operator_id,
            person=account["person_id"],
            application=dealing.application_id,
            account=dealing.account_id,
            body={"review": review_id, "cause": f"listing-{how}"},
        )
        enter(work, entry)
        tell(house, work, "review.opened", review=review_id, application=dealing.application_id)
    return replace(now, review_id=review_id)
