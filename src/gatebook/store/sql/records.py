"""The ``SealedRecords``, ``Outbox`` and ``Shelf`` ports over SQL.

The trap guarded against: a sealed record overwritten; a record id is written once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from gatebook import canonical
from gatebook.errors import VaultError
from gatebook.record.ports import Row, SealedRecord
from gatebook.store.sql.tables import OUTBOX, RECORDS, SHELF, TAGS


class SqlRecords:
    """Sealed payloads and index tags of one database, within one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert

    def put(self, record: SealedRecord, tags: Sequence[tuple[str, bytes]]) -> None:
        """Keep a record and its tags; VaultError when the id is taken."""
        row = {
            "record_id": record.record_id,
            "subject": record.subject,
            "kind": record.kind,
            "ciphertext": record.ciphertext,
            "sealed_at": canonical.instant(record.sealed_at),
        }
        kept = self._insert(RECORDS).on_conflict_do_nothing().returning(RECORDS.c.record_id)
        if self._connection.execute(kept, row).first() is None:
            raise VaultError("a sealed record is written once")
        rows = [
            {"record_id": record.record_id, "field": field, "tag": tag, "subject": record.subject}
            for field, tag in dict.fromkeys(tags)
        ]
        if rows:
            self._connection.execute(TAGS.insert(), rows)

    def get(self, record_id: str) -> SealedRecord | None:
        """Return a record or None."""
        row = self._connection.execute(sa.select(RECORDS).where(RECORDS.c.record_id == record_id)).first()
        return None if row is None else _record(tuple(row))

    def find(self, field: str, tag: bytes) -> list[str]:
        """Return the subjects that hold this exact tag, in order, each once."""
        wanted = sa.select(TAGS.c.subject).where(TAGS.c.field == field, TAGS.c.tag == tag).distinct()
        return sorted(self._connection.execute(wanted).scalars())

    def replace(self, record: SealedRecord, ended: Collection[str]) -> None:
        """Put a record that was sealed again in the place of itself, without its tags of ``ended`` index fields."""
        row, of_it = {"subject": record.subject, "ciphertext": record.ciphertext}, TAGS.c.record_id == record.record_id
        put = RECORDS.update().where(RECORDS.c.record_id == record.record_id).values(**row)
        if not self._connection.execute(put).rowcount:
            raise VaultError("there is no sealed record to put this in the place of")
        self._connection.execute(TAGS.delete().where(of_it, TAGS.c.field.in_(sorted(ended))))
        self._connection.execute(TAGS.update().where(of_it).values(subject=record.subject))

    def erase(self, subject: str) -> int:
        """Remove every record and tag of a subject; return how many records went."""
        self._connection.execute(TAGS.delete().where(TAGS.c.subject == subject))
        return self._connection.execute(RECORDS.delete().where(RECORDS.c.subject == subject)).rowcount


def _record(row: Sequence[Any]) -> SealedRecord:
    return SealedRecord(row[0], row[1], row[2], bytes(row[3]), canonical.parse_instant(row[4]))


class SqlOutbox:
    """Queued messages of one database, within one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(self, message_id: str, topic: str, body: bytes, due_at: datetime) -> None:
        """Queue a message."""
        row = {"message_id": message_id, "topic": topic, "body": body, "state": "queued", "attempt": 0, "detail": ""}
        self._connection.execute(OUTBOX.insert().values(**row, due_at=canonical.instant(due_at)))

    def due(self, now: datetime, limit: int) -> list[Row]:
        """Return queued messages due by ``now``, longest due first."""
        where = (OUTBOX.c.state == "queued") & (OUTBOX.c.due_at <= canonical.instant(now))
        wanted = sa.select(OUTBOX).where(where).order_by(OUTBOX.c.due_at, OUTBOX.c.message_id).limit(limit)
        return [dict(row) for row in self._connection.execute(wanted).mappings()]

    def claim(self, topic: str, now: datetime, until: datetime, limit: int) -> list[Row]:
        """Return queued messages of a topic due by ``now``, longest due first, and make them due at ``until``."""
        where = (OUTBOX.c.state == "queued") & (OUTBOX.c.topic == topic) & (OUTBOX.c.due_at <= canonical.instant(now))
        wanted = sa.select(OUTBOX).where(where).order_by(OUTBOX.c.due_at, OUTBOX.c.message_id).limit(limit)
        # A writer holds the whole state already; the rows are locked besides, and what another holds is left to it.
        found = [dict(row) for row in self._connection.execute(wanted.with_for_update(skip_locked=True)).mappings()]
        ids = [row["message_id"] for row in found]
        held = OUTBOX.update().where(OUTBOX.c.message_id.in_(ids)).values(due_at=canonical.instant(until))
        self._connection.execute(held)
        return list(found)

    def settle(self, message_id: str, state: str, due_at: datetime | None, detail: str) -> None:
        """Note an attempt."""
        due = None if due_at is None else canonical.instant(due_at)
        row = {"state": state, "due_at": due, "detail": detail, "attempt": OUTBOX.c.attempt + 1}
        self._connection.execute(OUTBOX.update().where(OUTBOX.c.message_id == message_id).values(**row))

    def listing(self, state: str, after: str, limit: int) -> list[Row]:
        """Return messages in a state (empty: any) by id after ``after``."""
        where = [OUTBOX.c.message_id > after, *([OUTBOX.c.state == state] if state else [])]
        wanted = sa.select(OUTBOX).where(*where).order_by(OUTBOX.c.message_id).limit(limit)
        return [dict(row) for row in self._connection.execute(wanted).mappings()]

    def forget(self, state: str, until: datetime) -> int:
        """Remove messages that are in a state since ``until`` or longer; return how many."""
        where = (OUTBOX.c.state == state) & (OUTBOX.c.due_at <= canonical.instant(until))
        return self._connection.execute(OUTBOX.delete().where(where)).rowcount


_SHELVED = sa.select(SHELF.c.value).where(SHELF.c.kind == sa.bindparam("of_kind"), SHELF.c.key == sa.bindparam("under"))


class SqlShelf:
    """Small operational values of one database, within one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert

    def put(self, kind: str, key: str, value: bytes, expires_at: datetime | None) -> None:
        """Keep or replace a value."""
        kept = {"value": value, "expires_at": None if expires_at is None else canonical.instant(expires_at)}
        row = self._insert(SHELF).values(kind=kind, key=key, **kept)
        self._connection.execute(row.on_conflict_do_update(index_elements=["kind", "key"], set_=kept))

    def add(self, kind: str, key: str, value: bytes, expires_at: datetime | None) -> bool:
        """Keep a value only if the key is free; return whether it was."""
        until = None if expires_at is None else canonical.instant(expires_at)
        row = self._insert(SHELF).values(kind=kind, key=key, value=value, expires_at=until)
        kept = row.on_conflict_do_nothing().returning(SHELF.c.key)  # drivers disagree on row counts here
        return self._connection.execute(kept).first() is not None

    def get(self, kind: str, key: str) -> bytes | None:
        """Return the value or None."""
        value = self._connection.execute(_SHELVED, {"of_kind": kind, "under": key}).scalar()
        return None if value is None else bytes(value)

    def remove(self, kind: str, key: str) -> None:
        """Forget a value."""
        self._connection.execute(SHELF.delete().where((SHELF.c.kind == kind) & (SHELF.c.key == key)))

    def listing(self, kind: str, after: str, limit: int) -> list[tuple[str, bytes]]:
        """Return keys and values by key after ``after``."""
        where = (SHELF.c.kind == kind) & (SHELF.c.key > after)
        wanted = sa.select(SHELF.c.key, SHELF.c.value).where(where).order_by(SHELF.c.key).limit(limit)
        return [(key, bytes(value)) for key, value in self._connection.execute(wanted)]

    def expire(self, now: datetime) -> int:
        """Forget everything whose time is over; return how many."""
        return self._connection.execute(SHELF.delete().where(SHELF.c.expires_at <= canonical.instant(now))).rowcount
