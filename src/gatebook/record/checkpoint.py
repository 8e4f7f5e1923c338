"""Checkpoints: signed tree heads in the C2SP checkpoint and signed-note formats, Ed25519.

The trap guarded against: a signature over other bytes than those that are read. What is parsed is what was signed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gatebook.errors import LedgerError, TooLarge

#: The algorithm byte of a key: of a log's own signature, and of a witness's (tlog-cosignature). Both are Ed25519.
LOG_KEY, WITNESS_KEY = b"\x01", b"\x04"
_ROOT, _KEY_ID, _HEAD_LINES = 32, 4, 3
_MOST_NOTE = 1 << 20  # bytes; sixteen post-quantum signatures are a tenth of it
_DASH = "\u2014 "
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line of a note: whose it says it is, which key, and the bytes after the key id."""

    name: str
    key_id: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: origin, number of leaves, root, the text that was signed, and every signature line.

    Signatures of others (witnesses) are kept as they came; only :func:`verify_checkpoint` says one holds.
    """

    origin: str
    size: int
    root: bytes
    text: str
    signatures: tuple[Signature, ...] = ()


def key_id(name: str, public_key: bytes, kind: bytes = LOG_KEY) -> bytes:
    """Return the 4 bytes by which a signature line says whose it is."""
    return hashlib.sha256(name.encode() + b"\n" + kind + public_key).digest()[:_KEY_ID]


def _check_name(name: str) -> None:
    if not name or any(c.isspace() or c == "+" or c < " " for c in name):
        raise LedgerError("a key name has no space and no plus sign")


def vkey_of(name: str, public_key: bytes, kind: bytes = LOG_KEY) -> str:
    """Return the verifier key line: name, key id, and base64 of the algorithm byte and the 32-byte key."""
    _check_name(name)
    if len(public_key) != _ROOT:
        raise LedgerError("an Ed25519 public key is 32 bytes long")
    return f"{name}+{key_id(name, public_key, kind).hex()}+{base64.b64encode(kind + public_key).decode()}"


def parse_vkey(vkey: str, kind: bytes = LOG_KEY) -> tuple[str, bytes]:
    """Return (name, public key). Raises LedgerError for anything malformed."""
    name, _, rest = vkey.strip().partition("+")
    hexed, _, encoded = rest.partition("+")
    _check_name(name)
    data = read_base64(encoded)
    if data[:1] != kind or len(data) != 1 + _ROOT or hexed != key_id(name, data[1:], kind).hex():
        raise LedgerError("this is not an Ed25519 verifier key")
    return name, data[1:]


def sign_checkpoint(origin: str, size: int, root: bytes, sign: Callable[[bytes], bytes], public_key: bytes) -> bytes:
    """Return the signed note of a tree head. ``origin`` is also the key's name."""
    _check_name(origin)
    if size < 0 or len(root) != _ROOT:
        raise LedgerError("a tree head has a size and a root of 32 bytes")
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    return note_of(text, (Signature(origin, key_id(origin, public_key), sign(text.encode())),))


def note_of(text: str, signatures: Sequence[Signature]) -> bytes:
    """Return the signed note of a text and its signature lines."""
    return f"{text}\n{''.join(map(line_of, signatures))}".encode()


def line_of(signature: Signature) -> str:
    """Return a signature as its line."""
    return f"{_DASH}{signature.name} {base64.b64encode(signature.key_id + signature.data).decode()}\n"


def parse_checkpoint(note: bytes) -> Checkpoint:
    """Return the tree head of a note, nobody's signature checked; extension lines are let stand.

    For showing and for merging witness lines; to believe it, call :func:`verify_checkpoint`.
    """
    text, signatures = _split(note)
    lines = text.split("\n")[:-1]
    if len(lines) < _HEAD_LINES or not all(lines) or not _SIZE.fullmatch(lines[1]):
        raise LedgerError("the checkpoint is malformed")
    root = read_base64(lines[2])
    if len(root) != _ROOT:
        raise LedgerError("the checkpoint's root is malformed")
    return Checkpoint(lines[0], int(lines[1]), root, text, tuple(_signature(line) for line in signatures))


def verify_checkpoint(note: bytes, vkey: str) -> Checkpoint:
    """Return the tree head if ``vkey`` signed it; signatures of others (witnesses) are let stand.

    Raises LedgerError naming what does not hold.
    """
    name, public_key = parse_vkey(vkey)
    head = parse_checkpoint(note)
    mine = [s.data for s in head.signatures if (s.name, s.key_id) == (name, key_id(name, public_key))]
    if not mine:
        raise LedgerError("the checkpoint is not signed by this key")
    for signature in mine:
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(signature, head.text.encode())
        except (InvalidSignature, ValueError):
            raise LedgerError("the checkpoint's signature does not hold") from None
    if head.origin != name:
        raise LedgerError("the checkpoint's origin is not the name of its key")
    return head


def _split(note: bytes) -> tuple[str, list[str]]:
    """Return the signed text, up to the last empty line, and the signature lines."""
    if len(note) > _MOST_NOTE:
        raise TooLarge("the checkpoint is larger than a megabyte")
    try:
        text, separator, signatures = note.decode().rpartition("\n\n")
    except UnicodeDecodeError:
        raise LedgerError("the checkpoint is not text") from None
    if not separator or not signatures.endswith("\n") or any(c < " " and c != "\n" for c in text + signatures):
        raise LedgerError("the checkpoint is not a signed note")
    return text + "\n", signatures[:-1].split("\n")


def _signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not name:
        raise LedgerError("a signature line of the checkpoint is malformed")
    data = read_base64(encoded)
    return Signature(name, data[:_KEY_ID], data[_KEY_ID:])


def read_base64(text: str) -> bytes:
    """Read base64 of one form only: padding and unused bits as an encoder writes them."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise LedgerError("a part that should be base64 is not") from None
    if base64.b64encode(data).decode() != text:
        raise LedgerError("a base64 part has more than one form")
    return data
