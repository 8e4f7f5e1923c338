"""Signed notes: verifier keys and checkpoints, by the C2SP signed-note and checkpoint formats.

The trap guarded against: two byte forms of one note, of which one was signed and the other is read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from gatebook_verifier import ed25519

_KEY_ID, _KEY, _ROOT, _LINES = 4, 32, 32, 3
_MOST_NOTE = 1 << 20  # bytes
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]+")
_DASH = "\u2014 "


class DoesNotHold(Exception):
    """A check failed; the message says which and why."""


@dataclass(frozen=True)
class Checkpoint:
    """A signed tree head."""

    origin: str
    size: int
    root: bytes


def read_text(data: bytes, name: str) -> str:
    """Return UTF-8 text of at most a megabyte."""
    if len(data) > _MOST_NOTE:
        raise DoesNotHold(f"the {name} is larger than a megabyte")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise DoesNotHold(f"the {name} is not text") from None


def read_base64(text: str) -> bytes:
    """Read base64 of one form only: padding and unused bits as an encoder writes them."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise DoesNotHold("a part that should be base64 is not") from None
    if base64.b64encode(data).decode() != text:
        raise DoesNotHold("a base64 part has more than one form")
    return data


def number_of(text: str) -> int:
    """Return a size or index below 10**19: plain digits, no sign, no leading zero."""
    if not _NUMBER.fullmatch(text):
        raise DoesNotHold("a size or index is malformed")
    return int(text)


def read_vkey(vkey: str) -> tuple[str, bytes, bytes]:
    """Return (name, key id, public key) of a verifier key line; one line end after it is let stand."""
    name, _, rest = vkey.removesuffix("\n").partition("+")
    key_id, _, encoded = rest.partition("+")
    if not _NAME.fullmatch(name) or any("\ud800" <= c <= "\udfff" for c in name):
        raise DoesNotHold("the verifier key is malformed")
    key = read_base64(encoded)
    wanted = hashlib.sha256(name.encode() + b"\n" + key).digest()[:_KEY_ID]
    if len(key) != 1 + _KEY or key[:1] != b"\x01" or key_id != wanted.hex():
        raise DoesNotHold("the verifier key is malformed")
    return name, wanted, key[1:]


def read_checkpoint(note: bytes, vkey: str) -> Checkpoint:
    """Check a signed note and return its tree head. Every signature of the key has to hold; others are let stand."""
    name, key_id, key = read_vkey(vkey)
    text, separator, signatures = read_text(note, "checkpoint").rpartition("\n\n")
    text += "\n"
    if not separator or not signatures.endswith("\n"):
        raise DoesNotHold("the checkpoint has no signatures")
    lines = signatures.removesuffix("\n").split("\n")
    if any(not line.startswith(_DASH) for line in lines):
        raise DoesNotHold("a signature line is malformed")
    by_name = [
        read_base64(line.removeprefix(f"{_DASH}{name} ")) for line in lines if line.startswith(f"{_DASH}{name} ")
    ]
    mine = [data[_KEY_ID:] for data in by_name if data[:_KEY_ID] == key_id]
    if not mine or not all(ed25519.verify(key, signature, text.encode()) for signature in mine):
        raise DoesNotHold("the checkpoint is not signed by this key")
    return _head(text, name)


def _head(text: str, name: str) -> Checkpoint:
    lines = text.split("\n")[:-1]
    if len(lines) < _LINES or lines[0] != name or not all(lines):
        raise DoesNotHold("the checkpoint is malformed")
    root = read_base64(lines[2])
    if len(root) != _ROOT:
        raise DoesNotHold("the checkpoint's root is malformed")
    return Checkpoint(name, number_of(lines[1]), root)
