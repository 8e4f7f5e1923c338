"""Rows that came before: a source that sends again what it sent is answered, and nothing is counted twice.

The trap guarded against: asking the whole store about every row. Principal and time of the rows sealed last are held
in memory; only rows that could be older than those are asked about, and only rows that meet another in both are
compared with it whole.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gatebook.terms.access_event import AccessEvent

_MOST_HELD = 2_000_000
_MOST_PIECES = 32  # of a generation, before they are made one
_MIX = np.uint64(0x9E3779B97F4A7C15)  # odd, so that multiplying loses nothing
#: Marks that tell of the receipt and not of the record: a record that comes again may be marked otherwise.
_OF_RECEIPT = frozenset({"time-in-future", "time-long-past"})
Identity = tuple[object, ...]
Words = NDArray[np.uint64]


def identity_of(event: AccessEvent) -> Identity | None:
    """Return what makes an event the same as another: all that was read of it. None where that is not known.

    Where the time is that of the receipt it tells nothing; a text that was cut may go on otherwise.
    """
    if "text-cut" in event.marks:
        return None
    if "unmapped" in event.marks:
        return (event.source, event.detail, event.nth)
    if "time-missing" in event.marks and not event.event_id:
        return None  # two acts that differ in nothing but a time nobody can read
    return (
        *(event.source, event.principal, 0 if "time-missing" in event.marks else event.at, event.event_id, event.nth),
        *(event.act, event.outcome, event.address, event.raw_address, event.session, event.user_agent),
        *(event.fingerprint, event.target, event.detail),
        tuple(mark for mark in event.marks if mark not in _OF_RECEIPT),
    )


class RecentRows:
    """Principal and time of the rows sealed last, and up to which time of a month there are older ones.

    Two generations are held: the younger grows to half of what is held at most, then it takes the place of the older.
    """

    def __init__(self, most_held: int = _MOST_HELD) -> None:
        self._most = most_held
        self._young: list[Words] = []
        self._held: list[Words] = []  # sorted, the older generation first
        self._latest: list[dict[int, int]] = [{}, {}]  # of each month, in the older generation and the younger
        self._older: dict[int, int] = {}
        self._ahead: Words | None = None

    @property
    def is_fresh(self) -> bool:
        """Whether nothing was said yet of rows whose time had not come."""
        return self._ahead is None

    def ahead(self, labels: Words, at: NDArray[np.int64]) -> None:
        """Hold rows whose time had not come when they were sealed: sent again later they stand in another month."""
        before = () if self._ahead is None else (self._ahead,)
        self._ahead = np.sort(np.concatenate([*before, _mixed(labels, at)]))

    def knows(self, month: int) -> bool:
        """Whether the latest time of a month was said."""
        return month in self._older

    def begin(self, month: int, latest: int) -> None:
        """Say the latest time of any row kept of a month."""
        self._older[month] = latest

    def suspects(self, month: int, labels: Words, at: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which rows may have been sealed before; those not named were not."""
        found, keys = at <= self._older[month], _mixed(labels, at)
        if self._ahead is not None:
            found |= _among(keys, self._ahead)
        # A row later than every one that is held of its month is none of them: most rows are, and cost no more.
        latest = max((of_month[month] for of_month in self._latest if month in of_month), default=None)
        near = np.flatnonzero(at <= latest) if latest is not None else ()
        if len(near):
            for held in (*self._held, *self._young):
                found[near] |= _among(keys[near], held)
        return found

    def note(self, month: int, labels: Words, at: NDArray[np.int64]) -> None:
        """Hold rows that were sealed; when the older generation goes, its rows count as older ones."""
        if not len(at):
            return
        self._young.append(np.sort(_mixed(labels, at)))
        latest = self._latest[1]
        latest[month] = max(latest.get(month, int(at.max())), int(at.max()))
        if len(self._young) > _MOST_PIECES:
            self._young = [np.sort(np.concatenate(self._young))]
        if sum(map(len, self._young)) > self._most // 2:
            for of_month, gone in self._latest[0].items():
                self._older[of_month] = max(self._older.get(of_month, gone), gone)
            self._held, self._young = [np.sort(np.concatenate(self._young))], []
            self._latest = [latest, {}]


def _mixed(labels: Words, at: NDArray[np.int64]) -> Words:
    return labels ^ (at.view(np.uint64) * _MIX)


def _among(keys: Words, held: Words) -> NDArray[np.bool_]:
    """Return which keys are among those held, which are sorted."""
    if not len(held):
        return np.zeros(len(keys), bool)
    places = np.searchsorted(held, keys)
    places[places == len(held)] = 0
    found: NDArray[np.bool_] = held[places] == keys
    return found


def repeated_among(events: Sequence[AccessEvent], kept: Sequence[AccessEvent]) -> set[int]:
    """Return the indexes of events that are kept already or stood earlier in the sequence."""
    seen, found = {identity_of(event) for event in kept} - {None}, set[int]()
    for n, event in enumerate(events):
        identity = identity_of(event)
        if identity in seen:
            found.add(n)
        if identity is not None:
            seen.add(identity)
    return found
