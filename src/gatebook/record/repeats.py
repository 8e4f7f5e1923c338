"""Rows that came before: a source that sends again what it sent is answered, and nothing is counted twice.

The trap guarded against: asking the whole store about every row. Principal and time of the rows sealed last are held
in memory; only rows that could be older than those are asked about, and only rows that meet another in both are
compared with it whole.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gatebook.terms.access_event import AccessEvent

_MOST_HELD = 2_000_000
_MIX = np.uint64(0x9E3779B97F4A7C15)  # odd, so that multiplying loses nothing
#: Marks that tell of the receipt and not of the record: a record that comes again may be marked otherwise.
_OF_RECEIPT = frozenset({"time-in-future", "time-long-past"})
Identity = tuple[object, ...]


def identity_of(event: AccessEvent) -> Identity:
    """Return what makes an event the same as another: its own id where it has one, else all that was read of it."""
    if "unmapped" in event.marks:
        return (event.source, event.detail, event.nth)
    at = 0 if "time-missing" in event.marks else event.at  # what stands in for a time is that of the receipt
    if event.event_id:
        return (event.source, event.principal, at, event.event_id)
    return (
        *(event.source, event.principal, at, event.nth, event.act, event.outcome, event.address),
        *(event.raw_address, event.session, event.user_agent, event.fingerprint, event.target, event.detail),
        tuple(mark for mark in event.marks if mark not in _OF_RECEIPT),
    )


class RecentRows:
    """Principal and time of the rows sealed last, by month, and up to which time there are older ones.

    ``older`` gives for a month the latest time of any row kept, which is asked once when the month is first met.
    """

    def __init__(self, most_held: int = _MOST_HELD) -> None:
        self._most = most_held
        self._held: deque[tuple[int, int, NDArray[np.uint64]]] = deque()
        self._count = 0
        self._older: dict[int, int] = {}

    def knows(self, month: int) -> bool:
        """Whether the latest time of a month was said."""
        return month in self._older

    def begin(self, month: int, latest: int) -> None:
        """Say the latest time of any row kept of a month."""
        self._older[month] = latest

    def suspects(self, month: int, labels: NDArray[np.uint64], at: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which rows may have been sealed before; those not named were not."""
        found = at <= self._older[month]
        keys = _mixed(labels, at)
        for of_month, latest, held in self._held:
            near = np.flatnonzero(at <= latest) if of_month == month else ()
            if len(near):
                places = np.searchsorted(held, keys[near])
                places[places == len(held)] = 0
                found[near] |= held[places] == keys[near]
        return found

    def note(self, month: int, labels: NDArray[np.uint64], at: NDArray[np.int64]) -> None:
        """Hold rows that were sealed; the oldest held count as older ones from then on."""
        if not len(at):
            return
        self._held.append((month, int(at.max()), np.sort(_mixed(labels, at))))
        self._count += len(at)
        while self._count > self._most and len(self._held) > 1:
            of_month, latest, held = self._held.popleft()
            self._count -= len(held)
            self._older[of_month] = max(self._older[of_month], latest)


def _mixed(labels: NDArray[np.uint64], at: NDArray[np.int64]) -> NDArray[np.uint64]:
    return labels ^ (at.view(np.uint64) * _MIX)


def repeated_among(events: Sequence[AccessEvent], kept: Sequence[AccessEvent]) -> set[int]:
    """Return the indexes of events that are kept already or stood earlier in the sequence."""
    seen, found = {identity_of(event) for event in kept}, set[int]()
    for n, event in enumerate(events):
        identity = identity_of(event)
        if identity in seen:
            found.add(n)
        seen.add(identity)
    return found
