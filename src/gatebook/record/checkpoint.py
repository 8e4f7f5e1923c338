"""Checkpoints: signed tree heads in the C2SP checkpoint and signed-note formats, Ed25519.

The trap guarded against: a signature over other bytes than those that are read. What is parsed is what was signed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gatebook.errors import LedgerError

_ED25519 = b"\x01"
_ROOT, _KEY_ID = 32, 4


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: origin, number of leaves, root, and the text that was signed."""

    origin: str
    size: int
    root: bytes
    text: str


def _key_id(name: str, public_key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:_KEY_ID]


def vkey_of(name: str, public_key: bytes) -> str:
    """Return the verifier key line: name, key id, and base64 of the algorithm byte and the 32-byte key."""
    if not name or any(c.isspace() or c == "+" for c in name):
        raise LedgerError("a key name has no space and no plus sign")
    return f"{name}+{_key_id(name, public_key).hex()}+{base64.b64encode(_ED25519 + public_key).decode()}"


def parse_vkey(vkey: str) -> tuple[str, bytes]:
    """Return (name, public key). Raises LedgerError for anything malformed."""
    name, _, rest = vkey.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    data = _base64(encoded)
    if data[:1] != _ED25519 or len(data) != 1 + _ROOT or key_id != _key_id(name, data[1:]).hex():
        raise LedgerError("this is not an Ed25519 verifier key")
    return name, data[1:]


def sign_checkpoint(origin: str, size: int, root: bytes, sign: Callable[[bytes], bytes], public_key: bytes) -> bytes:
    """Return the signed note of a tree head."""
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    signature = base64.b64encode(_key_id(origin, public_key) + sign(text.encode())).decode()
    return f"{text}\n— {origin} {signature}\n".encode()


def verify_checkpoint(note: bytes, vkey: str) -> Checkpoint:
    """Return the tree head if ``vkey`` signed it; signatures of others (witnesses) are let stand.

    Raises LedgerError naming what does not hold.
    """
    try:
        text, _, signatures = note.decode().rpartition("\n\n")
    except UnicodeDecodeError:
        raise LedgerError("the checkpoint is not text") from None
    text += "\n"
    name, public_key = parse_vkey(vkey)
    prefix = f"— {name} "
    mine = [_base64(line.removeprefix(prefix)) for line in signatures.splitlines() if line.startswith(prefix)]
    mine = [s[_KEY_ID:] for s in mine if s[:_KEY_ID] == _key_id(name, public_key)]
    if not mine:
        raise LedgerError("the checkpoint is not signed by this key")
    for signature in mine:
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(signature, text.encode())
        except InvalidSignature:
            raise LedgerError("the checkpoint's signature does not hold") from None
    return _parse(text, name)


def _parse(text: str, name: str) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) < 4 or lines[0] != name or not lines[1].isdigit() or str(int(lines[1])) != lines[1]:  # noqa: PLR2004  origin, size, root, end
        raise LedgerError("the checkpoint is malformed")
    root = _base64(lines[2])
    if len(root) != _ROOT:
        raise LedgerError("the checkpoint's root is malformed")
    return Checkpoint(lines[0], int(lines[1]), root, text)


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise LedgerError("a part that should be base64 is not") from None
