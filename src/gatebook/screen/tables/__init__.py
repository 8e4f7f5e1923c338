"""Tables of names, sounds and scripts, read once from the files beside this one.

The trap guarded against: a table edited in code. What a word is worth or stands for is data, a remark on each file.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator
from functools import cache


def lines(name: str) -> Iterator[str]:
    """Yield the lines of a table, without remarks and empty ones."""
    text = (importlib.resources.files(__name__) / name).read_text("utf-8")
    return (line for line in text.splitlines() if line and not line.startswith("#"))


@cache
def words(name: str) -> frozenset[str]:
    """Return all words of a table."""
    return frozenset(word for line in lines(name) for word in line.split())


@cache
def rows(name: str) -> tuple[tuple[str, ...], ...]:
    """Return the rows of a table, cut at tabs."""
    return tuple(tuple(line.split("\t")) for line in lines(name))


@cache
def digest_text() -> str:
    """Return the text of every table, so that a digest of the settings also says which tables were used."""
    files = sorted(f.name for f in importlib.resources.files(__name__).iterdir() if f.name.endswith((".txt", ".tsv")))
    return "".join(f"{name}\n{(importlib.resources.files(__name__) / name).read_text('utf-8')}" for name in files)
