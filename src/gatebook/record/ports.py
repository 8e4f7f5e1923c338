"""What record needs of a store, each port at most six methods, the guarantee in the docstring.

The trap guarded against: a store that answers before the bytes are safe, or that forgets half of a step.
All ports of one :class:`Work` share one transaction: when it ends by an exception, nothing of it remains.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from gatebook.record.registers import Change

Row = Mapping[str, Any]


class Ledger(Protocol):
    """Entries in order. Within a transaction positions are dense and final; two writers never get the same."""

    def append(self, entries: Sequence[bytes], leaf_hashes: Sequence[bytes]) -> int:
        """Append and return the position of the first; the head (size, frontier) moves with it."""
        ...

    def size(self) -> int:
        """Return how many entries there are."""
        ...

    def read(self, start: int, stop: int) -> list[bytes]:
        """Return entries ``start`` up to but not including ``stop``, in order."""
        ...

    def leaf_hashes(self, start: int, stop: int) -> list[bytes]:
        """Return the 32-byte leaf hashes of entries ``start`` up to ``stop``."""
        ...

    def lock(self) -> None:
        """Make this transaction the only writer until it ends; one begun by ``State.transaction`` is that already."""
        ...


class Registers(Protocol):
    """Current state, keyed rows as in ``record.registers.REGISTERS``. Absent columns read None."""

    def apply(self, changes: Sequence[Change]) -> None:
        """Carry out changes in order: make the row if absent, then set the given columns."""
        ...

    def get(self, register: str, key: str) -> Row | None:
        """Return one row or None."""
        ...

    def page(self, register: str, where: Mapping[str, Any], after: str, limit: int) -> list[Row]:
        """Return at most ``limit`` rows with every ``where`` column equal, key greater than ``after``, by key."""
        ...

    def count(self, register: str, where: Mapping[str, Any]) -> int:
        """Return how many rows have every ``where`` column equal."""
        ...

    def present(self, register: str, keys: Sequence[str]) -> set[str]:
        """Return those of the keys that have a row."""
        ...

    def clear(self) -> None:
        """Empty every register, before a rebuild."""
        ...


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """A sealed payload. ``ciphertext`` is nonce (12 bytes) then AES-256-GCM output; ``kind`` is an entry kind."""

    record_id: str
    subject: str
    kind: str
    ciphertext: bytes
    sealed_at: datetime


class SealedRecords(Protocol):
    """Sealed payloads and keyed index tags; holds no key and no plaintext."""

    def put(self, record: SealedRecord, tags: Sequence[tuple[str, bytes]]) -> None:
        """Keep a record and its index tags (field name, keyed tag); a record id is written once."""
        ...

    def get(self, record_id: str) -> SealedRecord | None:
        """Return a record or None."""
        ...

    def find(self, field: str, tag: bytes) -> list[str]:
        """Return the subjects that hold this exact tag, in order, each once."""
        ...

    def replace(self, record: SealedRecord, ended: Collection[str]) -> None:
        """Put a record that was sealed again in the place of itself; VaultError when it is not there.

        Its tags of the ``ended`` index fields go; the others are those of its new subject from then on.
        """
        ...

    def erase(self, subject: str) -> int:
        """Remove every record and tag of a subject; return how many records went."""
        ...


class Outbox(Protocol):
    """Messages to send, made durable with the act they tell of, and taken by one sender at a time."""

    def put(self, message_id: str, topic: str, body: bytes, due_at: datetime) -> None:
        """Queue a message."""
        ...

    def due(self, now: datetime, limit: int) -> list[Row]:
        """Return queued messages due by ``now``: message_id, topic, body, attempt, due_at."""
        ...

    def claim(self, topic: str, now: datetime, until: datetime, limit: int) -> list[Row]:
        """Return queued messages of a topic due by ``now``, longest due first, and make them due at ``until``.

        Of two who claim at once each message goes to one. It is no attempt: whoever dies with a claim leaves the
        messages as they were, due again at ``until``.
        """
        ...

    def settle(self, message_id: str, state: str, due_at: datetime | None, detail: str) -> None:
        """Note an attempt: ``queued`` again for ``due_at``; or ``sent`` or ``dead``, and ``due_at`` says since when."""
        ...

    def listing(self, state: str, after: str, limit: int) -> list[Row]:
        """Return messages in a state (empty: any) by id after ``after``, with attempt and detail."""
        ...

    def forget(self, state: str, until: datetime) -> int:
        """Remove messages that are in a state since ``until`` or longer; return how many."""
        ...


class Shelf(Protocol):
    """Small operational things by kind and key: idempotency keys, code challenges, API keys, endpoints.

    They are not registers: the ledger does not know them, and losing them loses no history.
    """

    def put(self, kind: str, key: str, value: bytes, expires_at: datetime | None) -> None:
        """Keep or replace a value."""
        ...

    def add(self, kind: str, key: str, value: bytes, expires_at: datetime | None) -> bool:
        """Keep a value only if the key is free; return whether it was."""
        ...

    def get(self, kind: str, key: str) -> bytes | None:
        """Return the value or None."""
        ...

    def remove(self, kind: str, key: str) -> None:
        """Forget a value; nothing happens when it is not there."""
        ...

    def listing(self, kind: str, after: str, limit: int) -> list[tuple[str, bytes]]:
        """Return keys and values by key after ``after``."""
        ...

    def expire(self, now: datetime) -> int:
        """Forget everything whose time is over; return how many."""
        ...


class Work(Protocol):
    """One transaction: everything done through it happens, or nothing does."""

    @property
    def ledger(self) -> Ledger: ...  # noqa: D102  the type says it

    @property
    def registers(self) -> Registers: ...  # noqa: D102  the type says it

    @property
    def records(self) -> SealedRecords: ...  # noqa: D102  the type says it

    @property
    def outbox(self) -> Outbox: ...  # noqa: D102  the type says it

    @property
    def shelf(self) -> Shelf: ...  # noqa: D102  the type says it


class State(Protocol):
    """Where all state lies. A committed transaction survives the loss of the process and of power.

    Guarantee: writers take turns, from before their first statement until they end, in every thread and process.
    Whatever one reads is therefore what the one before it left, and no two wait for each other.
    """

    def transaction(self) -> AbstractContextManager[Work]:
        """Begin as the only writer; commit when the block ends, roll back when it raises.

        Raises Conflict for what is kept already and Unavailable when the turn does not come; both keep nothing.
        """
        ...

    def read(self) -> AbstractContextManager[Work]:
        """Begin a look at one state that takes no writer's turn; writing through it raises Unavailable."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


class KeyRing(Protocol):
    """Wrapped data keys, one per subject, in a store of their own outside ordinary backups.

    Guarantee: after ``destroy`` returns, the wrapped key can no longer be read through the ring and is in no file its
    rows lie in. A database server's own log may keep it a while; each store says so, and how that ends.
    """

    def put(self, subject: str, key_id: str, wrapped: bytes) -> None:
        """Keep a subject's wrapped key; refuses (VaultError) when there is one or it was destroyed."""
        ...

    def get(self, subject: str) -> tuple[str, bytes] | None:
        """Return (key-encryption key id, wrapped key); None when never made; Shredded when destroyed."""
        ...

    def rewrap(self, subject: str, key_id: str, wrapped: bytes) -> None:
        """Replace the wrapping of an existing key."""
        ...

    def destroy(self, subject: str) -> None:
        """Destroy the key for ever and remember that it was; doing it twice is the same as once."""
        ...

    def subjects(self, key_id: str, after: str, limit: int) -> list[str]:
        """Return subjects whose key is wrapped by ``key_id`` (empty: by any), after ``after``, in order."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


class KeyEncryption(Protocol):
    """A service that wraps data keys; the key-encryption key never leaves it."""

    def wrap(self, plaintext: bytes, context: bytes) -> tuple[str, bytes]:
        """Wrap under the current key, bound to ``context``; return (key id, wrapped)."""
        ...

    def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        """Unwrap; VaultError when the key is not there or the context is another."""
        ...

    def rotate(self) -> str:
        """Make a new current key and return its id; old ones still unwrap."""
        ...

    def current(self) -> str:
        """Return the id of the current key."""
        ...

    def index_key(self, field: str) -> bytes:
        """Return the 32-byte key under which values of ``field`` are indexed."""
        ...


class Tiles(Protocol):
    """Static tlog-tiles files. A write is durable when it returns; a full tile never changes.

    Guarantee: of all publishers of one log, in every thread and process, one at a time is within ``publishing``.
    Whoever writes a checkpoint is there from reading the old one on; readers need no turn.
    """

    def read_tile(self, path: str) -> bytes:
        """Return a tile's bytes; LedgerError when it is not there."""
        ...

    def write_tile(self, path: str, data: bytes) -> None:
        """Write a tile durably."""
        ...

    def read_checkpoint(self) -> bytes | None:
        """Return the signed checkpoint, or None when none was published."""
        ...

    def write_checkpoint(self, data: bytes) -> None:
        """Replace the checkpoint durably; done after every tile it covers."""
        ...

    def has_tiles(self) -> bool:
        """Return whether there is any tile, whatever the checkpoint says."""
        ...

    def publishing(self) -> AbstractContextManager[None]:
        """Wait for the turn to publish and hold it until the block ends; a publisher that dies gives it back."""
        ...


class LastSigned(Protocol):
    """The newest tree head this house signed, kept beside its signing key: apart from database and ledger folder.

    Guarantee: a head is durable when ``keep`` returns, and is kept before anybody else sees its signature. Whoever
    puts an older database and an older ledger back therefore does not take back what was promised.
    """

    def read(self) -> bytes | None:
        """Return the signed note that was kept last, or None when none ever was."""
        ...

    def keep(self, note: bytes) -> None:
        """Replace it durably; done by the one publisher who has the turn."""
        ...
