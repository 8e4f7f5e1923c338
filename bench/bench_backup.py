"""Backing up and restoring a house of many applications, beside a plain copy of the same house.

Run: ./gatebook bench bench_backup [applications].
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyrage

import houses
from figures import Figures
from gatebook.procedures.open_account import open_account
from gatebook.wiring.backup import make_backup
from gatebook.wiring.backup_check import check_backup
from gatebook.wiring.backup_restore import Sources, restore
from gatebook.wiring.premises import Premises

_APPLICATIONS = 10_000


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else _APPLICATIONS
    figures = Figures("bench_backup", f"A house of {count:,} applications", ("what", "seconds", "MB", "checked"))
    with houses.folder() as place:
        with houses.house(place / "h") as premises:
            fill(premises, count)
        plain(figures, place)
        ours(figures, place)
    figures.show(
        "The copy by cp and sqlite is of the whole folder, keys and all, in the clear, and of a house nobody writes to meanwhile",
        "but for the state. It is not looked at. Restoring reads every file, every entry, and folds every register again.",
    )


def fill(premises: Premises, count: int) -> None:
    """Receive applications: each sealed, screened and determined. Nothing of this is measured."""
    for n in range(count):
        given = houses.application(n)
        open_account(premises.house, houses.WHO, given, given.pop("evidence"))


def plain(figures: Figures, place: Path) -> None:
    """What one would do without: copy the folder, and the state by the database's own means."""

    def copy() -> object:
        without = shutil.ignore_patterns("state.db*", "socket", "*.sock")
        shutil.copytree(place / "h", place / "plain", ignore=without)
        with (
            closing(sqlite3.connect(place / "h" / "state.db")) as old,
            closing(sqlite3.connect(place / "plain" / "s")) as new,
        ):
            old.backup(new)
        return os.sync()

    line(figures, "cp -r and sqlite .backup", "plain", copy, place / "plain", "nothing")
    shutil.rmtree(place / "plain")


def ours(figures: Figures, place: Path) -> None:
    """Make, check and restore."""
    made = pyrage.x25519.Identity.generate()
    (place / "identity").write_text(str(made))
    with houses.house(place / "h") as premises:

        def make() -> object:
            keys = place / "b.age"
            return make_backup(premises, houses.WHO, place / "b.zip", keys, [str(made.to_public())])

        line(figures, "backup make, with keys", "make", make, place / "b.zip", "what is in it, by digest")
    line(
        figures, "backup check", "check", lambda: check_backup(place / "b.zip"), place / "b.zip", "files, entries, head"
    )
    sources = Sources(place / "b.zip", place / "b.age", place / "identity")

    def again() -> Any:  # noqa: ANN401  what it came to
        return restore(sources, place / "again", houses.WHO)

    line(figures, "restore", "restore", again, place / "again", "all that, and every register")


def line(figures: Figures, what: str, name: str, act: Callable[[], object], place: Path, checked: str) -> None:
    """Do it once and add a line."""
    began = time.perf_counter()
    act()
    took = figures.keep(f"{name}_s", time.perf_counter() - began)
    size = figures.keep(f"{name}_mb", bytes_of(place) / 1e6)
    figures.row(what, f"{took:.2f}", f"{size:.1f}", checked)


def bytes_of(place: Path) -> int:
    """The bytes of a file, or of all in a folder."""
    return sum(path.stat().st_size for path in ([place] if place.is_file() else place.rglob("*")) if path.is_file())


if __name__ == "__main__":
    main()
