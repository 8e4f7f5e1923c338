"""The vault: personal data sealed under a key per subject, so that destroying one key ends one person's data.

The trap guarded against: a second way to plaintext. Only ``record/access`` and ``wiring`` may import this.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gatebook import canonical
from gatebook.canonical import Plain
from gatebook.errors import LedgerError, Shredded, VaultError
from gatebook.record.fields import (
    Field,
    Part,
    commitment_of,
    fields_of,
    hide,
    is_by_field,
    parts_from_plain,
    parts_to_plain,
    payload_of,
)
from gatebook.record.ports import KeyEncryption, KeyRing, SealedRecord

#: Given an entry kind, the pointers of a payload's fields and the payload: the pointers of those that stay.
Left = Callable[[str, Sequence[str], Plain], Collection[str]]
_NONCE, _SALT, _KEY, _TAG = 12, 16, 32, 16
_ANOTHER = "a sealed record does not match the commitment in the ledger"


def _whole(salt: bytes, payload: Plain) -> str:
    """The commitment of older records: SHA-256 over salt and canonical bytes of the payload as a whole, as hex."""
    return hashlib.sha256(salt + canonical.encode(payload)).hexdigest()


def _bound_to(record: SealedRecord) -> bytes:
    # The ciphertext of one record cannot be passed off as another's.
    return canonical.encode([record.record_id, record.subject, record.kind])


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals and opens with data keys wrapped by ``keys`` and kept in ``ring``; ``draw(n)`` gives n random bytes."""

    ring: KeyRing
    keys: KeyEncryption
    draw: Callable[[int], bytes]

    def seal(self, record_id: str, subject: str, kind: str, payload: Plain, at: datetime) -> tuple[SealedRecord, str]:
        """Seal ``payload``; return the record and its commitment. Raises Shredded for a destroyed subject."""
        salt = self.draw(_SALT)
        record = self._sealed(SealedRecord(record_id, subject, kind, b"", at), {"payload": payload, "salt": salt.hex()})
        return record, commitment_of(fields_of(payload, salt))

    def seal_again(self, record: SealedRecord, subject: str, parts: Sequence[Part]) -> SealedRecord:
        """Seal what is left of a record under another subject's key; what ``parts`` hide can be opened no more.

        The salts of what is left are sealed one by one: the one they were made from would tell those of the rest.
        """
        bare = SealedRecord(record.record_id, subject, record.kind, b"", record.sealed_at)
        return self._sealed(bare, {"parts": parts_to_plain(parts)})

    def seal_less(self, record: SealedRecord, commitment: str, subject: str, left: Left) -> SealedRecord:
        """Seal a record under another subject's key with the fields that ``left`` leaves of it, and none besides.

        One whose commitment is over the whole of it goes over whole: what is left of it could not be proved.
        """
        inner = self._opened(record)
        if "parts" not in inner and not is_by_field(commitment):
            bare = SealedRecord(record.record_id, subject, record.kind, b"", record.sealed_at)
            return self._sealed(bare, dict(inner))
        parts = self._parts(inner, commitment)
        payload = payload_of(parts) or {}  # of some there is nothing left already
        stays = left(record.kind, [part.pointer for part in parts if isinstance(part, Field)], payload)
        return self.seal_again(record, subject, hide(parts, lambda pointer: pointer in stays))

    def has_key(self, subject: str) -> bool:
        """Return whether the subject has a data key; one that was destroyed it has no more."""
        return not self.is_destroyed(subject) and self.ring.get(subject) is not None

    def is_destroyed(self, subject: str) -> bool:
        """Return whether the subject had a data key that was destroyed."""
        try:
            self.ring.get(subject)
        except Shredded:
            return True
        return False

    def unseal(self, record: SealedRecord, commitment: str, *, in_part: bool = False) -> Plain:
        """Return the payload, checked against the ledger's commitment.

        Of fields that were ended nothing is left in it, and without ``in_part`` such a record is not opened.
        Raises Shredded when the key was destroyed, VaultError when the bytes do not open, LedgerError when they
        open to something else than was entered.
        """
        inner = self._opened(record)
        if "parts" in inner or is_by_field(commitment):
            parts = self._parts(inner, commitment)
            if not in_part and any(isinstance(part, bytes) for part in parts):
                raise Shredded("a part of this record was ended when its time was over")
            whole = payload_of(parts)
            return {} if whole is None else whole  # of some that were ended in part there is nothing left
        if not hmac.compare_digest(_whole(bytes.fromhex(inner["salt"]), inner["payload"]), commitment):
            raise LedgerError(_ANOTHER)
        payload: Plain = inner["payload"]
        return payload

    def unseal_parts(self, record: SealedRecord, commitment: str) -> tuple[Part, ...]:
        """Return the payload field by field with its salts, checked as in :meth:`unseal`.

        Raises VaultError for an older record, whose commitment is over the whole of it.
        """
        inner = self._opened(record)
        if "parts" not in inner and not is_by_field(commitment):
            raise VaultError("this record was sealed before records were committed to field by field")
        return self._parts(inner, commitment)

    def _parts(self, inner: Mapping[str, Any], commitment: str) -> tuple[Part, ...]:
        if "parts" in inner:
            parts = parts_from_plain(inner["parts"])
        else:
            parts = fields_of(inner["payload"], bytes.fromhex(inner["salt"]))
        if not hmac.compare_digest(commitment_of(parts), commitment):
            raise LedgerError(_ANOTHER)
        return parts

    def _sealed(self, bare: SealedRecord, inner: Plain) -> SealedRecord:
        nonce = self.draw(_NONCE)
        key = self._data_key(bare.subject)
        return replace(bare, ciphertext=nonce + AESGCM(key).encrypt(nonce, canonical.encode(inner), _bound_to(bare)))

    def _opened(self, record: SealedRecord) -> Mapping[str, Any]:
        held = self.ring.get(record.subject)
        if held is None:
            raise VaultError("this subject has no data key; the key ring does not belong to this state")
        key = self.keys.unwrap(held[0], held[1], record.subject.encode())
        nonce, sealed = record.ciphertext[:_NONCE], record.ciphertext[_NONCE:]
        try:
            inner = canonical.decode(AESGCM(key).decrypt(nonce, sealed, _bound_to(record)))
        except InvalidTag:
            raise VaultError("a sealed record does not open: its bytes or its key were changed") from None
        assert isinstance(inner, dict)  # noqa: S101  we wrote it, and the tag says nobody changed it
        return inner

    def tag(self, field: str, value: str) -> bytes:
        """Return the keyed index tag of a normalised value: HMAC-SHA256 under the field's own key, 16 bytes."""
        return hmac.digest(self.keys.index_key(field), value.encode(), "sha256")[:_TAG]

    def shred(self, subject: str) -> None:
        """Destroy the subject's data key. Doing it twice is the same as once."""
        self.ring.destroy(subject)

    def rotate(self) -> tuple[str, int]:
        """Rewrap every data key under a new key-encryption key; return its id and how many were rewrapped.

        Whatever an earlier rotation left under an older key, cut off by a crash, is rewrapped with the rest.
        """
        new, done, after = self.keys.rotate(), 0, ""
        while subjects := self.ring.subjects("", after, 500):
            done += sum(self._rewrap(subject, new) for subject in subjects)
            after = subjects[-1]
        return new, done

    def _rewrap(self, subject: str, key_id: str) -> bool:
        try:
            held = self.ring.get(subject)
        except Shredded:  # destroyed since it was listed
            return False
        if held is None or held[0] == key_id:
            return False
        key = self.keys.unwrap(held[0], held[1], subject.encode())
        self.ring.rewrap(subject, *self.keys.wrap(key, subject.encode()))
        return True

    def _data_key(self, subject: str) -> bytes:
        held = self.ring.get(subject)
        if held is None:
            key = self.draw(_KEY)
            self.ring.put(subject, *self.keys.wrap(key, subject.encode()))
            return key
        return self.keys.unwrap(held[0], held[1], subject.encode())
