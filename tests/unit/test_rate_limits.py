"""Rate limits: exact over a moving minute, and bounded in memory whoever asks."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import pytest

from gatebook.api.rate_limits import RateLimits
from gatebook.errors import TooMany
from gatebook.settings import Settings

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


def test_two_hundred_thousand_strangers_leave_little_behind() -> None:
    # Breaks when each address that ever failed is kept, or each request goes through all that were.
    clock = Clock()
    limits = RateLimits(Settings(), clock)
    for n in range(200_000):
        limits.failed(f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}")
    assert limits.held() <= 20_000
    clock.at += timedelta(seconds=61)
    limits.failed("192.0.2.1")
    assert limits.held() == 1


def test_strangers_push_no_key_out_of_its_count() -> None:
    # Breaks when a flood of guesses makes a key's own count be forgotten.
    limits = RateLimits(Settings(requests_per_minute=2), Clock())
    limits.asked("key_1")
    limits.asked("key_1")
    for n in range(50_000):
        limits.failed(f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}")
    with pytest.raises(TooMany):
        limits.asked("key_1")


def test_the_window_moves() -> None:
    # Breaks when a minute is counted from its full minute, so that twice the limit passes around it.
    clock = Clock()
    limits = RateLimits(Settings(requests_per_minute=2), clock)
    limits.asked("key_1")
    clock.at += timedelta(seconds=40)
    limits.asked("key_1")
    with pytest.raises(TooMany) as refused:
        limits.asked("key_1")
    assert refused.value.retry_after_s == 20
    clock.at += timedelta(seconds=20, microseconds=1)
    limits.asked("key_1")
    with pytest.raises(TooMany) as again:
        limits.asked("key_1")
    assert again.value.retry_after_s == 40


def test_one_key_at_the_gate_holds_little() -> None:
    # Breaks when each question of a busy control plane costs a walk through the minute's others.
    limits = RateLimits(Settings(gate_requests_per_minute=0), Clock())
    for _ in range(1000):
        limits.asked_gate("key_1")
    assert limits.held() == 0 and sys.getsizeof(limits) < 10_000
