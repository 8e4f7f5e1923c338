"""Rate limits: how often one key may ask, and how often one address may fail to say who it is.

The trap guarded against: one stranger's guesses shutting out everybody behind the same proxy. A failure is counted
after the key was looked at, so a right key is served whatever its neighbours do. Counts are in the memory of this
process alone; addresses stay there for a minute and are never logged.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable
from datetime import datetime

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from gatebook.errors import TooMany
from gatebook.settings import Settings

_WINDOW_S = 60
_ONE_HOLDER = 64  # whoever holds one IPv6 address holds its whole /64


class RateLimits:
    """Three moving windows of a minute; each limit 0 is off. A call over its limit raises TooMany."""

    def __init__(self, settings: Settings, now: Callable[[], datetime]) -> None:
        self._now, self._limiter = now, MovingWindowRateLimiter(MemoryStorage())
        self._asked = _limit(settings.requests_per_minute, "asked")
        self._gate = _limit(settings.gate_requests_per_minute, "gate")
        self._failed = _limit(settings.failures_per_minute, "failed")

    def asked(self, key_id: str) -> None:
        """Count a request made with a key."""
        self._count(self._asked, key_id, "this key asks more often than this house allows")

    def asked_gate(self, key_id: str) -> None:
        """Count a question put to the gate with a key."""
        self._count(self._gate, key_id, "this key asks the gate more often than this house allows")

    def failed(self, address: str) -> None:
        """Count a request from an address that did not say who asks."""
        self._count(self._failed, _holder(address), "too many requests without a valid API key came from here")

    def _count(self, limit: RateLimitItem | None, who: str, message: str) -> None:
        if limit is None or self._limiter.hit(limit, who):
            return
        reset = self._limiter.get_window_stats(limit, who).reset_time
        wait = math.ceil(reset - self._now().timestamp())
        raise TooMany(f"{message}; come back later", min(max(wait, 1), _WINDOW_S))


def _limit(count: int, name: str) -> RateLimitItem | None:
    return RateLimitItemPerMinute(count, namespace=name) if count else None


def _holder(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, _ONE_HOLDER), strict=False)) if found.version == 6 else address  # noqa: PLR2004  IPv6
