"""Productions as files of a folder: whole, durable, and for the owner's eyes alone, or not there.

The trap guarded against: half a production that somebody hands over, and the half that a dead process left lying about
with records in it. A file has its name only once it is whole and on the disk; what a dead process began is removed
before the next one is begun.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import IO, TypeVar

from gatebook.errors import InvalidInput, NotFound, Unavailable, reason_of
from gatebook.store.files import flush_folder, make_private
from gatebook.store.turn import a_turn, hold

_Made = TypeVar("_Made")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}(\.[a-z0-9]{1,10}){1,3}")
_LOCK = ".lock"


def one_file_verifier() -> bytes:
    """Return the verifier in one file, as ``verifier/one_file.py`` made it."""
    return files("gatebook.store").joinpath("verify.txt").read_bytes()


class ProductionFolder:
    """The folder, mode 0700, its files 0600. Any number of processes may write; a name is written over whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, make: Callable[[IO[bytes]], _Made]) -> _Made:
        """Let ``make`` write a file and give it its name; when this returns it is on the disk.

        When it raises or the process dies, the name is as it was. Raises Unavailable where the disk refuses.
        """
        path = self._at(name)
        try:
            make_private(self._folder)
            self._sweep()
            with self._part(name) as (part, file):
                made = make(file)
                file.flush()
                os.fsync(file.fileno())
                part.replace(path)
            flush_folder(self._folder)
        except OSError as error:
            raise Unavailable(f"a production cannot be written: {reason_of(error)}") from None
        return made

    @contextmanager
    def scratch(self, name: str) -> Iterator[tuple[Path, IO[bytes]]]:
        """Give a file that is gone when this ends, or with this process: for what may not be kept."""
        self._at(name)
        try:
            make_private(self._folder)
            self._sweep()
            with self._part(name) as found:
                yield found
        except OSError as error:
            raise Unavailable(f"a production cannot be written: {reason_of(error)}") from None

    def path(self, name: str) -> Path:
        """Return where a whole file lies. Raises NotFound."""
        path = self._at(name)
        if not path.is_file():
            raise NotFound("there is no such production here")
        return path

    def names(self) -> list[str]:
        """Return the names of the whole files that are there."""
        found = self._folder.iterdir() if self._folder.is_dir() else ()
        return sorted(path.name for path in found if _NAME.fullmatch(path.name))

    def remove(self, name: str) -> None:
        """Remove a file, if there is one; it is off the disk's list of names when this returns."""
        self._at(name).unlink(missing_ok=True)
        if self._folder.is_dir():
            flush_folder(self._folder)

    def _at(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise InvalidInput("this is no name of a production's file")
        return self._folder / name

    @contextmanager
    def _part(self, name: str) -> Iterator[tuple[Path, IO[bytes]]]:
        """Give a file of this call alone, held as long as its process lives, and remove it unless it was renamed."""
        part = self._folder / f".{name}.{secrets.token_hex(8)}.part"
        with contextlib.ExitStack() as stack:
            with a_turn(self._folder / _LOCK):  # so that nobody meets it before it is held
                handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
                file = stack.enter_context(os.fdopen(handle, "w+b"))
                hold(file)
            stack.callback(part.unlink, missing_ok=True)
            yield part, file

    def _sweep(self) -> None:
        """Remove what dead processes began: nobody holds it."""
        with a_turn(self._folder / _LOCK):
            for part in self._folder.glob(".*.part"):
                with contextlib.suppress(FileNotFoundError, PermissionError), part.open("rb") as file:
                    if hold(file):
                        part.unlink()
