"""The screeners of the current list editions, made anew when an edition lands.

The trap guarded against: somebody compared with an edition that another has followed.
"""

from __future__ import annotations

from pathlib import Path

from gatebook.screen.index import CompleteIndex
from gatebook.screen.screeners import OWN, screener_by_name
from gatebook.screen.screening import Screener, ScreenSettings
from gatebook.store.kept_index import made_index
from gatebook.store.list_shelf import ListShelf


class CurrentScreeners:
    """The house's own screener and the one last asked for by name, over the editions on a shelf."""

    def __init__(self, shelf: ListShelf, kept: Path) -> None:
        self._shelf, self._kept = shelf, kept
        self._held: tuple[tuple[str, ...], CompleteIndex] | None = None
        self._named: tuple[tuple[str, ...], str, Screener] | None = None

    def screener(self) -> CompleteIndex:
        """Return the house's own screener over the current editions."""
        current = self._current()
        if self._held is None or self._held[0] != current:
            self._held = (current, made_index(self._kept, self._shelf.current(), ScreenSettings()))
        return self._held[1]

    def screener_named(self, name: str) -> Screener:
        """Return the screener of this name over the current editions; the one last asked for is kept."""
        if name == OWN:
            return self.screener()
        current = self._current()
        if self._named is None or self._named[:2] != (current, name):
            self._named = (current, name, screener_by_name(name, self._shelf.current(), ScreenSettings()))
        return self._named[2]

    def _current(self) -> tuple[str, ...]:
        digests, fetched = tuple(sorted(self._shelf.current_digests().items())), self._shelf.fetched()
        return tuple(f"{name}={digest}@{fetched[name]}" for name, digest in digests)
