"""List editions on disk: each by its digest, the current one named last, so that any failure keeps the old one.

The trap guarded against: an empty or cut-off download taken for a list from which everybody was removed.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from gatebook import canonical
from gatebook.errors import InvalidInput, ListError, NotFound
from gatebook.screen.lists.detect import load_files
from gatebook.screen.party import KeptEdition, ListEdition
from gatebook.store.files import write_durably

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,119}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOST_SHRINK_PERCENT = 10
_NOTE = "current.json"


class ListShelf:
    """Editions under ``folder/<list id>/<digest>/``; ``current.json`` says which one is compared with.

    The same note keeps the history, oldest first: every edition ever made current, with when it was fetched. Several
    threads and processes may load at once: an edition's files depend on its digest alone, the note is replaced whole,
    and the last note written is current. An edition cut off half-way is completed by loading again.
    """

    def __init__(self, folder: Path, most_shrink_percent: int = _MOST_SHRINK_PERCENT) -> None:
        self._folder = folder
        self._most_shrink = most_shrink_percent
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
        named = {Path(name).name: data for name, data in files.items()}
        if len(named) != len(files) or not all(map(_FILE.fullmatch, named)):
            raise ListError("list files need plain names, each another")
        edition = replace(load_files(named, list_id), fetched_at=fetched_at)
        if not confirmed:
            self._refuse_a_shrink(edition)
        for name, data in named.items():
            write_durably(self._folder / list_id / edition.digest / name, data)
        self._note(edition, fetched_at)
        return edition

    def current_digests(self) -> dict[str, str]:
        """Return list id and digest of every current edition. Raises ListError for a note that cannot be read."""
        return {list_id: kept[-1].digest for list_id, kept in self._notes().items()}

    def current(self) -> list[ListEdition]:
        """Return every current edition, each with when it was fetched. Raises ListError when one is not what it was."""
        return [self._load(list_id, kept[-1]) for list_id, kept in self._notes().items()]

    def fetched(self) -> dict[str, datetime]:
        """Return when each current edition was fetched."""
        return {list_id: kept[-1].fetched_at for list_id, kept in self._notes().items()}

    def editions(self, list_id: str) -> tuple[KeptEdition, ...]:
        """Return the editions kept of a list, oldest first. Raises NotFound for a list nobody loaded."""
        kept = self._notes().get(list_id)
        if kept is None:
            raise NotFound("there is no such list")
        return kept

    def edition(self, list_id: str, digest: str) -> ListEdition:
        """Return one edition of a list, by its digest or the first letters of it.

        Raises NotFound when none or several begin so; ListError when the files on disk are no longer what was loaded.
        """
        found = [kept for kept in self.editions(list_id) if digest and kept.digest.startswith(digest)]
        if len(found) != 1:
            raise NotFound("there is no one edition of this list whose digest begins so")
        return replace(self._read(list_id, found[0].digest), fetched_at=found[0].fetched_at)

    def _refuse_a_shrink(self, edition: ListEdition) -> None:
        path = self._folder / edition.list_id / _NOTE
        kept = _read_note(path)[-1] if path.exists() else None
        if kept is None or kept.digest == edition.digest:
            return
        before = len(self._load(edition.list_id, kept).parties) if kept.parties is None else kept.parties
        if len(edition.parties) * 100 < before * (100 - self._most_shrink):
            raise ListError(f"the list shrank from {before} to {len(edition.parties)} parties; confirm it to load it")

    def _note(self, edition: ListEdition, fetched_at: datetime) -> None:
        path = self._folder / edition.list_id / _NOTE
        try:
            earlier = _read_note(path) if path.exists() else ()
        except ListError:  # a note nobody can read is what loading again mends
            earlier = ()
        made = KeptEdition(edition.digest, fetched_at, len(edition.parties), is_current=True)
        history = [_plain(kept) for kept in (*(k for k in earlier if k.digest != edition.digest), made)]
        write_durably(path, json.dumps({**history[-1], "history": history}).encode())

    def _notes(self) -> dict[str, tuple[KeptEdition, ...]]:
        return {path.parent.name: _read_note(path) for path in sorted(self._folder.glob(f"*/{_NOTE}"))}

    def _load(self, list_id: str, kept: KeptEdition) -> ListEdition:
        with self._lock:
            held = self._held.get(list_id)
            if held is None or held.digest != kept.digest:
                held = self._read(list_id, kept.digest)
            self._held[list_id] = replace(held, fetched_at=kept.fetched_at)
            return self._held[list_id]

    def _read(self, list_id: str, digest: str) -> ListEdition:
        edition = load_files(_files_of(self._folder / list_id / digest), list_id)
        if edition.digest != digest:
            raise ListError("a list on disk is not what was loaded; load it again")
        return edition


def _plain(kept: KeptEdition) -> dict[str, Any]:
    return {"digest": kept.digest, "fetched_at": canonical.instant(kept.fetched_at), "parties": kept.parties}


def _read_note(path: Path) -> tuple[KeptEdition, ...]:
    """Return the editions a note names, the current one last. Raises ListError for a note that is not one."""
    try:
        note = canonical.decode(path.read_bytes())
        if isinstance(note, dict):
            history = note.get("history") or [note]  # notes were once written without it
            kept = [_kept(one, note["digest"]) for one in history]
            if kept[-1].is_current:
                return tuple(kept)
    except (OSError, InvalidInput, LookupError, TypeError, ValueError):
        pass
    raise ListError("the note of which list edition is current cannot be read; load the list again, confirmed")


def _kept(plain: Mapping[str, Any], current: str) -> KeptEdition:
    digest, parties = plain["digest"], plain.get("parties")
    if not _DIGEST.fullmatch(digest):
        raise ValueError  # read_note says it in words
    count = parties if isinstance(parties, int) else None
    return KeptEdition(digest, canonical.parse_instant(plain["fetched_at"]), count, is_current=digest == current)


def _files_of(folder: Path) -> dict[str, bytes]:
    """Return an edition's files by name, without those that are still being written or that a crash cut off."""
    try:
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix != ".part"}
    except OSError:
        raise ListError("a file of the current list edition cannot be read; load the list again, confirmed") from None
