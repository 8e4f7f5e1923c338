"""List editions on disk: each by its digest, the current one named last, so that any failure keeps the old one.

The trap guarded against: an empty or cut-off download taken for a list from which everybody was removed.
"""

from __future__ import annotations

import re
import secrets
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from gatebook.errors import ListError, NotFound
from gatebook.screen.lists.detect import load_files
from gatebook.screen.party import KeptEdition, ListEdition
from gatebook.screen.successor import Measures, doubts, measures_of
from gatebook.store.files import flush_folder, make_folder, write_durably
from gatebook.store.list_note import NOTE, Noted, read_note, write_note

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_FILE = re.compile(r'[^\x00-\x1f\x7f<>:"/\\|?*.][^\x00-\x1f\x7f<>:"/\\|?*]{0,119}')
_LONGEST_NAME = 200  # in bytes, so that a name while it is written fits every disk
_MOST_SHRINK_PERCENT = 10


class ListShelf:
    """Editions under ``folder/<list id>/<digest>/``; ``current.json`` says which one is compared with.

    The same note keeps the history, oldest first: every edition ever made current, with when it was fetched. Several
    threads and processes may load at once: an edition's folder appears whole, by one rename, and is not touched again
    while it reads as what it is called; the note is replaced whole, and the last note written is current.
    """

    def __init__(self, folder: Path, most_shrink_percent: int = _MOST_SHRINK_PERCENT) -> None:
        self._folder = folder
        self._most_shrink = most_shrink_percent
        self._lock = threading.Lock()  # two threads that miss the same edition read it once
        self._held: dict[str, ListEdition] = {}
        self._noted_at: dict[Path, tuple[tuple[int, int, int], tuple[Noted, ...]]] = {}

    def put(
        self, list_id: str, files: Mapping[str, bytes], fetched_at: datetime, *, confirmed: bool = False
    ) -> ListEdition:
        """Load, check and keep an edition and make it current.

        Raises ListError, keeping the old edition, when it cannot be read, or, unconfirmed, when it has markedly less
        than the one before, is older or of another form, or was followed by another once.
        """
        if not _ID.fullmatch(list_id):
            raise ListError("a list id is a short slug: small letters, digits and -, at most 40")
        named = _named(files)
        edition = replace(load_files(named, list_id), fetched_at=fetched_at)
        if not confirmed:
            self._refuse_in_doubt(edition)
        self._keep(edition, named)
        self._note(edition, fetched_at)
        return edition

    def current_digests(self) -> dict[str, str]:
        """Return list id and digest of every current edition. Raises ListError for a note that cannot be read."""
        return {list_id: noted[-1].kept.digest for list_id, noted in self._notes().items()}

    def current(self) -> list[ListEdition]:
        """Return every current edition, each with when it was fetched. Raises ListError when one is not what it was."""
        return [self._load(list_id, noted[-1].kept) for list_id, noted in self._notes().items()]

    def fetched(self) -> dict[str, datetime]:
        """Return when each current edition was fetched."""
        return {list_id: noted[-1].kept.fetched_at for list_id, noted in self._notes().items()}

    def editions(self, list_id: str) -> tuple[KeptEdition, ...]:
        """Return the editions kept of a list, oldest first. Raises NotFound for a list nobody loaded."""
        noted = self._notes().get(list_id)
        if noted is None:
            raise NotFound("there is no such list")
        return tuple(one.kept for one in noted)

    def edition(self, list_id: str, digest: str) -> ListEdition:
        """Return one edition of a list, by its digest or the first letters of it.

        Raises NotFound when none or several begin so; ListError when the files on disk are no longer what was loaded.
        """
        found = [kept for kept in self.editions(list_id) if digest and kept.digest.startswith(digest)]
        if len(found) != 1:
            raise NotFound("there is no one edition of this list whose digest begins so")
        return replace(self._read(list_id, found[0].digest), fetched_at=found[0].fetched_at)

    def _refuse_in_doubt(self, edition: ListEdition) -> None:
        path = self._folder / edition.list_id / NOTE
        noted = read_note(path) if path.exists() else ()
        if not noted:
            return
        before, after = noted[-1], measures_of(edition)
        is_same = before.kept.digest == edition.digest
        # Two forms may be read from the very same bytes, by the name of the file.
        found = list(doubts(self._measured(edition.list_id, before, after, is_same=is_same), after, self._most_shrink))
        if not is_same and any(one.kept.digest == edition.digest for one in noted):
            found.append("it was compared with before, and another followed it")
        if found:
            raise ListError(f"the list is not taken unconfirmed: {'; '.join(found)}; confirm it to load it")

    def _measured(self, list_id: str, noted: Noted, after: Measures, *, is_same: bool) -> Measures:
        """Return what was counted of an edition, or count it now; one loaded once more is what mends it."""
        if noted.measures:
            return noted.measures
        return after if is_same else measures_of(self._load(list_id, noted.kept))

    def _keep(self, edition: ListEdition, named: Mapping[str, bytes]) -> None:
        """Keep the files in a folder of their own, and read them back: a note never names what cannot be read."""
        folder = self._folder / edition.list_id / edition.digest
        if not _is(folder, edition):
            _put_whole(folder, named, lambda: _is(folder, edition))
            if not _is(folder, edition):
                raise ListError("the list was not kept as it was given; the old edition stays")
        with self._lock:
            self._held.pop(edition.list_id, None)

    def _note(self, edition: ListEdition, fetched_at: datetime) -> None:
        path = self._folder / edition.list_id / NOTE
        try:
            earlier = read_note(path) if path.exists() else ()
        except ListError:  # a note nobody can read is what loading again mends
            earlier = ()
        made = KeptEdition(edition.digest, fetched_at, len(edition.parties), is_current=True)
        others = [one for one in earlier if one.kept.digest != edition.digest]
        write_note(path, [*others, Noted(made, measures_of(edition))])

    def _notes(self) -> dict[str, tuple[Noted, ...]]:
        return {path.parent.name: self._noted(path) for path in sorted(self._folder.glob(f"*/{NOTE}"))}

    def _noted(self, path: Path) -> tuple[Noted, ...]:
        """Return what a note says, read once for each file it is: every screening asks, and a history grows for years.

        A note is only ever replaced by another file.
        """
        try:
            found = path.stat()
        except OSError:
            return read_note(path)
        stamp, held = (found.st_ino, found.st_mtime_ns, found.st_size), self._noted_at.get(path)
        if held is None or held[0] != stamp:
            held = self._noted_at[path] = (stamp, read_note(path))
        return held[1]

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


def _named(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files by their names without folders. Raises ListError for names that cannot be kept as they are."""
    named = {Path(name).name: data for name, data in files.items()}
    if len(named) != len(files):
        raise ListError("two files of the list have one name; rename one")
    for name in named:
        if not _FILE.fullmatch(name) or len(name.encode("utf-8", "replace")) > _LONGEST_NAME or name.endswith(".part"):
            raise ListError(
                f"the file name {name!a} cannot be kept; begin it with no dot, end it not in .part, and leave out "
                "control characters and any of " + '< > : " / \\ | ? *'
            )
    return named


def _is(folder: Path, edition: ListEdition) -> bool:
    """Return whether a folder reads as this edition, in this form."""
    try:
        found = load_files(_files_of(folder), edition.list_id)
    except ListError:
        return False
    return (found.digest, found.form) == (edition.digest, edition.form)


def _put_whole(folder: Path, named: Mapping[str, bytes], is_whole: Callable[[], bool]) -> None:
    """Write the files into a fresh folder and rename it into place; what stands there and is not whole goes."""
    make_folder(folder.parent)
    token = secrets.token_hex(8)
    fresh, gone = (folder.with_name(f".{folder.name}.{token}.{end}") for end in ("part", "gone"))
    try:
        for name, data in named.items():
            write_durably(fresh / name, data)
        try:
            fresh.replace(folder)
        except OSError:  # something is there: another process was first, or it is what has to go
            if is_whole():
                return
            if folder.exists():
                folder.replace(gone)
            fresh.replace(folder)
        flush_folder(folder.parent)
    finally:
        for left in (fresh, gone):
            shutil.rmtree(left, ignore_errors=True)


def _files_of(folder: Path) -> dict[str, bytes]:
    """Return an edition's files by name, without those that are still being written or that a crash cut off."""
    try:
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix != ".part"}
    except OSError:
        raise ListError("a file of the current list edition cannot be read; load the list again, confirmed") from None
