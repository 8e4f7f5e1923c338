"""What a backup says of itself: its files by digest, and the ledger head its state has.

The trap guarded against: a backup taken for whole because it can be unpacked. A file that is not named here, or is not
what was named, makes it none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gatebook import canonical
from gatebook.errors import InvalidInput, LedgerError

FORMAT = 1
MANIFEST, SIGNATURE, STATE, SETTINGS, LOG = "manifest.json", "manifest.sig", "state.db", "gatebook.toml", "access/log"
CHECKPOINT, VKEY = "ledger/checkpoint", "ledger/vkey"
#: Where the months of the access record lie in a backup, and where what else is carried may lie.
MONTHS = "access/months/"
_UNDER = ("law/", "lists/", "ledger/", "access/followed/", MONTHS)
_ALONE = frozenset({STATE, SETTINGS, LOG})
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Copied:
    """A file of a backup: its SHA-256 and its bytes."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """What a backup is: of which house, when, by which program; the size and root of the ledger in its state."""

    origin: str
    gatebook: str
    made_at: str
    size: int
    root: str
    files: Mapping[str, Copied]
    format: int = FORMAT

    def to_bytes(self) -> bytes:
        """Return the canonical bytes, which are what is signed."""
        return canonical.encode(canonical.table(self))

    @staticmethod
    def from_bytes(data: bytes) -> BackupManifest:
        """Read what :meth:`to_bytes` wrote. Raises LedgerError for anything else."""
        try:
            plain: Any = canonical.decode(data)
            files = {name: Copied(**said) for name, said in plain["files"].items()}
            found = BackupManifest(**{**plain, "files": files})
            is_ours = found.format == FORMAT and found.to_bytes() == data
        except (InvalidInput, KeyError, TypeError, ValueError, AttributeError):
            raise LedgerError("the manifest of this backup cannot be read") from None
        if not is_ours or not all(map(may_be_carried, found.files)) or not {STATE, SETTINGS} <= found.files.keys():
            raise LedgerError("the manifest of this backup is not one this version of Gatebook wrote")
        if not all(_HASH.fullmatch(one.sha256) for one in found.files.values()) or not _HASH.fullmatch(found.root):
            raise LedgerError("the manifest of this backup names something that is no digest")
        return found


def may_be_carried(name: str) -> bool:
    """Return whether a file of a backup may have this name: a plain path below one of the folders it has."""
    parts = name.split("/")
    is_plain = all(part not in ("", ".", "..") and "\\" not in part and "\0" not in part for part in parts)
    return is_plain and (name in _ALONE or name.startswith(_UNDER))
