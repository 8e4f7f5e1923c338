"""Signed notes: verifier keys, checkpoints and cosignatures, in the forms C2SP gives them.

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
_LOG, _WITNESS = b"\x01", b"\x04"  # the kind of a key: a log's, and a witness's (tlog-cosignature)
_TIME, _SIGNATURE, _MOST_TIME = 8, 64, 2**63 - 1
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


def _without_end(text: str) -> str:
    """Return a text without the one line end it may have."""
    return text[:-1] if text.endswith("\n") else text


def read_vkey(vkey: str, kind: bytes = _LOG) -> tuple[str, bytes, bytes]:
    """Return (name, key id, public key) of a verifier key line of a kind; one line end after it is let stand."""
    name, _, rest = _without_end(vkey).partition("+")
    key_id, _, encoded = rest.partition("+")
    if not _NAME.fullmatch(name) or any("\ud800" <= c <= "\udfff" for c in name):
        raise DoesNotHold("the verifier key is malformed")
    key = read_base64(encoded)
    wanted = hashlib.sha256(name.encode() + b"\n" + key).digest()[:_KEY_ID]
    if len(key) != 1 + _KEY or key[:1] != kind or key_id != wanted.hex():
        raise DoesNotHold("the verifier key is malformed")
    return name, wanted, key[1:]


def read_checkpoint(note: bytes, vkey: str) -> Checkpoint:
    """Check a signed note and return its tree head. Every signature of the key has to hold; others are let stand."""
    return _head(read_note(note, vkey, "checkpoint"), read_vkey(vkey)[0])


def read_note(note: bytes, vkey: str, called: str) -> str:
    """Return the text of a signed note, whose every signature of the key holds."""
    name, key_id, key = read_vkey(vkey)
    text, lines = _split(note, called)
    mine = _signatures(lines, name, key_id)
    if not mine or not all(ed25519.verify(key, signature, text.encode()) for signature in mine):
        raise DoesNotHold(f"the {called} is not signed by this key")
    return text


def read_cosignatures(note: bytes, witness_vkeys: list[str]) -> list[tuple[str, int]]:
    """Return (name, time in seconds since 1970) of each of these witnesses that cosigned, in the order given.

    One that did not is left out; one with a line that does not hold ends in DoesNotHold, as do two names of one key,
    whose word would count twice. Whether the log itself signed the note is :func:`read_checkpoint`'s to say.
    """
    text, lines = _split(note)
    keys = [read_vkey(vkey, _WITNESS) for vkey in witness_vkeys]
    if len({key for _, _, key in keys}) != len(keys):
        raise DoesNotHold("a witness is named twice, or two have one key")
    found = []
    for name, key_id, key in keys:
        times = [_cosigned_at(text, name, key, data) for data in _signatures(lines, name, key_id)]
        if times:
            found.append((name, max(times)))
    return found


def require_cosignatures(note: bytes, witness_vkeys: list[str]) -> list[tuple[str, int]]:
    """Return when each of these witnesses cosigned. Raises DoesNotHold naming those that did not."""
    found = read_cosignatures(note, witness_vkeys)
    if len(found) != len(witness_vkeys):
        names = [read_vkey(vkey, _WITNESS)[0] for vkey in witness_vkeys if not read_cosignatures(note, [vkey])]
        raise DoesNotHold(f"the checkpoint is not cosigned by {', '.join(names)}")
    return found


def _cosigned_at(text: str, name: str, key: bytes, data: bytes) -> int:
    at, signature = int.from_bytes(data[:_TIME], "big"), data[_TIME:]
    signed = f"cosignature/v1\ntime {at}\n{text}".encode()
    if len(signature) != _SIGNATURE or at > _MOST_TIME or not ed25519.verify(key, signature, signed):
        raise DoesNotHold(f"the cosignature of {name} does not hold")
    return at


def _split(note: bytes, called: str = "checkpoint") -> tuple[str, list[str]]:
    """Return the signed text and the signature lines."""
    text, separator, signatures = read_text(note, called).rpartition("\n\n")
    if not separator or not signatures.endswith("\n"):
        raise DoesNotHold(f"the {called} has no signatures")
    lines = _without_end(signatures).split("\n")
    if any(not line.startswith(_DASH) for line in lines):
        raise DoesNotHold("a signature line is malformed")
    return text + "\n", lines


def _signatures(lines: list[str], name: str, key_id: bytes) -> list[bytes]:
    """Return what follows the key id in every line of this name and key."""
    start = f"{_DASH}{name} "
    by_name = [read_base64(line[len(start) :]) for line in lines if line.startswith(start)]
    return [data[_KEY_ID:] for data in by_name if data[:_KEY_ID] == key_id]


def _head(text: str, name: str) -> Checkpoint:
    lines = text.split("\n")[:-1]
    if len(lines) < _LINES or lines[0] != name or not all(lines):
        raise DoesNotHold("the checkpoint is malformed")
    root = read_base64(lines[2])
    if len(root) != _ROOT:
        raise DoesNotHold("the checkpoint's root is malformed")
    return Checkpoint(name, number_of(lines[1]), root)
