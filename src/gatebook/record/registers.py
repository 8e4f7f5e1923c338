"""Registers: which there are, with their columns. The current state lies in them, folded from the ledger.

The trap guarded against: a column that exists in one of fold and database only. Both are made from this description.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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
                "screened_record": _T,
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
                "determination_id": _T,
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
                "four_eyes": _B,
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
        Register(
            "persons",
            "person_id",
            {
                "person_id": _T,
                "was_listed": _B,
                "shredding": _T,
                "shredded_at": _T,
                "shred_rule": _T,
                "sealed_under": _T,
                "trimming": _J,
                "trimmed": _J,
            },
        ),
        Register(
            "keys",
            "key_id",
            {"key_id": _T, "made_by": _T, "scopes": _J, "made_at": _T, "revoked_at": _T, "position": _I},
        ),
        Register(
            "lists",
            "list_id",
            {"list_id": _T, "digest": _T, "parties": _I, "refused_rows": _I, "loaded_at": _T, "position": _I},
        ),
        Register(
            "access_batches",
            "batch_id",
            {
                "batch_id": _T,
                "digest": _T,
                "rows": _I,
                "repeated": _I,
                "segments": _J,
                "sealed_at": _T,
                "position": _I,
            },
        ),
        Register(
            "access_segments",
            "segment",
            {
                "segment": _T,
                "month": _I,
                "rows": _I,
                "root": _T,
                "labels": _T,
                "batches": _J,
                "first_at": _I,
                "last_at": _I,
                "sealed_at": _T,
                "position": _I,
            },
        ),
        Register(
            "demands",
            "demand_id",
            {
                "demand_id": _T,
                "state": _T,
                "instrument": _T,
                "jurisdiction": _T,
                "recipient": _T,
                "channel": _T,
                "document": _T,
                "record_id": _T,
                "received_at": _T,
                "is_emergency": _B,
                "due_at": _T,
                "due_rule": _T,
                "scope": _T,
                "classes": _J,
                "ruled_by": _T,
                "searched_record": _T,
                "production_id": _T,
                "notice": _T,
                "notice_until": _T,
                "noticed_at": _T,
                "answered_at": _T,
                "closed_at": _T,
                "outcome": _T,
                "retain_until": _T,
                "retain_rule": _T,
                "position": _I,
            },
        ),
        Register(
            "demand_checks",
            "check_id",
            {
                "check_id": _T,
                "demand_id": _T,
                "check": _T,
                "verdict": _T,
                "by": _T,
                "at": _T,
                "record_id": _T,
                "position": _I,
            },
        ),
        Register(
            "holds",
            "hold_id",
            {
                "hold_id": _T,
                "demand_id": _T,
                "hold_kind": _T,
                "state": _T,
                "scope": _T,
                "persons": _J,
                "accounts": _J,
                "placed_at": _T,
                "until": _T,
                "rule": _T,
                "renewed_at": _T,
                "lapsed_at": _T,
                "overtaken": _J,
                "ended_at": _T,
                "cause": _T,
                "position": _I,
            },
        ),
        Register(
            "productions",
            "production_id",
            {
                "production_id": _T,
                "demand_id": _T,
                "state": _T,
                "record_id": _T,
                "items": _T,
                "accounts": _I,
                "records": _I,
                "events": _I,
                "classes": _J,
                "proposed_by": _T,
                "proposed_at": _T,
                "approved_by": _T,
                "approved_at": _T,
                "digest": _T,
                "bytes": _I,
                "sealed_to": _T,
                "built_at": _T,
                "position": _I,
            },
        ),
        Register(
            "disclosures",
            "disclosure_id",
            {
                "disclosure_id": _T,
                "demand_id": _T,
                "production_id": _T,
                "basis": _J,
                "recipient": _T,
                "jurisdiction": _T,
                "classes": _J,
                "records": _I,
                "events": _I,
                "digest": _T,
                "made_at": _T,
                "position": _I,
            },
        ),
    )
}
