"""List editions on disk: each by its digest, the current one named last, so that any failure keeps the old one.

The trap guarded against: an empty or cut-off download taken for a list from which everybody was removed.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from gatebook import canonical
from gatebook.errors import InvalidInput, ListError
from gatebook.screen.ofac import load_files
from gatebook.screen.party import ListEdition
from gatebook.store.files import write_durably

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOST_SHRINK_PERCENT = 10


@dataclass(frozen=True, slots=True)
class _Note:
    """What ``current.json`` says: which edition is compared with, when it was fetched, how many parties it has."""

    digest: str
    fetched_at: datetime
    parties: int | None


class ListShelf:
    """Editions under ``folder/<list id>/<digest>/``; ``current.json`` says which one is compared with.

    Several threads and processes may load at once: an edition's files depend on its digest alone, the note is
    replaced whole, and the last note written is current. An edition cut off half-way is completed by loading again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()  # two threads that miss the same edition read it once
        self._held: dict[str, ListEdition] = {}

    def put(
        self, list_id: str, files: Mapping[str, bytes], fetched_at: datetime, *, confirmed: bool = False
    ) -> ListEdition:
        """Load, check and keep an edition and make it current.

        Raises ListError, keeping the old edition, when it cannot be read or shrank by more than a tenth unconfirmed.
        """
        if not _ID.fullmatch(list_id):
            raise ListError("a list id is a short slug")
        edition = load_files(files, list_id)
        if not confirmed:
            self._check_shrinking(edition)
        for name, data in files.items():
            write_durably(self._folder / list_id / edition.digest / Path(name).name, data)
        note = {
            "digest": edition.digest,
            "fetched_at": canonical.instant(fetched_at),
            "parties": len(edition.parties),
        }
        write_durably(self._folder / list_id / "current.json", json.dumps(note).encode())
        return edition

    def current_digests(self) -> dict[str, str]:
        """Return list id and digest of every current edition."""
        return {list_id: note.digest for list_id, note in self._notes().items()}

    def current(self) -> list[ListEdition]:
        """Return every current edition. Raises ListError when one is not what was loaded."""
        return [self._load(list_id, note) for list_id, note in self._notes().items()]

    def fetched(self) -> dict[str, datetime]:
        """Return when each current edition was fetched."""
        return {list_id: note.fetched_at for list_id, note in self._notes().items()}

    def _check_shrinking(self, edition: ListEdition) -> None:
        path = self._folder / edition.list_id / "current.json"
        note = _read_note(path) if path.exists() else None
        if note is None or note.digest == edition.digest:
            return
        before = len(self._load(edition.list_id, note).parties) if note.parties is None else note.parties
        if len(edition.parties) * 100 < before * (100 - _MOST_SHRINK_PERCENT):
            raise ListError(f"the list shrank from {before} to {len(edition.parties)} parties; confirm it to load it")

    def _notes(self) -> dict[str, _Note]:
        return {path.parent.name: _read_note(path) for path in sorted(self._folder.glob("*/current.json"))}

    def _load(self, list_id: str, note: _Note) -> ListEdition:
        with self._lock:
            held = self._held.get(list_id)
            if held is None or held.digest != note.digest:
                held = load_files(_files_of(self._folder / list_id / note.digest), list_id)
            if held.digest != note.digest:
                raise ListError("a list on disk is not what was loaded; load it again")
            self._held[list_id] = replace(held, fetched_at=note.fetched_at)
            return self._held[list_id]


def _read_note(path: Path) -> _Note:
    try:
        note = canonical.decode(path.read_bytes())
        if isinstance(note, dict) and _DIGEST.fullmatch(note["digest"]):
            parties = note.get("parties")  # notes were once written without it
            count = parties if isinstance(parties, int) else None
            return _Note(note["digest"], canonical.parse_instant(note["fetched_at"]), count)
    except (OSError, InvalidInput, LookupError, TypeError, ValueError):
        pass
    raise ListError("the note of which list edition is current cannot be read; load the list again, confirmed")


def _files_of(folder: Path) -> dict[str, bytes]:
    """Return an edition's files by name, without those that are still being written or that a crash cut off."""
    try:
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix != ".part"}
    except OSError:
        raise ListError("a file of the current list edition cannot be read; load the list again, confirmed") from None
