"""Registers: the current state, folded from ledger entries and from nothing else.

The trap guarded against: a register that knows more than the ledger. A procedure never writes a register;
it enters an entry, and ``changes`` says what that entry does to each register. Rebuilding is the same fold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gatebook import canonical
from gatebook.record.entry import Entry


@dataclass(frozen=True, slots=True)
class Register:
    """A register's name, key column, and columns by kind: ``text``, ``int``, ``bool`` or ``json``."""

    name: str
    key: str
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """Set ``values`` on the row ``key`` of ``register``; a row that is not there is made first."""

    register: str
    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


_T, _I, _B, _J = "text", "int", "bool", "json"
REGISTERS = {
    register.name: register
    for register in (
        Register(
            "applications",
            "application_id",
            {
                "application_id": _T,
                "person_id": _T,
                "account_type": _T,
                "product": _T,
                "state": _T,
                "outcome": _T,
                "waiting_on": _T,
                "due": _J,
                "conditions": _J,
                "personhood": _T,
                "received_at": _T,
                "determined_at": _T,
                "determination_id": _T,
                "account_id": _T,
                "claims_record": _T,
                "edition": _T,
                "is_reseller": _B,
                "position": _I,
                "retain_until": _T,
                "retain_rule": _T,
            },
        ),
        Register(
            "accounts",
            "account_id",
            {
                "account_id": _T,
                "application_id": _T,
                "person_id": _T,
                "account_type": _T,
                "status": _T,
                "conditions": _J,
                "personhood": _T,
                "is_reseller": _B,
                "opened_at": _T,
                "closed_at": _T,
                "cause": _T,
                "for_cause": _B,
                "screened_at": _T,
                "position": _I,
                "retain_until": _T,
                "retain_rule": _T,
            },
        ),
        Register(
            "determinations",
            "determination_id",
            {
                "determination_id": _T,
                "application_id": _T,
                "person_id": _T,
                "asked_on": _T,
                "at": _T,
                "edition": _T,
                "outcome": _T,
                "record_id": _T,
                "position": _I,
            },
        ),
        Register(
            "reviews",
            "review_id",
            {
                "review_id": _T,
                "application_id": _T,
                "account_id": _T,
                "person_id": _T,
                "state": _T,
                "cause": _T,
                "opened_at": _T,
                "disposition": _T,
                "match": _T,
                "proposed_by": _T,
                "approved_by": _T,
                "closed_at": _T,
                "outcome": _T,
                "position": _I,
            },
        ),
        Register(
            "records",
            "record_id",
            {
                "record_id": _T,
                "person_id": _T,
                "application_id": _T,
                "kind": _T,
                "commitment": _T,
                "sealed_at": _T,
                "position": _I,
            },
        ),
        Register("persons", "person_id", {"person_id": _T, "shredding": _T, "shredded_at": _T, "shred_rule": _T}),
        Register(
            "lists",
            "list_id",
            {"list_id": _T, "digest": _T, "parties": _I, "refused_rows": _I, "loaded_at": _T, "position": _I},
        ),
    )
}


def changes(position: int, entry: Entry) -> list[Change]:
    """Return what ``entry``, standing at ``position``, does to the registers."""
    found = list(_FOLDS[entry.kind](position, entry)) if entry.kind in _FOLDS else []
    if entry.record:
        values = {
            "person_id": entry.person,
            "application_id": entry.application,
            "kind": entry.kind,
            "commitment": entry.commitment,
            "sealed_at": canonical.instant(entry.at),
            "position": position,
        }
        found.append(Change("records", entry.record, values))
    return found


def _received(position: int, entry: Entry) -> list[Change]:
    # A crash after this entry must leave the application in review, so that is the state it starts in. It waits on
    # the house itself until it is determined, so that one cut off here can be told from one left to an officer.
    values = {
        "person_id": entry.person,
        "account_type": entry.body["account_type"],
        "product": entry.body["product"],
        "is_reseller": entry.body["is_reseller"],
        "state": "review",
        "waiting_on": "house",
        "outcome": "",
        "received_at": canonical.instant(entry.at),
        "claims_record": entry.record,
        "position": position,
    }
    return [Change("applications", entry.application, values), Change("persons", entry.person)]


def _awaits_judgement(position: int, entry: Entry) -> list[Change]:
    """Something was entered that the application has to be judged on: the next step is the house's own."""
    return [Change("applications", entry.application, {"waiting_on": "house", "position": position})]


def _code_answered(position: int, entry: Entry) -> list[Change]:
    return _awaits_judgement(position, entry) if entry.body["verdict"] == "right" else []


def _determined(position: int, entry: Entry) -> list[Change]:
    body, at = entry.body, canonical.instant(entry.at)
    row = {
        "application_id": entry.application,
        "person_id": entry.person,
        "asked_on": body["asked_on"],
        "at": at,
        "edition": entry.edition,
        "outcome": body["outcome"],
        "record_id": entry.record,
        "position": position,
    }
    found = [Change("determinations", body["determination"], row)]
    if entry.account:  # a determination on an account that is already open does not move its application
        # Screened counts once it led to a determination: a screening cut off before that has to be made again.
        return [*found, Change("accounts", entry.account, {"screened_at": at})]
    # An admission moves the state only with account.opened, a decline only with application.declined.
    application = {
        "outcome": body["outcome"],
        "waiting_on": body["waiting_on"],
        "due": body["due"],
        "conditions": body["conditions"],
        "personhood": body["personhood"],
        "determined_at": at,
        "determination_id": body["determination"],
        "edition": entry.edition,
        "position": position,
    }
    return [*found, Change("applications", entry.application, application)]


def _opened(position: int, entry: Entry) -> list[Change]:
    account = {
        "application_id": entry.application,
        "person_id": entry.person,
        "account_type": entry.body["account_type"],
        "status": "open",
        "conditions": entry.body["conditions"],
        "personhood": entry.body["personhood"],
        "is_reseller": entry.body["is_reseller"],
        "opened_at": canonical.instant(entry.at),
        "screened_at": canonical.instant(entry.at),
        "position": position,
    }
    application = {"state": "admitted", "account_id": entry.account, "waiting_on": "", "position": position}
    return [Change("accounts", entry.account, account), Change("applications", entry.application, application)]


def _declined(position: int, entry: Entry) -> list[Change]:
    body = entry.body
    values = {
        "state": "declined",
        "waiting_on": "",
        "position": position,
        "retain_until": body.get("retain_until", ""),
        "retain_rule": body.get("retain_rule", ""),
    }
    return [Change("applications", entry.application, values)]


def _restricted(position: int, entry: Entry) -> list[Change]:
    values = {"status": "restricted", "cause": entry.body["cause"], "position": position}
    return [Change("accounts", entry.account, values)]


def _released(position: int, entry: Entry) -> list[Change]:
    values = {"status": "open", "cause": "", "position": position}
    return [Change("accounts", entry.account, values)]


def _closed(position: int, entry: Entry) -> list[Change]:
    body = entry.body
    values = {
        "status": "closed",
        "cause": body["cause"],
        "for_cause": body["for_cause"],
        "position": position,
        "closed_at": canonical.instant(entry.at),
        "retain_until": body["retain_until"],
        "retain_rule": body["retain_rule"],
    }
    return [Change("accounts", entry.account, values)]


def _review_opened(position: int, entry: Entry) -> list[Change]:
    values = {
        "application_id": entry.application,
        "account_id": entry.account,
        "person_id": entry.person,
        "state": "open",
        "cause": entry.body["cause"],
        "opened_at": canonical.instant(entry.at),
        "position": position,
    }
    return [Change("reviews", entry.body["review"], values)]


def _review_disposed(position: int, entry: Entry) -> list[Change]:
    body = entry.body
    state = "proposed" if body["four_eyes"] else "disposed"
    values = {
        "state": state,
        "disposition": body["disposition"],
        "match": body["match"],
        "proposed_by": entry.operator,
        "position": position,
    }
    return [Change("reviews", body["review"], values), *([] if body["four_eyes"] else _judged_next(position, entry))]


def _review_approved(position: int, entry: Entry) -> list[Change]:
    values = {"state": "disposed", "approved_by": entry.operator, "position": position}
    return [Change("reviews", entry.body["review"], values), *_judged_next(position, entry)]


def _judged_next(position: int, entry: Entry) -> list[Change]:
    # A review of an account that is already open leaves its settled application alone.
    return [] if entry.account else _awaits_judgement(position, entry)


def _review_closed(position: int, entry: Entry) -> list[Change]:
    values = {
        "state": "closed",
        "closed_at": canonical.instant(entry.at),
        "outcome": entry.body["outcome"],
        "position": position,
    }
    return [Change("reviews", entry.body["review"], values)]


def _expiring(_: int, entry: Entry) -> list[Change]:
    return [Change("persons", entry.person, {"shredding": entry.body["rule"]})]


def _shredded(_: int, entry: Entry) -> list[Change]:
    values = {"shredded_at": canonical.instant(entry.at), "shred_rule": entry.body["rule"]}
    return [Change("persons", entry.person, values)]


def _list_loaded(position: int, entry: Entry) -> list[Change]:
    body = entry.body
    values = {
        "digest": body["digest"],
        "parties": body["parties"],
        "refused_rows": body["refused_rows"],
        "loaded_at": canonical.instant(entry.at),
        "position": position,
    }
    return [Change("lists", body["list"], values)]


_FOLDS: dict[str, Callable[[int, Entry], list[Change]]] = {
    "application.received": _received,
    "evidence.received": _awaits_judgement,
    "code.answered": _code_answered,
    "determination.made": _determined,
    "account.opened": _opened,
    "application.declined": _declined,
    "account.restricted": _restricted,
    "account.released": _released,
    "account.closed": _closed,
    "review.opened": _review_opened,
    "review.disposed": _review_disposed,
    "review.approved": _review_approved,
    "review.closed": _review_closed,
    "record.expiring": _expiring,
    "record.shredded": _shredded,
    "list.loaded": _list_loaded,
}
