"""How many equal events came shortly before one that has no id of its own.

The trap guarded against: two logins in one second taken for one, or one login read twice taken for two. The count
depends on the stream alone, however it was cut: who goes on in the middle primes the counter with what stood before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from gatebook.terms.access_event import AccessEvent

#: Equal events further back than this many records count as none.
WINDOW = 1_000
MOST = 65_535  # sixteen bits are kept

Key = tuple[object, ...]


KEY_FIELDS = (
    *("at", "source", "principal", "act", "outcome", "address", "address_kind", "raw_address"),
    *("session", "user_agent", "fingerprint", "target", "event_id", "marks", "detail"),
)


def key_of(event: AccessEvent) -> Key:
    """Return all that makes two events equal, as plain values in the order of :data:`KEY_FIELDS`."""
    return (
        event.at,
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
        ",".join(event.marks),
        event.detail,
    )


def short_of(key: Key) -> Key:
    """Return time, principal and raw address, which are seldom equal where the rest is not."""
    return (key[0], key[2], key[7])


class Repeats:
    """The last records of one stream. Every record takes a place; only those without an id are given a number."""

    def __init__(self) -> None:
        """Begin before the first record."""
        self._window: deque[Key] = deque()
        self._counts: dict[Key, int] = {}
        self._later: Callable[[], list[Key]] | None = None  # the whole window, while nobody has asked for it
        self._shorts: Sequence[Key] = ()  # what is short of it

    def prime(self, events: Iterable[AccessEvent]) -> None:
        """Take the records that stood before, the oldest first; the last 1,000 suffice."""
        for event in events:
            self.count(key_of(event))

    def count(self, key: Key) -> int:
        """Return how many equal ones stand among the records before, and take this one in."""
        self._settle()
        seen = self._counts.get(key, 0)
        self._take_in(key)
        return min(seen, MOST)

    def count_all(self, shorts: Sequence[Key], keys_from: Callable[[int], list[Key]]) -> list[int] | None:
        """As :meth:`count` for many in their order; None stands for zeros, which is what nearly every batch has.

        ``shorts`` are what :func:`short_of` makes of the keys: where no two of them are equal, no two keys are.
        ``keys_from`` gives the keys from a position on; it is asked only where a count needs them.
        """
        told = set(shorts)
        before = self._shorts if self._later else map(short_of, self._window)
        if len(told) < len(shorts) or not told.isdisjoint(before):
            return [self.count(key) for key in keys_from(0)]
        if len(shorts) >= WINDOW:
            first = len(shorts) - WINDOW
            self._later, self._shorts = lambda: keys_from(first), shorts[first:]
            return None
        self._settle()
        for key in keys_from(0):
            self._take_in(key)
        return None

    def _settle(self) -> None:
        if self._later is not None:
            self._window = deque(self._later())
            self._counts = dict.fromkeys(self._window, 1)
            self._later, self._shorts = None, ()

    def _take_in(self, key: Key) -> None:
        if len(self._window) == WINDOW:
            oldest = self._window.popleft()
            self._counts[oldest] -= 1
            if not self._counts[oldest]:
                del self._counts[oldest]
        self._counts[key] = self._counts.get(key, 0) + 1
        self._window.append(key)
