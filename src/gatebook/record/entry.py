"""An entry: one line of the ledger, small and pseudonymous.

The trap guarded against: personal data in a line that can never be taken out again. A kind states which
body fields it has, and every text value must be a slug, an id, a digest, a date or an instant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gatebook import canonical
from gatebook.errors import LedgerError

_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/+@=-]{0,199}|")
_MOST_BYTES = 65_535  # a tlog-tiles entry bundle gives each entry a 16-bit length

#: Every entry kind ever written: its newest version and the body fields a writer may fill.
KINDS: dict[str, tuple[int, frozenset[str]]] = {
    "house.founded": (1, frozenset({"origin", "gatebook"})),
    "law.adopted": (1, frozenset({"source", "begins", "ends"})),
    "list.loaded": (1, frozenset({"list", "digest", "parties", "refused_rows"})),
    "list.rescreened": (
        1,
        frozenset(
            {
                "list",
                "since",
                "new",
                "added",
                "changed",
                "removed",
                "compared",
                "uncompared",
                "found",
                "restricted",
                "rested",
            }
        ),
    ),
    "application.received": (1, frozenset({"account_type", "product", "is_reseller", "is_trial"})),
    "evidence.received": (1, frozenset({"evidence", "evidence_kind"})),
    "code.sent": (1, frozenset({"channel"})),
    "code.answered": (1, frozenset({"channel", "verdict"})),
    "person.screened": (1, frozenset({"candidates", "strongest", "lists", "settings"})),
    "determination.made": (
        1,
        frozenset({"determination", "asked_on", "outcome", "conditions", "answers", "due", "waiting_on", "personhood"}),
    ),
    "account.opened": (1, frozenset({"account_type", "conditions", "personhood", "is_reseller"})),
    "account.restricted": (1, frozenset({"cause"})),
    "account.restored": (1, frozenset({"review"})),
    "account.conditioned": (1, frozenset({"conditions"})),
    "account.closed": (1, frozenset({"cause", "for_cause", "retain_until", "retain_rule"})),
    "application.declined": (1, frozenset({"retain_until", "retain_rule"})),
    "application.withdrawn": (1, frozenset({"retain_until", "retain_rule"})),
    "application.lapsed": (1, frozenset({"retain_until", "retain_rule"})),
    "review.opened": (1, frozenset({"review", "cause"})),
    "review.disposed": (1, frozenset({"review", "disposition", "match", "four_eyes"})),
    "review.approved": (1, frozenset({"review", "disposition", "match"})),
    "review.closed": (1, frozenset({"review", "outcome"})),
    "record.read": (1, frozenset({"read", "purpose"})),
    "record.expiring": (1, frozenset({"rule"})),
    "record.shredded": (1, frozenset({"rule", "records"})),
    "permission.refused": (1, frozenset({"act", "scope"})),
    "key.made": (1, frozenset({"key", "scopes"})),
    "key.revoked": (1, frozenset({"key"})),
    "webhook.added": (1, frozenset({"endpoint"})),
    "webhook.removed": (1, frozenset({"endpoint"})),
    "keys.rotated": (1, frozenset({"key", "subjects"})),
    "assignments.noted": (1, frozenset({"assigned", "ended", "root"})),
    "trace.asked": (1, frozenset({"question", "purpose"})),
    "access.logged": (1, frozenset({"batches", "segments"})),
    "access.sealed": (
        1,
        frozenset({"segment", "month", "rows", "root", "labels", "batches", "first_at", "last_at"}),
    ),
    "access.erased": (1, frozenset({"rows"})),
    "access.archived": (1, frozenset({"month", "rows", "manifest"})),
    "access.gap": (1, frozenset({"source", "since"})),
    "access.resumed": (1, frozenset({"source", "since"})),
    "demand.received": (
        1,
        frozenset(
            {
                "demand",
                "instrument",
                "jurisdiction",
                "recipient",
                "channel",
                "document",
                "received_at",
                "due_at",
                "due_rule",
                "is_emergency",
                "notice",
                "notice_until",
            }
        ),
    ),
    "demand.described": (
        1,
        frozenset(
            {
                "demand",
                "instrument",
                "jurisdiction",
                "recipient",
                "received_at",
                "due_at",
                "due_rule",
                "is_emergency",
                "notice",
                "notice_until",
            }
        ),
    ),
    "demand.checked": (1, frozenset({"demand", "check", "verdict"})),
    "demand.scoped": (1, frozenset({"demand", "outcome", "classes", "answers"})),
    "demand.ruled": (1, frozenset({"demand", "classes", "ruling"})),
    "demand.searched": (1, frozenset({"demand", "accounts", "persons", "unresolved", "ambiguous", "leads"})),
    "demand.closed": (1, frozenset({"demand", "outcome", "retain_until", "retain_rule"})),
    "demand.expiring": (1, frozenset({"demand", "rule"})),
    "demand.shredded": (1, frozenset({"demand", "rule", "records"})),
    "hold.placed": (
        1,
        frozenset({"hold", "demand", "hold_kind", "scope", "persons", "accounts", "until", "rule", "overtaken"}),
    ),
    "hold.scoped": (1, frozenset({"hold", "scope", "persons", "accounts", "overtaken"})),
    "hold.renewed": (1, frozenset({"hold", "until", "rule", "lapsed_at"})),
    "hold.ended": (1, frozenset({"hold", "cause"})),
    "production.proposed": (
        1,
        frozenset({"production", "demand", "accounts", "records", "events", "classes", "items"}),
    ),
    "production.approved": (1, frozenset({"production"})),
    "production.refused": (1, frozenset({"production", "demand"})),
    "production.built": (1, frozenset({"production", "digest", "bytes", "records", "events", "sealed_to"})),
    "disclosure.proposed": (1, frozenset({"disclosure", "recipient", "jurisdiction", "classes", "records", "items"})),
    "disclosure.declined": (1, frozenset({"disclosure"})),
    "disclosure.shredded": (1, frozenset({"disclosure", "rule", "records"})),
    "disclosure.made": (
        1,
        frozenset(
            {
                "disclosure",
                "demand",
                "production",
                "basis",
                "recipient",
                "jurisdiction",
                "classes",
                "records",
                "events",
                "digest",
            }
        ),
    ),
    "disclosure.refused": (1, frozenset({"recipient", "jurisdiction", "classes", "clauses"})),
    "notice.delayed": (1, frozenset({"demand", "until", "ground"})),
    "notice.due": (1, frozenset({"demand"})),
    "notice.given": (1, frozenset({"demand", "by"})),
    "record.spared": (1, frozenset({"holds"})),
    "record.trimming": (1, frozenset({"rule", "classes", "sealed_under", "records"})),
    "record.trimmed": (1, frozenset({"rule", "classes"})),
    "witness.watched": (1, frozenset({"log", "key"})),
    "witness.forgotten": (1, frozenset({"log", "key"})),
    "witness.contradicted": (1, frozenset({"log", "key"})),
    "backup.made": (1, frozenset({"digest", "size", "keys", "destroyed"})),
    "backup.restored": (1, frozenset({"digest", "size"})),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: kind, version, time, operator, the ids it concerns, and a closed body.

    ``record`` and ``commitment`` name the sealed payload that belongs to the line: the commitment is the root over its
    fields, each salted (``record.fields``), and the salt lies sealed beside the payload. ``person`` is whose key it is
    sealed under: a person's, or a demand's for what was served on the house.
    """

    kind: str
    at: datetime
    operator: str
    person: str = ""
    application: str = ""
    account: str = ""
    edition: str = ""
    record: str = ""
    commitment: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    version: int = 1

    def __post_init__(self) -> None:
        """Refuse an unknown kind, an unknown field, and any text that could be personal."""
        newest, fields = KINDS.get(self.kind, (0, frozenset[str]()))
        if not 1 <= self.version <= newest:
            raise LedgerError(f"{self.kind} version {self.version} is not a kind of entry")
        if not fields >= set(self.body):
            raise LedgerError(f"{self.kind} has no place for one of the fields given")
        texts = (self.operator, self.person, self.application, self.account, self.edition, self.record, self.commitment)
        for text in (*texts, *_texts(self.body)):
            if not _SLUG.fullmatch(text):
                raise LedgerError(f"{self.kind} was given a text that is not a slug, id, digest or time")

    def to_bytes(self) -> bytes:
        """Return the canonical bytes that are hashed into the ledger; at most 65,535 of them."""
        data = canonical.encode({name: value for name, value in _fields(self) if value not in ("", {})})
        if len(data) > _MOST_BYTES:
            raise LedgerError(f"an entry of kind {self.kind} is larger than 65,535 bytes")
        return data

    @staticmethod
    def from_bytes(data: bytes) -> Entry:
        """Read what :meth:`to_bytes` wrote, whatever its version."""
        plain = canonical.decode(data)
        if not isinstance(plain, dict) or "at" not in plain:
            raise LedgerError("an entry is not a JSON object with a time")
        return Entry(**{**plain, "at": canonical.parse_instant(plain["at"])})


def _fields(entry: Entry) -> list[tuple[str, object]]:
    return [(name, getattr(entry, name)) for name in entry.__slots__]


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for key, inner in value.items() for text in (str(key), *_texts(inner))]
    if isinstance(value, list | tuple):
        return [text for inner in value for text in _texts(inner)]
    return []
