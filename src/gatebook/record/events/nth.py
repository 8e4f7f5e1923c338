"""How many equal events came shortly before one that has no id of its own.

The trap guarded against: two logins in one second taken for one, or one login read twice taken for two. The count
depends on the stream alone, however it was cut: who goes on in the middle primes the counter with what stood before.

A count goes on from the last equal event, so that a run of them is numbered through however long it is. What was
counted further back than anybody reads again is *carried*: kept by whoever goes on later, beside where they stood.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from gatebook.terms.access_event import AccessEvent

#: Equal events further back than this many records count as none.
WINDOW = 20_000
MOST = 65_535  # sixteen bits are kept
#: A count that began within so many records is found again by reading them; one that began before is carried.
_READ_AGAIN = 1_000
_MOST_CARRIED = 4_096
_MOST_PASSED = 64
_SLACK = 5_000  # so that counts that are too old are not looked for at each record

Key = tuple[object, ...]
Carried = Mapping[str, tuple[int, int]]

KEY_FIELDS = (
    *("at", "source", "principal", "act", "outcome", "address", "address_kind", "raw_address"),
    *("session", "user_agent", "fingerprint", "target", "event_id", "detail"),
)
_AT_RECEIPT = frozenset({"unmapped", "time-missing"})


def key_of(event: AccessEvent) -> Key:
    """Return all that makes two events equal, as plain values in the order of :data:`KEY_FIELDS`.

    Nothing of it may come from the receipt, or a stream read again would be another: the time of receipt is left out
    where it stands in for a time, and so are the marks, some of which say how the time looked then.
    """
    return (
        0 if _AT_RECEIPT.intersection(event.marks) else event.at,
        event.source,
        event.principal,
        event.act,
        event.outcome.value,
        event.address,
        event.address_kind.value,
        event.raw_address,
        event.session,
        event.user_agent,
        event.fingerprint,
        event.target,
        event.event_id,
        event.detail,
    )


_EVENT_ID = KEY_FIELDS.index("event_id")


def short_of(key: Key) -> Key:
    """Return time, principal and raw address, which are seldom equal where the rest is not."""
    return (key[0], key[2], key[7])


class _Last(NamedTuple):
    """The last of some equal records: its place, its number, the place its count began, and what is short of it."""

    place: int
    nth: int
    began: int
    short: int


class _Passed(NamedTuple):
    """Records of which no two can be equal, and whose keys nobody has asked for."""

    place: int
    rows: int
    shorts: set[int]
    keys_from: Callable[[int], list[Key]]


class Repeats:
    """The last records of one stream. Every record takes a place; only those without an id are given a number."""

    def __init__(self) -> None:
        """Begin before the first record."""
        self._place = 0
        self._last: dict[str, _Last] = {}
        self._shorts = set[int]()  # what is short of those, and perhaps of some that went
        self._passed: deque[_Passed] = deque()
        self._unsure_until = 0  # up to there records may equal one of which nothing but a digest was carried

    def __len__(self) -> int:
        """Return how many records are held."""
        return len(self._last) + sum(one.rows for one in self._passed)

    def prime(self, events: Iterable[AccessEvent]) -> None:
        """Take the records that stood before, the oldest first; with what was carried the last 20,000 suffice."""
        for event in events:
            self.count(key_of(event))

    def count(self, key: Key) -> int:
        """Return how many equal ones stand among the records before, and take this one in."""
        self._settle()
        return self._take_in(key)

    def count_all(self, shorts: Sequence[Key], keys_from: Callable[[int], list[Key]]) -> list[int] | None:
        """As :meth:`count` for many in their order; None stands for zeros, which is what nearly every batch has.

        ``shorts`` are what :func:`short_of` makes of the keys: where no two of them are equal, no two keys are.
        ``keys_from`` gives the keys from a position on; it is asked only where a count needs them.
        """
        told = set(map(hash, shorts))
        before = (self._shorts, *(one.shorts for one in self._passed))
        is_sure = len(told) == len(shorts) and self._place >= self._unsure_until
        if not is_sure or not all(told.isdisjoint(one) for one in before):
            self._settle()
            return [self._take_in(key) for key in keys_from(0)]
        self._passed.append(_Passed(self._place, len(shorts), told, keys_from))
        self._place += len(shorts)
        while self._passed[0].place + self._passed[0].rows <= self._edge:
            self._passed.popleft()
        if len(self._passed) > _MOST_PASSED:
            self._settle()
        elif self._last and self._passed[0].place <= self._edge:
            self._last, self._shorts = {}, set()  # all of it stood before what was passed
        return None

    def carried(self) -> dict[str, tuple[int, int]]:
        """Return the counts that began too far back to be found by reading again: number and distance, by a digest.

        What was passed by has no equals among what was counted, and begins nothing but new counts.
        """
        far = [
            (last.place, name)
            for name, last in self._last.items()
            if last.nth and last.began < self._place - _READ_AGAIN and last.place >= self._edge
        ]
        latest = sorted(far)[-_MOST_CARRIED:]
        return {name: (self._last[name].nth, self._place - place) for place, name in latest}

    def go_on(self, carried: Carried) -> None:
        """Go on with counts that were carried; what was primed before counts on from them."""
        self._settle()
        for name, (nth, distance) in carried.items():
            primed = self._last.get(name)
            if primed is None:
                self._unsure_until = self._place + WINDOW
            short = primed.short if primed else 0
            self._last[name] = _Last(self._place - distance, nth, self._place - WINDOW - _READ_AGAIN, short)

    @property
    def _edge(self) -> int:
        """The first place that still counts for the next record."""
        return self._place - WINDOW

    def _settle(self) -> None:
        """Count what was passed by."""
        while self._passed:
            passed = self._passed.popleft()
            here, self._place = self._place, passed.place
            skipped = max(0, here - WINDOW - passed.place)
            self._place += skipped
            for key in passed.keys_from(skipped):
                self._take_in(key)
            self._place = here

    def _take_in(self, key: Key) -> int:
        place = self._place
        self._place += 1
        if key[_EVENT_ID]:
            return 0
        name, short = _name_of(key), hash(short_of(key))
        last = self._last.get(name)
        is_near = last is not None and place - last.place <= WINDOW
        nth, began = (min(last.nth + 1, MOST), last.began) if last and is_near else (0, place)
        self._last[name] = _Last(place, nth, began, short)
        self._shorts.add(short)
        if len(self._last) > WINDOW + _SLACK:
            self._last = {name: last for name, last in self._last.items() if last.place >= self._edge}
            self._shorts = {last.short for last in self._last.values()}
        return nth


def _name_of(key: Key) -> str:
    """Return a digest of a key, the same in every process. Keys that shared one would be numbered as one."""
    return hashlib.blake2b(repr(key).encode("utf-8", "backslashreplace"), digest_size=12).hexdigest()
