"""List editions on disk: each by its digest, the current one named last, so that any failure keeps the old one.

The trap guarded against: an empty or cut-off download taken for a list from which everybody was removed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from gatebook import canonical
from gatebook.errors import ListError
from gatebook.screen.ofac import load_files
from gatebook.screen.party import ListEdition
from gatebook.store.files import write_durably

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_MOST_SHRINK_PERCENT = 10


class ListShelf:
    """Editions under ``folder/<list id>/<digest>/``; ``current.json`` says which one is compared with."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
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
        old = self.current_digests().get(list_id)
        if old and not confirmed:
            before = len(self._load(list_id, old).parties)
            if len(edition.parties) * 100 < before * (100 - _MOST_SHRINK_PERCENT):
                raise ListError(
                    f"the list shrank from {before} to {len(edition.parties)} parties; confirm it to load it"
                )
        for name, data in files.items():
            write_durably(self._folder / list_id / edition.digest / Path(name).name, data)
        note = {"digest": edition.digest, "fetched_at": canonical.instant(fetched_at)}
        write_durably(self._folder / list_id / "current.json", json.dumps(note).encode())
        return edition

    def current_digests(self) -> dict[str, str]:
        """Return list id and digest (with the time it was fetched) of every current edition."""
        return {
            path.parent.name: json.loads(path.read_bytes())["digest"]
            for path in sorted(self._folder.glob("*/current.json"))
        }

    def current(self) -> list[ListEdition]:
        """Return every current edition."""
        return [self._load(list_id, digest) for list_id, digest in self.current_digests().items()]

    def fetched(self) -> dict[str, datetime]:
        """Return when each current edition was fetched."""
        found = {
            path.parent.name: json.loads(path.read_bytes()) for path in sorted(self._folder.glob("*/current.json"))
        }
        return {list_id: canonical.parse_instant(note["fetched_at"]) for list_id, note in found.items()}

    def _load(self, list_id: str, digest: str) -> ListEdition:
        held = self._held.get(list_id)
        if held is None or held.digest != digest:
            folder = self._folder / list_id / digest
            held = load_files({p.name: p.read_bytes() for p in sorted(folder.iterdir())}, list_id)
            if held.digest != digest:
                raise ListError("a list on disk is not what was loaded; load it again")
        fetched = self.fetched().get(list_id)
        self._held[list_id] = ListEdition(
            held.list_id, held.digest, held.parties, held.report, held.is_blocking, fetched
        )
        return self._held[list_id]
