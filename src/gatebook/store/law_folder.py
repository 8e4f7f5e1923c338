"""The law on disk: what ships with Gatebook, and over it the operator's own folder, read again when it changes.

The trap guarded against: a house that goes on under the law of the day it was started while its operator adopts
another; and one that stops judging because a file was saved half-written.
"""

from __future__ import annotations

import importlib.resources
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import gatebook.law
from gatebook.errors import LawError
from gatebook.law.sources import all_clauses
from gatebook.law.tree import LawOfDay, LawTree

ADOPT = "adopt.yaml"
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
    """Every YAML file, those with an ending nobody reads included: the tree refuses them by name."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".yaml", ".yml"))


def _walk(folder: importlib.resources.abc.Traversable, under: str) -> Iterator[tuple[str, str]]:
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            yield from _walk(item, f"{under}{item.name}/")
        elif item.name.endswith((".yaml", ".py")):
            yield under + item.name, item.read_text("utf-8")


@dataclass(frozen=True, slots=True)
class _Read:
    """The law as read once, and the days already asked of it: replaced whole, so that no day outlives its law."""

    tree: LawTree
    days: Mapping[date, LawOfDay]


class LawFolder:
    """The ``Law`` port over a folder. Made from a folder that cannot be read it raises LawError.

    One that becomes unreadable later leaves the law as it was last read, and ``fault`` says what is wrong; every
    determination names the edition it was made under. A missing or empty ``adopt.yaml`` is such a fault: a lost file
    must not read as a house that adopted nothing, which is written ``[]``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._seen = self._signature()
        self._read = _Read(self._read_all(), {})
        self._fault = ""

    def on(self, day: date) -> LawOfDay:
        """Return the law in force on ``day``, as the folder stands now."""
        with self._lock:
            self._look_again()
            held = self._read
            if day not in held.days:
                kept = held.days if len(held.days) < _MOST_DAYS else {}
                self._read = held = _Read(held.tree, {**kept, day: held.tree.on(day)})
            return held.days[day]

    def fault(self) -> str:
        """Return what is wrong with the folder as it stands now; empty when it is as it should be."""
        with self._lock:
            self._look_again()
            return self._fault

    def sources(self) -> list[str]:
        """Return the names of all sources of law there are."""
        return sorted(self._read.tree.sources)

    def _look_again(self) -> None:
        found = self._signature()
        if found == self._seen:
            return
        try:
            self._read, self._fault = _Read(self._read_all(), {}), ""
        except LawError as error:
            self._fault = error.message
        self._seen = found

    def _read_all(self) -> LawTree:
        adopt = self._folder / ADOPT
        try:
            if not adopt.read_bytes().strip():
                raise LawError(f"{ADOPT} in your law folder is empty; to adopt nothing, write []")
        except OSError:
            raise LawError(f"there is no {ADOPT} in your law folder; to adopt nothing, write [] in one") from None
        return read_law(self._folder)

    def _signature(self) -> _Signature:
        try:
            stats = [(path, path.stat()) for path in _files(self._folder)]
        except OSError:  # a file went away between the listing and the look: the next look sees it gone
            return ()
        return tuple((str(path), s.st_mtime_ns, s.st_size) for path, s in stats)
