"""The ``KeyRing`` port in memory.

The trap guarded against: a destroyed subject that looks like one that never was; its name stays, without a key.
"""

from __future__ import annotations

import threading

from gatebook.errors import Shredded, VaultError


class MemoryKeyRing:
    """Wrapped data keys of this process; a destroyed one leaves its subject's name with no key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[str, tuple[str, bytes] | None] = {}

    def put(self, subject: str, key_id: str, wrapped: bytes) -> None:
        """Keep a subject's wrapped key."""
        with self._lock:
            if subject in self._keys:
                raise VaultError("this subject has a data key already, or it was destroyed")
            self._keys[subject] = (key_id, wrapped)

    def get(self, subject: str) -> tuple[str, bytes] | None:
        """Return (key id, wrapped); None when never made; Shredded when destroyed."""
        with self._lock:
            if subject in self._keys and self._keys[subject] is None:
                raise Shredded("the key of this subject was destroyed; what it sealed can never be opened again")
            return self._keys.get(subject)

    def rewrap(self, subject: str, key_id: str, wrapped: bytes) -> None:
        """Replace the wrapping of an existing key; a destroyed key stays destroyed."""
        with self._lock:
            if self._keys.get(subject) is not None:
                self._keys[subject] = (key_id, wrapped)

    def destroy(self, subject: str) -> None:
        """Destroy the key for ever and remember that it was."""
        with self._lock:
            self._keys[subject] = None

    def subjects(self, key_id: str, after: str, limit: int) -> list[str]:
        """Return subjects whose key is wrapped by ``key_id`` (empty: by any), after ``after``, in order."""
        with self._lock:
            held = [(s, kept[0]) for s, kept in self._keys.items() if kept is not None and s > after]
            found = sorted(s for s, by in held if key_id in ("", by))
        return found[:limit]

    def close(self) -> None:
        """Nothing is open."""
