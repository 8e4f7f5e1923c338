"""The keys of a house in one file, encrypted to its operator's own key, and the list of those that were destroyed.

The trap guarded against: an old file of keys that brings a destroyed one back. Each knows how many were destroyed when
it was made, holds none of them, and whoever puts one back asks what was destroyed since.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gatebook import canonical
from gatebook.errors import NotFound, VaultError, reason_of
from gatebook.outside.age import decrypt, encrypt
from gatebook.procedures.back_up import Made
from gatebook.record.ended_keys import from_list, to_list
from gatebook.store.backup_file import digest_of, writing_private
from gatebook.store.files import write_durably
from gatebook.store.sql.ring_copy import RingCopy, RingRow
from gatebook.wiring.premises import Premises

#: The list of destroyed keys in the key folder; each backup brings it up to date.
DESTROYED = "destroyed.list"
SIGNED, KEY = "checkpoint.signed", "backup"
_KIND = "gatebook keys 1"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*(/[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*)?")
_TRIES = 3
Heard = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class KeysFile:
    """A file of keys, opened: of which house, when and at which size of its ledger it was made, and what is in it."""

    origin: str
    made_at: str
    size: int
    destroyed: int
    files: Mapping[str, bytes]
    ring: Sequence[RingRow]

    @property
    def signing_key(self) -> Ed25519PrivateKey:
        """The key this house signs its backups with. Raises VaultError."""
        try:
            return Ed25519PrivateKey.from_private_bytes(self.files[f"{KEY}.ed25519"])
        except (KeyError, ValueError):
            raise VaultError("this file of keys lacks the one that backups are signed with") from None


def write_keys(
    premises: Premises, path: Path, recipients: Sequence[str], signed: bytes | None, heard: Heard = lambda _: None
) -> Made:
    """Write key folder and key ring, encrypted, to a new file; ``signed`` is the head they shall remember as signed.

    Made again where a key was destroyed meanwhile. Raises Conflict, InvalidInput for a recipient that is none.
    """
    ring = RingCopy(premises.ring_url)
    try:
        for tries in count(1):
            before, size = ring.count_destroyed(), _size(premises)
            head = {"kind": _KIND, "origin": premises.settings.origin, "destroyed": before, "size": size}
            made_at = {"made_at": canonical.instant(premises.now())}
            with writing_private(path) as file:
                encrypt(_lines({**head, **made_at}, _files(premises.folder, signed), ring, heard), recipients, file)
            if ring.count_destroyed() == before or tries == _TRIES:
                return Made(digest_of(path), size, holds_keys=True, destroyed=before)
            path.unlink()
    finally:
        ring.close()
    raise AssertionError  # pragma: no cover  the count above has no end


def read_keys(path: Path, identity: Path) -> KeysFile:
    """Open a file of keys in memory. Raises VaultError for what is none, or is not for this identity."""
    try:
        head, *rest = (json.loads(line) for line in decrypt(path, identity).splitlines())
        files = {one["file"]: bytes.fromhex(one["data"]) for one in rest if "file" in one}
        ring = [RingRow(one["subject"], one["key_id"], _key(one["wrapped"])) for one in rest if "subject" in one]
        is_whole = head["kind"] == _KIND and rest[-1] == {"end": len(ring)} and all(map(_NAME.fullmatch, files))
        found = KeysFile(head["origin"], head["made_at"], head["size"], head["destroyed"], files, ring)
    except (ValueError, KeyError, TypeError, IndexError):
        raise VaultError("this file holds no keys this version of Gatebook wrote") from None
    if not is_whole:
        raise VaultError("this file of keys is not whole")
    return found


def export_destroyed(premises: Premises, path: Path | None = None) -> int:
    """Write the signed list of destroyed keys to a file, and to the key folder; return how many there are."""
    ring = RingCopy(premises.ring_url)
    try:
        subjects = [row.subject for row in ring.rows() if row.wrapped is None]
    finally:
        ring.close()
    data = to_list(subjects, premises.settings.origin, _size(premises), premises.keys.signing_key(KEY).sign)
    for place in (premises.folder / "keys" / DESTROYED, path):
        if place:
            write_durably(place, data)
    return len(subjects)


def read_destroyed(path: Path, keys: KeysFile) -> frozenset[str]:
    """Read a list of destroyed keys, or the one in a key folder. Raises NotFound, VaultError."""
    place = path / DESTROYED if path.is_dir() else path
    try:
        data = place.read_bytes()
    except OSError as error:
        raise NotFound(f"the list of destroyed keys cannot be read: {reason_of(error)}") from None
    return from_list(data, keys.origin, verifier(keys.signing_key))


def verifier(key: Ed25519PrivateKey) -> Callable[[bytes, bytes], None]:
    """Return what raises VaultError for a signature that is not by this key."""

    def verify(signature: bytes, text: bytes) -> None:
        try:
            key.public_key().verify(signature, text)
        except InvalidSignature:
            raise VaultError("this was not signed by the house these keys are of, or was changed") from None

    return verify


def _files(folder: Path, signed: bytes | None) -> Iterator[tuple[str, bytes]]:
    """Yield the files of the key folder: not the ring of an older house, nor what only tells of it."""
    keys = folder / "keys"
    for path in sorted(keys.rglob("*")):
        name = path.relative_to(keys).as_posix()
        if (
            path.is_file()
            and _NAME.fullmatch(name)
            and not name.startswith("ring.db")
            and name not in (SIGNED, DESTROYED)
        ):
            yield name, path.read_bytes()
    if signed is not None:
        yield SIGNED, signed


def _lines(
    head: Mapping[str, object], files: Iterator[tuple[str, bytes]], ring: RingCopy, heard: Heard
) -> Iterator[bytes]:
    yield _line(head)
    for name, data in files:
        yield _line({"file": name, "data": data.hex()})
    rows = 0
    for row in ring.rows():
        wrapped = None if row.wrapped is None else row.wrapped.hex()
        yield _line({"subject": row.subject, "key_id": row.key_id, "wrapped": wrapped})
        rows += 1
        heard(1)
    yield _line({"end": rows})


def _line(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _key(wrapped: str | None) -> bytes | None:
    return None if wrapped is None else bytes.fromhex(wrapped)


def _size(premises: Premises) -> int:
    with premises.state.read() as work:
        return work.ledger.size()
