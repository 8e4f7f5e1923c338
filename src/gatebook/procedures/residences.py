"""Residences: with which countries the holders of accounts have to do, read through the door.

The trap guarded against: opening everything of everybody. Two records of each account are read, the claims and the
latest determination, and of them countries alone are taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gatebook.errors import LedgerError, NotFound, Shredded, VaultError
from gatebook.identify.sealed_form import claims_from_plain
from gatebook.procedures.house import House, Operator
from gatebook.record.ports import Row, Work
from gatebook.terms.account import ApplicationClaims

_PURPOSE = "access-watch"
_EVIDENCED = "person.located_in"
_IN_US = "person.is_located_in_us"


def residences(house: House, operator: Operator, accounts: Sequence[Row]) -> dict[str, frozenset[str]]:
    """Return, by account, the countries its holder is evidenced in, or named as address, seat or place of use.

    All readings are entered together. Where a record does not open, nothing is known of that holder, and of no other.
    """
    with house.state.read() as work:
        wanted = [(str(account["account_id"]), _records(work, account)) for account in accounts]
    try:
        return _read(house, operator, wanted)
    except (Shredded, VaultError, LedgerError, NotFound):
        return {account_id: _alone(house, operator, account_id, records) for account_id, records in wanted}


def _alone(house: House, operator: Operator, account_id: str, records: list[str]) -> frozenset[str]:
    try:
        return _read(house, operator, [(account_id, records)])[account_id]
    except (Shredded, VaultError, LedgerError, NotFound):
        return frozenset()


def _records(work: Work, account: Row) -> list[str]:
    """Return the ids of the claims and of the latest determination, the application's where the account has none."""
    application = work.registers.get("applications", str(account["application_id"])) or {}
    latest = str(account["determination_id"] or application.get("determination_id") or "")
    determination = work.registers.get("determinations", latest) or {}
    return [str(application.get("claims_record") or ""), str(determination.get("record_id") or "")]


def _read(house: House, operator: Operator, wanted: Sequence[tuple[str, list[str]]]) -> dict[str, frozenset[str]]:
    ids = [record for _, records in wanted for record in records]
    opened = house.door.read(house.state, ids, _PURPOSE, operator.operator_id, house.now())
    pairs = zip(opened[::2], opened[1::2], strict=True)
    return {
        account_id: _countries(claims, determination)
        for (account_id, _), (claims, determination) in zip(wanted, pairs, strict=True)
    }


def _countries(claimed: Any, determination: Any) -> frozenset[str]:  # noqa: ANN401  sealed payloads, as they were
    facts: Mapping[str, Any] = {fact["name"]: fact["value"] for fact in determination["facts"]}
    found = {*_claimed(claims_from_plain(claimed["claims"])), facts.get(_EVIDENCED) or ""}
    found |= {"US"} if facts.get(_IN_US) is True else set()
    return frozenset(found - {""})


def _claimed(claims: ApplicationClaims) -> list[str]:
    """What is claimed of the applicant, and of whom the account is opened for."""
    found = []
    for person in filter(None, (claims.applicant, claims.on_behalf_of)):
        found += [person.place_of_use, person.address.country if person.address else ""]
        found.append(person.registration.jurisdiction if person.registration else "")
    return found
