"""Cosignatures: what a witness signs of a checkpoint, by C2SP tlog-cosignature (cosignature/v1, Ed25519).

The trap guarded against: a witness's word taken for another head, another time, or another witness. The message holds
the whole text of the checkpoint and the time, and a line counts only under the key it names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gatebook.errors import LedgerError
from gatebook.record.checkpoint import WITNESS_KEY, Checkpoint, Signature, key_id, note_of, parse_vkey

_TIME, _SIGNATURE = 8, 64
_LAST = 253_402_300_799  # the end of the year 9999, in seconds: what a calendar can say


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness: its name and its raw 32-byte Ed25519 key."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The 4 bytes its signature lines begin with."""
        return key_id(self.name, self.public_key, WITNESS_KEY)


def cosigner_of(vkey: str) -> Cosigner:
    """Return the witness of a verifier key line (type 0x04). Raises LedgerError."""
    return Cosigner(*parse_vkey(vkey, WITNESS_KEY))


def message_of(text: str, at: int) -> bytes:
    """Return what is signed: a header, the time in seconds since 1970, and the text of the checkpoint."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def cosign(text: str, cosigner: Cosigner, at: int, sign: Callable[[bytes], bytes]) -> Signature:
    """Return the witness's signature over a checkpoint's text at a time."""
    if not 0 <= at <= _LAST:
        raise LedgerError("a cosignature has a time between 1970 and 9999")
    return Signature(cosigner.name, cosigner.key_id, at.to_bytes(_TIME, "big") + sign(message_of(text, at)))


def cosigned_at(head: Checkpoint, cosigner: Cosigner) -> int | None:
    """Return when this witness cosigned ``head``, its latest time; None when it did not.

    Raises LedgerError when any line under its key does not hold: a note with one is not to be believed.
    """
    times = [_checked(head.text, cosigner, line) for line in head.signatures if _is_of(line, cosigner)]
    return max(times, default=None)


def with_cosignature(head: Checkpoint, found: Checkpoint, cosigner: Cosigner) -> Checkpoint:
    """Return ``head`` with the newest line of this witness in ``found``, in place of any it had. Raises LedgerError.

    ``found`` is a note over the same text; whatever else it carries stays behind.
    """
    lines = [line for line in found.signatures if _is_of(line, cosigner)]
    if found.text != head.text or not lines:
        raise LedgerError("there is no cosignature of this witness over this checkpoint")
    newest = max(lines, key=lambda line: _checked(head.text, cosigner, line))
    others = tuple(line for line in head.signatures if not _is_of(line, cosigner))
    return replace(head, signatures=(*others, newest))


def to_note(head: Checkpoint) -> bytes:
    """Return the signed note of a head with all the signatures it has."""
    return note_of(head.text, head.signatures)


def _is_of(line: Signature, cosigner: Cosigner) -> bool:
    return (line.name, line.key_id) == (cosigner.name, cosigner.key_id)


def _checked(text: str, cosigner: Cosigner, line: Signature) -> int:
    """Return the time of a cosignature that holds."""
    at, signature = int.from_bytes(line.data[:_TIME], "big"), line.data[_TIME:]
    if len(signature) != _SIGNATURE or at > _LAST:
        raise LedgerError("a cosignature is malformed")
    try:
        Ed25519PublicKey.from_public_bytes(cosigner.public_key).verify(signature, message_of(text, at))
    except (InvalidSignature, ValueError):
        raise LedgerError("a cosignature does not hold") from None
    return at
