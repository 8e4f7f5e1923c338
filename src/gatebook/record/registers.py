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
            {"person_id": _T, "was_listed": _B, "shredding": _T, "shredded_at": _T, "shred_rule": _T},
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
    )
}
