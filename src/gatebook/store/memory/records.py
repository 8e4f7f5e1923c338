"""The ``SealedRecords``, ``Outbox`` and ``Shelf`` ports in memory.

The trap guarded against: a sealed record overwritten; a record id is written once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from gatebook import canonical
from gatebook.errors import Conflict, VaultError
from gatebook.record.ports import Row, SealedRecord
from gatebook.store.memory.tables import Tables


def _instant(at: datetime | None) -> str | None:
    return None if at is None else canonical.instant(at)


class MemoryRecords:
    """Sealed payloads and index tags of one transaction."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def put(self, record: SealedRecord, tags: Sequence[tuple[str, bytes]]) -> None:
        """Keep a record and its tags; VaultError when the id is taken."""
        held = self._tables.writing()
        if record.record_id in held.records:
            raise VaultError("a sealed record is written once")
        sealed_at = canonical.parse_instant(canonical.instant(record.sealed_at))
        held.records[record.record_id] = replace(record, sealed_at=sealed_at)
        held.tags.update((field, tag, record.subject, record.record_id) for field, tag in tags)

    def get(self, record_id: str) -> SealedRecord | None:
        """Return a record or None."""
        return self._tables.records.get(record_id)

    def find(self, field: str, tag: bytes) -> list[str]:
        """Return the subjects that hold this exact tag, in order, each once."""
        return sorted({subject for f, t, subject, _ in self._tables.tags if (f, t) == (field, tag)})

    def replace(self, record: SealedRecord, ended: Collection[str]) -> None:
        """Put a record that was sealed again in the place of itself, without its tags of ``ended`` index fields."""
        held = self._tables.writing()
        if record.record_id not in held.records:
            raise VaultError("there is no sealed record to put this in the place of")
        sealed_at = canonical.parse_instant(canonical.instant(record.sealed_at))
        held.records[record.record_id] = replace(record, sealed_at=sealed_at)
        own = {tag for tag in held.tags if tag[3] == record.record_id}
        kept = {(field, tag, record.subject, of) for field, tag, _, of in own if field not in ended}
        held.tags = (held.tags - own) | kept

    def erase(self, subject: str) -> int:
        """Remove every record and tag of a subject; return how many records went."""
        held = self._tables.writing()
        gone = [r.record_id for r in held.records.values() if r.subject == subject]
        for record_id in gone:
            del held.records[record_id]
        held.tags = {tag for tag in held.tags if tag[2] != subject}
        return len(gone)


class MemoryOutbox:
    """Queued messages of one transaction."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def put(self, message_id: str, topic: str, body: bytes, due_at: datetime) -> None:
        """Queue a message; Conflict when the id is taken."""
        held = self._tables.writing().outbox
        if message_id in held:
            raise Conflict("this is kept already; nothing was kept twice")
        row = {"message_id": message_id, "topic": topic, "body": body, "state": "queued", "attempt": 0}
        held[message_id] = {**row, "due_at": _instant(due_at), "detail": ""}

    def due(self, now: datetime, limit: int) -> list[Row]:
        """Return queued messages due by ``now``, longest due first."""
        until = canonical.instant(now)
        found: list[Row] = [
            dict(m) for m in self._tables.outbox.values() if m["state"] == "queued" and (m["due_at"] or "~") <= until
        ]
        return sorted(found, key=lambda m: (m["due_at"], m["message_id"]))[:limit]

    def claim(self, topic: str, now: datetime, until: datetime, limit: int) -> list[Row]:
        """Return queued messages of a topic due by ``now``, longest due first, and make them due at ``until``."""
        held = self._tables.writing().outbox
        found = [row for row in self.due(now, len(held)) if row["topic"] == topic][:limit]
        for row in found:
            held[row["message_id"]] = {**row, "due_at": _instant(until)}
        return found

    def settle(self, message_id: str, state: str, due_at: datetime | None, detail: str) -> None:
        """Note an attempt."""
        held = self._tables.writing().outbox
        if message_id in held:
            row = held[message_id]
            noted = {"state": state, "due_at": _instant(due_at), "detail": detail, "attempt": row["attempt"] + 1}
            held[message_id] = {**row, **noted}

    def listing(self, state: str, after: str, limit: int) -> list[Row]:
        """Return messages in a state (empty: any) by id after ``after``."""
        held = self._tables.outbox
        found: list[Row] = [dict(held[m]) for m in sorted(held) if m > after and state in ("", held[m]["state"])]
        return found[:limit]

    def forget(self, state: str, until: datetime) -> int:
        """Remove messages that are in a state since ``until`` or longer; return how many."""
        held, day = self._tables.writing().outbox, canonical.instant(until)
        gone = [name for name, m in held.items() if m["state"] == state and m["due_at"] and m["due_at"] <= day]
        for name in gone:
            del held[name]
        return len(gone)


class MemoryShelf:
    """Small operational values of one transaction."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def put(self, kind: str, key: str, value: bytes, expires_at: datetime | None) -> None:
        """Keep or replace a value."""
        self._tables.writing().shelf[kind, key] = (value, _instant(expires_at))

    def add(self, kind: str, key: str, value: bytes, expires_at: datetime | None) -> bool:
        """Keep a value only if the key is free; return whether it was."""
        if (kind, key) in self._tables.writing().shelf:
            return False
        self.put(kind, key, value, expires_at)
        return True

    def get(self, kind: str, key: str) -> bytes | None:
        """Return the value or None."""
        held = self._tables.shelf.get((kind, key))
        return None if held is None else held[0]

    def remove(self, kind: str, key: str) -> None:
        """Forget a value."""
        self._tables.writing().shelf.pop((kind, key), None)

    def listing(self, kind: str, after: str, limit: int) -> list[tuple[str, bytes]]:
        """Return keys and values by key after ``after``."""
        found = sorted((key, value) for (k, key), (value, _) in self._tables.shelf.items() if k == kind and key > after)
        return found[:limit]

    def expire(self, now: datetime) -> int:
        """Forget everything whose time is over; return how many."""
        held, until = self._tables.writing().shelf, canonical.instant(now)
        gone = [name for name, (_, end) in held.items() if end is not None and end <= until]
        for name in gone:
            del held[name]
        return len(gone)
