"""A row in two parts: its session, and what was done in it. Each is shown or withheld, and proved either way.

The trap guarded against: a demand that reaches times and addresses and is answered with acts, because a row could be
proved whole or not at all (18 USC 2703(c)(2) reaches the one and not the other).

The session part holds at, nth, batch, address, principal, address_kind, raw_address, outcome, session and source; the
activity part holds act, user_agent, fingerprint, target, id, marks and detail. What is committed to:

    activity hash = SHA-256(0x03, activity salt, activity)
    commitment    = SHA-256(0x02, principal, 0x00, activity hash, session salt, session)

Salts are 16 bytes, drawn with two keys that tell nothing of each other: so a shown session part tells nothing of the
activity behind its hash, and a commitment tells nothing of either. The principal stands apart from the session's bytes
because it is the same in a whole run, and is written there once.
"""

from __future__ import annotations

import hashlib
import struct

import msgspec
from msgspec import structs

from gatebook.errors import LedgerError
from gatebook.record.events.packing import kept_raw, pack_address
from gatebook.record.merkle import HASH
from gatebook.record.segment_tree import entry_of
from gatebook.terms.access_event import AccessEvent

#: Fields of each part that are texts, by the names of their columns, in the order in which they are hashed.
SESSION_TEXTS = ("outcome", "address_kind", "raw_address", "session", "source")
ACTIVITY_TEXTS = ("act", "user_agent", "fingerprint", "target", "event_id", "marks", "detail")
#: First bytes of what is hashed, so that no kind of hash is ever taken for another.
COMMITTED, ACTIVITY = b"\x02", b"\x03"
SALT = 16
_FIXED = struct.Struct("<qHH")


def session_of(event: AccessEvent, batch: int) -> bytes:
    """Return the bytes of a row's session part: time, ordinal, batch, address, then texts parted by NUL.

    No text holds a NUL: one that came is kept escaped. ``batch`` is the row's batch within its segment.
    """
    texts = (
        event.outcome,
        event.address_kind,
        kept_raw(event.raw_address, event.address, event.address_kind),
        event.session,
        event.source,
    )
    return _FIXED.pack(event.at, event.nth, batch) + pack_address(event.address) + _joined(texts)


def activity_of(event: AccessEvent) -> bytes:
    """Return the bytes of a row's activity part: texts parted by NUL."""
    marks = ",".join(event.marks)
    texts = (event.act, event.user_agent, event.fingerprint, event.target, event.event_id, marks, event.detail)
    return _joined(texts)


def _joined(texts: tuple[str, ...]) -> bytes:
    return b"\0".join(text.encode() for text in texts)


def activity_hash(salt: bytes, activity: bytes) -> bytes:
    """Return what a commitment holds of the activity part."""
    return hashlib.sha256(ACTIVITY + salt + activity).digest()


def commitment_of(principal: str, hidden_activity: bytes, salt: bytes, session: bytes) -> bytes:
    """Return the commitment to a row, from its session part and the hash of its activity part."""
    return hashlib.sha256(COMMITTED + principal.encode() + b"\0" + hidden_activity + salt + session).digest()


class Hidden(msgspec.Struct, frozen=True, tag="hidden"):
    """A row that is not shown: its label and its commitment. What was erased is kept as this alone."""

    label: int
    commitment: bytes

    @property
    def entry(self) -> bytes:
        """What stands of it in the tree."""
        return entry_of(self.label, self.commitment)


class SessionRow(msgspec.Struct, frozen=True, tag="session"):
    """A row of which the session part is shown: in its event the fields of the other are empty.

    ``activity`` is the hash of the part that is withheld.
    """

    event: AccessEvent
    batch: int
    salt: bytes
    activity: bytes

    @property
    def commitment(self) -> bytes:
        """The commitment. Raises LedgerError for a hash or a salt of another length, which could shift the rest."""
        if len(self.activity) != HASH or len(self.salt) != SALT:
            raise LedgerError("a hash or a salt of a row is not as long as it is")
        session = session_of(self.event, self.batch)
        return commitment_of(self.event.principal, self.activity, self.salt, session)


class ShownRow(msgspec.Struct, frozen=True, tag="shown"):
    """A row that is shown whole: its event, its place among the segment's batches, and the salts of both parts."""

    event: AccessEvent
    batch: int
    salt: bytes
    activity_salt: bytes

    @property
    def commitment(self) -> bytes:
        """The commitment."""
        return without_activity(self).commitment


def without_activity(row: Row) -> SessionRow | Hidden:
    """Return a row with its session part alone; one of which no more is shown as it is."""
    if not isinstance(row, ShownRow):
        return row
    return SessionRow(
        session_alone(row.event), row.batch, row.salt, activity_hash(row.activity_salt, activity_of(row.event))
    )


def session_alone(event: AccessEvent) -> AccessEvent:
    """Return an event as it is shown where its activity is withheld."""
    return structs.replace(event, **_NOTHING)


_NOTHING = {**dict.fromkeys(ACTIVITY_TEXTS, ""), "marks": ()}
#: A row of a run, however much of it is shown.
Row = ShownRow | SessionRow | Hidden
