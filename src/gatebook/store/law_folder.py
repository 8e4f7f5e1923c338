"""The law on disk: what ships with Gatebook, and over it the operator's own folder, read again when it changes.

The trap guarded against: a house that goes on under the law of the day it was started while its operator adopts
another; and one that stops judging because a file was saved half-written.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import gatebook.law
from gatebook.errors import LawError
from gatebook.law.sources import all_clauses
from gatebook.law.tree import LawOfDay, LawTree

_MOST_DAYS = 64
#: What tells one state of the operator's folder from another: path, time of change and size of each file.
_Signature = tuple[tuple[str, int, int], ...]


def read_law_texts() -> tuple[dict[str, str], dict[str, str]]:
    """Return our own law files by path: (parameters and sources as YAML, clause files as Python)."""
    texts = dict(_walk(importlib.resources.files(gatebook.law), ""))
    yaml = {path: text for path, text in texts.items() if path.endswith(".yaml")}
    return yaml, {path: text for path, text in texts.items() if path.endswith(".py")}


def read_law(operator_folder: Path) -> LawTree:
    """Read the law tree: our clauses and parameters, and the operator's own folder over them. Raises LawError."""
    try:
        yours = {str(p.relative_to(operator_folder)): p.read_text("utf-8") for p in _files(operator_folder)}
    except (OSError, UnicodeDecodeError):
        raise LawError("a file in your law folder cannot be read as UTF-8 text") from None
    return LawTree.build(all_clauses(), *read_law_texts(), yours)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.yaml")) if folder.is_dir() else []


def _walk(folder: importlib.resources.abc.Traversable, under: str) -> Iterator[tuple[str, str]]:
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            yield from _walk(item, f"{under}{item.name}/")
        elif item.name.endswith((".yaml", ".py")):
            yield under + item.name, item.read_text("utf-8")


class LawFolder:
    """The ``Law`` port over a folder. Made from a folder that cannot be read it raises LawError.

    One that becomes unreadable later leaves the law as it was last read, and ``fault`` says what is wrong; every
    determination names the edition it was made under.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = self._signature()
        self._tree = read_law(folder)
        self._days: Mapping[date, LawOfDay] = {}
        self._fault = ""

    def on(self, day: date) -> LawOfDay:
        """Return the law in force on ``day``, as the folder stands now."""
        self._look_again()
        held = self._days
        if day not in held:
            held = {**(held if len(held) < _MOST_DAYS else {}), day: self._tree.on(day)}
            self._days = held
        return held[day]

    def fault(self) -> str:
        """Return what is wrong with the folder as it stands now; empty when it is as it should be."""
        self._look_again()
        return self._fault

    def sources(self) -> list[str]:
        """Return the names of all sources of law there are."""
        return sorted(self._tree.sources)

    def _look_again(self) -> None:
        found = self._signature()
        if found == self._seen:
            return
        try:
            self._tree, self._days, self._fault = read_law(self._folder), {}, ""
        except LawError as error:
            self._fault = error.message
        self._seen = found

    def _signature(self) -> _Signature:
        try:
            stats = [(path, path.stat()) for path in _files(self._folder)]
        except OSError:  # a file went away between the listing and the look: the next look sees it gone
            return ()
        return tuple((str(path), s.st_mtime_ns, s.st_size) for path, s in stats)
