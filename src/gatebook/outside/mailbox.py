"""A mailbox folder that demands arrive in: a Maildir, or a plain folder that files are put into.

The trap guarded against: a paper taken half written, or lost between the folder and the house. A file is read only once
nobody writes to it any more, and leaves the folder only after it was taken in; whoever dies in between finds it again.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gatebook.errors import SettingsError, TooLarge, Unavailable, reason_of

_MAILDIR, _TAKEN, _ASIDE = ("new", "cur"), "taken", "too-large"
_SETTLED_S = 2  # whoever writes a file in a plain folder writes again within this time
_UNFINISHED = (".part", ".tmp", ".partial", ".crdownload")


@dataclass(frozen=True, slots=True)
class MailboxFolder:
    """A folder of papers. A Maildir's ``tmp`` is not looked into, nor are hidden and unfinished names of others.

    A paper that was taken in lies in ``taken`` under its digest, one that is too large for the house in ``too-large``,
    under its digest too.
    """

    folder: Path

    def waiting(self) -> list[Path]:
        """Return the papers that wait, the oldest first. Raises SettingsError for no folder."""
        try:
            found = [(self._since(path), path) for path in self._files()]
        except OSError as error:
            raise SettingsError(f"the setting demands_mailbox names no folder: {reason_of(error)}") from None
        return [path for _, path in sorted(found)]

    def read(self, path: Path, most: int) -> bytes | None:
        """Return a paper's bytes; None when it is gone, is no file, or is still written to.

        Raises TooLarge beyond ``most`` bytes, Unavailable where it cannot be read. No link is followed.
        """
        try:
            handle = _open(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"a paper in the mailbox cannot be read: {reason_of(error)}") from None
        with os.fdopen(handle, "rb") as file:
            before = os.fstat(handle)
            if not stat.S_ISREG(before.st_mode) or self._is_fresh(path, before):
                return None
            if before.st_size > most:
                raise TooLarge(f"a paper in the mailbox is larger than {most // 1024**2} MiB")
            data = file.read(most + 1)
            after = os.fstat(handle)
        seen = {(one.st_size, one.st_mtime_ns) for one in (before, after)}
        return data if seen == {(len(data), before.st_mtime_ns)} else None

    def taken(self, path: Path, digest: str) -> None:
        """Move a paper that was taken in out of the way, under its digest; the same paper twice lies there once."""
        self._move(path, self.folder / _TAKEN / f"{digest}{_suffix(path)}")

    def set_aside(self, path: Path) -> None:
        """Move a paper out of the way that is too large to be taken in: by its digest, as names come again."""
        try:
            with os.fdopen(_open(path), "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:  # another fetched at the same time and moved it
            return
        self._move(path, self.folder / _ASIDE / f"{digest}{_suffix(path)}")

    def forget(self, days: int) -> int:
        """Remove papers taken in longer ago: what is sealed has an end, and its copy may not outlive it.

        Raises OSError once the others are gone, where one cannot be removed.
        """
        before, count, failed = time.time() - days * 86_400, 0, list[OSError]()
        for path in _regular(self.folder / _TAKEN):
            try:
                if path.lstat().st_mtime < before:
                    path.unlink(missing_ok=True)
                    count += 1
            except OSError as error:
                failed.append(error)
        if failed:
            raise failed[0]
        return count

    @property
    def _is_maildir(self) -> bool:
        return all((self.folder / name).is_dir() for name in _MAILDIR)

    def _files(self) -> Iterator[Path]:
        if not self._is_maildir:
            yield from (path for path in _regular(self.folder, must_exist=True) if _is_finished(path))
            return
        for name in _MAILDIR:
            yield from _regular(self.folder / name)

    def _is_fresh(self, path: Path, found: os.stat_result) -> bool:
        """Whether a file may still be written to. What stands in a Maildir was moved there whole."""
        return path.parent == self.folder and 0 <= time.time() - found.st_mtime < _SETTLED_S

    def _since(self, path: Path) -> float:
        try:
            return path.lstat().st_mtime
        except FileNotFoundError:  # another took it meanwhile
            return 0.0

    def _move(self, path: Path, where: Path) -> None:
        where.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            path.replace(where)
            os.utime(where)
        except FileNotFoundError:  # another fetched at the same time and moved it
            return
        for folder in (where.parent, path.parent):
            _flush(folder)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _regular(folder: Path, *, must_exist: bool = False) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if entry.is_file(follow_symlinks=False)]
    except (FileNotFoundError, NotADirectoryError):
        if must_exist:
            raise
        return []


def _is_finished(path: Path) -> bool:
    return not path.name.startswith(".") and not path.name.lower().endswith(_UNFINISHED)


def _suffix(path: Path) -> str:
    # A Maildir name ends in flags, as ":2,S", which is no suffix.
    text = path.suffix.lower()
    return text if text[1:].isalnum() and text.isascii() else ""


def _flush(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
