"""A log of its own for tests of witnesses: leaves in memory, a key, and whatever heads and proofs it likes to sign."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gatebook.record import merkle
from gatebook.record.checkpoint import sign_checkpoint, vkey_of
from gatebook.record.witness_form import Submission


def raw(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


@dataclass(frozen=True)
class Log:
    """Forked by giving the same key other leaves."""

    origin: str = "peer.example/house"
    seed: bytes = b"\x07" * 32
    leaves: tuple[bytes, ...] = field(default_factory=lambda: tuple(b"leaf %d" % n for n in range(40)))

    @property
    def key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def vkey(self) -> str:
        return vkey_of(self.origin, raw(self.key))

    def forked_at(self, size: int) -> Log:
        return replace(self, leaves=self.leaves[:size] + tuple(b"other %d" % n for n in range(size, 40)))

    def _hashes(self, size: int) -> list[bytes]:
        return [merkle.leaf_hash(leaf) for leaf in self.leaves[:size]]

    def note(self, size: int) -> bytes:
        return sign_checkpoint(self.origin, size, merkle.root_of(self._hashes(size)), self.key.sign, raw(self.key))

    def proof(self, old: int, size: int) -> tuple[bytes, ...]:
        if not 0 < old <= size:
            return ()
        return tuple(merkle.consistency_proof(old, size, merkle.reader_of(self._hashes(size))))

    def body(self, old: int, size: int, **changes: Any) -> bytes:
        return replace(Submission(old, self.proof(old, size), self.note(size)), **changes).to_bytes()
