"""Rate limits: how often one key may ask, and how often one address may fail to say who it is.

The trap guarded against: one stranger's guesses shutting out everybody behind the same proxy. A failure is counted
after the key was looked at, so a right key is served whatever its neighbours do. Counts are in the memory of this
process alone; addresses stay there for a minute and are never logged. Nor can strangers fill that memory: each kind
of count is kept for so many askers, and whoever asked longest ago makes room.
"""

from __future__ import annotations

import ipaddress
import math
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime

from gatebook.errors import TooMany
from gatebook.settings import Settings

_WINDOW_S = 60.0
_ONE_HOLDER = 64  # whoever holds one IPv6 address holds its whole /64
_MOST_HELD = 20_000


class _Window:
    """A moving minute for each of many: the times of the last ``limit`` that passed, and never more than that.

    Each call takes the same small time however many are held. What a shared library offers for memory keeps a name
    for ever and walks through all of them in the background.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._turn = limit, threading.Lock()
        self.held: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, who: str, now: float) -> float:
        """Count one and return 0.0, or return how long until one would be taken."""
        with self._turn:
            passed = self.held.setdefault(who, deque(maxlen=self._limit))
            self.held.move_to_end(who)
            self._make_room(now)
            if len(passed) == self._limit and (left := passed[0] + _WINDOW_S - now) >= 0:
                return max(left, 1.0)
            passed.append(now)
            return 0.0

    def _make_room(self, now: float) -> None:
        """Let go of whoever is first in the line and over, or too many."""
        while len(self.held) > 1:
            who, passed = next(iter(self.held.items()))
            is_over = not passed or passed[-1] + _WINDOW_S < now
            if not is_over and len(self.held) <= _MOST_HELD:
                return
            del self.held[who]


class RateLimits:
    """Four moving windows of a minute; each limit 0 is off. A call over its limit raises TooMany."""

    def __init__(self, settings: Settings, now: Callable[[], datetime]) -> None:
        self._now = now
        self._asked = _window(settings.requests_per_minute)
        self._gate = _window(settings.gate_requests_per_minute)
        self._failed = _window(settings.failures_per_minute)
        self._witness = _window(settings.witness_requests_per_minute)

    def asked(self, key_id: str) -> None:
        """Count a request made with a key."""
        self._count(self._asked, key_id, "this key asks more often than this house allows")

    def asked_gate(self, key_id: str) -> None:
        """Count a question put to the gate with a key."""
        self._count(self._gate, key_id, "this key asks the gate more often than this house allows")

    def failed(self, address: str) -> None:
        """Count a request from an address that did not say who asks."""
        self._count(self._failed, _holder(address), "too many requests without a valid API key came from here")

    def asked_witness(self, address: str) -> None:
        """Count a checkpoint put before this house as a witness, by an address: nobody there has a key."""
        self._count(self._witness, _holder(address), "too many checkpoints came from here")

    def held(self) -> int:
        """Return how many askers are held in memory."""
        return sum(len(window.held) for window in (self._asked, self._gate, self._failed, self._witness) if window)

    def _count(self, window: _Window | None, who: str, message: str) -> None:
        if window and (wait := window.wait(who, self._now().timestamp())):
            raise TooMany(f"{message}; come back later", math.ceil(wait))


def _window(limit: int) -> _Window | None:
    return _Window(limit) if limit else None


def _holder(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, _ONE_HOLDER), strict=False)) if found.version == 6 else address  # noqa: PLR2004  IPv6
