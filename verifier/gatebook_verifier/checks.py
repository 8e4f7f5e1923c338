"""The checks: checkpoint, whole log, consistency and inclusion, from files alone.

The trap guarded against: trusting a stored hash. Whatever a check says, it computed from entries or from a proof
that ends at a signed root.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gatebook_verifier import ed25519

_WIDTH, _HASH, _KEY_ID = 256, 32, 4


class DoesNotHold(Exception):
    """A check failed; the message says which and why."""


@dataclass(frozen=True)
class Checkpoint:
    """A signed tree head."""

    origin: str
    size: int
    root: bytes


def _base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise DoesNotHold("a part that should be base64 is not") from None
    if base64.b64encode(data).decode() != text:
        raise DoesNotHold("a base64 part has more than one form")
    return data


def leaf(data: bytes) -> bytes:
    """Return the RFC 6962 hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Return the RFC 6962 hash of a node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes, by a stack of complete subtrees."""
    stack: list[tuple[int, bytes]] = []
    for digest in hashes:
        height, top = 0, digest
        while stack and stack[-1][0] == height:
            top, height = node(stack.pop()[1], top), height + 1
        stack.append((height, top))
    if not stack:
        return hashlib.sha256(b"").digest()
    found = stack.pop()[1]
    while stack:
        found = node(stack.pop()[1], found)
    return found


def read_checkpoint(note: bytes, vkey: str) -> Checkpoint:
    """Check a signed note and return its tree head."""
    name, _, rest = vkey.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    key = _base64(encoded)
    wanted = hashlib.sha256(name.encode() + b"\n" + key).digest()[:_KEY_ID]
    if len(key) != 1 + _HASH or key[:1] != b"\x01" or key_id != wanted.hex():
        raise DoesNotHold("the verifier key is malformed")
    try:
        text, separator, signatures = note.decode().partition("\n\n")
    except UnicodeDecodeError:
        raise DoesNotHold("the checkpoint is not text") from None
    if not separator or not signatures.endswith("\n"):
        raise DoesNotHold("the checkpoint has no signatures")
    text += "\n"
    prefix = f"\u2014 {name} "
    lines = signatures.removesuffix("\n").split("\n")
    if any(not line.startswith("\u2014 ") for line in lines):
        raise DoesNotHold("a signature line is malformed")
    mine = [
        data[_KEY_ID:]
        for line in lines
        if line.startswith(prefix)
        if (data := _base64(line.removeprefix(prefix)))[:_KEY_ID] == wanted
    ]
    if not mine or not all(ed25519.verify(key[1:], signature, text.encode()) for signature in mine):
        raise DoesNotHold("the checkpoint is not signed by this key")
    return _head(text, name)


def _head(text: str, name: str) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) < 4 or lines[0] != name or not lines[1].isdecimal() or str(int(lines[1])) != lines[1]:  # noqa: PLR2004  three lines and an end
        raise DoesNotHold("the checkpoint is malformed")
    root = _base64(lines[2])
    if len(root) != _HASH:
        raise DoesNotHold("the checkpoint's root is malformed")
    return Checkpoint(name, int(lines[1]), root)


def _number(index: int) -> str:
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    return "/".join(groups)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise DoesNotHold(f"the file {path.name} of the log is missing") from None


def _file(folder: Path, kind: str, index: int, width: int) -> bytes:
    partial = "" if width == _WIDTH else f".p/{width}"
    return _read(folder / "tile" / kind / f"{_number(index)}{partial}")


def read_entries(folder: Path, size: int) -> list[bytes]:
    """Return the first ``size`` entries from the log's bundles; each bundle has to be used up exactly."""
    entries: list[bytes] = []
    for index in range((size + _WIDTH - 1) // _WIDTH):
        width = min(_WIDTH, size - index * _WIDTH)
        data, at = _file(folder, "entries", index, width), 0
        for _ in range(width):
            length = int.from_bytes(data[at : at + 2], "big")
            entries.append(data[at + 2 : at + 2 + length])
            at += 2 + length
        if at != len(data):
            raise DoesNotHold(f"bundle {index} has the wrong length")
    return entries


def check_log(folder: Path, vkey: str) -> str:
    """Recompute the tree from every entry and compare it with every tile and the signed root."""
    head = read_checkpoint(_read(folder / "checkpoint"), vkey)
    entries = read_entries(folder, head.size)
    for position, entry in enumerate(entries):
        _check_entry(position, entry)
    hashes = [leaf(entry) for entry in entries]
    if root_of(hashes) != head.root:
        raise DoesNotHold("the entries do not lead to the signed root")
    level, row = 0, hashes
    while row:
        for index in range((len(row) + _WIDTH - 1) // _WIDTH):
            part = row[index * _WIDTH : (index + 1) * _WIDTH]
            if _file(folder, str(level), index, len(part)) != b"".join(part):
                raise DoesNotHold(f"tile {level}/{index} does not follow from the entries")
        row = [root_of(row[n : n + _WIDTH]) for n in range(0, len(row) - len(row) % _WIDTH, _WIDTH)]
        level += 1
    return f"{head.size} entries lead to the root signed by {head.origin}, and every tile follows from them."


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise DoesNotHold("an entry names a key twice")
    return dict(pairs)


def _check_entry(position: int, entry: bytes) -> None:
    try:
        value = json.loads(entry, object_pairs_hook=_once)
    except ValueError:
        raise DoesNotHold(f"entry {position} is not JSON") from None
    if not isinstance(value, dict) or not {"kind", "version", "at", "operator"} <= value.keys():
        raise DoesNotHold(f"entry {position} is not an entry")


def check_consistency(old: Checkpoint, new: Checkpoint, folder: Path) -> str:
    """Show that the newer log begins with the older one, from the entries themselves."""
    if old.origin != new.origin or old.size > new.size:
        raise DoesNotHold("the two checkpoints are not an older and a newer one of one log")
    hashes = [leaf(entry) for entry in read_entries(folder, new.size)]
    if root_of(hashes) != new.root:
        raise DoesNotHold("the entries do not lead to the newer root")
    if root_of(hashes[: old.size]) != old.root:
        raise DoesNotHold("the log was rewritten: the older root is not its beginning")
    return f"The log of {new.size} entries begins with the log of {old.size}."


def check_proof(proof: bytes, entry: bytes, vkey: str) -> str:
    """Check a proof file: the entry stands at its index under the signed root."""
    try:
        head, separator, note = proof.decode().partition("\n\n")
    except UnicodeDecodeError:
        raise DoesNotHold("the proof is not text") from None
    lines = head.split("\n")
    if not separator or lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("index "):
        raise DoesNotHold("this is no proof file")
    number = lines[1].removeprefix("index ")
    if not number.isdecimal() or str(int(number)) != number:
        raise DoesNotHold("the proof's index is malformed")
    checkpoint = read_checkpoint(note.encode(), vkey)
    path = [_base64(line) for line in lines[2:]]
    if root_from(leaf(entry), int(number), checkpoint.size, path) != checkpoint.root:
        raise DoesNotHold("the proof does not lead from this entry to the signed root")
    return f"The entry stands at position {number} of the {checkpoint.size} signed by {checkpoint.origin}."


def root_from(digest: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that an inclusion path leads to (RFC 9162 s. 2.1.3.2)."""
    fn, sn = index, size - 1
    if index >= size or any(len(step) != _HASH for step in path):
        raise DoesNotHold("the proof is malformed")
    for step in path:
        if sn == 0:
            raise DoesNotHold("the proof is too long")
        if fn & 1 or fn == sn:
            digest = node(step, digest)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            digest = node(digest, step)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise DoesNotHold("the proof is too short")
    return digest
