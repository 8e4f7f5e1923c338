"""The log of batches in memory and on disk: one suite."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from access_batches import batch, ids
from gatebook.store.access_log import AccessLogFolder
from gatebook.store.memory.access_log import MemoryAccessLog


@pytest.fixture(params=["memory", "disk"])
def log(request: Any, tmp_path: Path) -> Iterator[Any]:
    if request.param == "memory":
        yield MemoryAccessLog()
        return
    found = AccessLogFolder(tmp_path / "access" / "log", rolls_at=4096)
    yield found
    found.close()


def test_what_was_appended_is_pending_as_it_was_and_oldest_first(log: Any) -> None:
    # Breaks when a batch comes back changed, or a younger one before an older one.
    log.append(batch("b", 2))
    log.append(batch("a", 1))
    log.append(batch("c", 3))
    found = log.pending(1000)
    assert ids(found) == ["bat_a", "bat_b", "bat_c"]
    for one in found:
        given = batch(one.batch_id.removeprefix("bat_"), one.received_at - batch("a").received_at)
        assert one.rows.equals(given.rows) and one.rows.schema == given.rows.schema
        fields = ("digest", "source", "form", "received_at", "operator")
        assert [getattr(one, name) for name in fields] == [getattr(given, name) for name in fields]


def test_as_many_are_given_as_were_asked_for_but_one_at_least(log: Any) -> None:
    # Breaks when a batch larger than what is asked for is never given, or more come than fit.
    for n in range(5):
        log.append(batch(f"n{n}", n, 10))
    assert len(log.pending(1)) == 1 and len(log.pending(29)) == 2 and len(log.pending(30)) == 3
    assert len(log.pending(1000)) == 5


def test_a_batch_is_known_by_its_digest_and_its_id_until_it_is_forgotten(log: Any) -> None:
    # Breaks when a batch sent again is not recognised, or one that was sealed still counts as waiting.
    log.append(batch("a"))
    log.append(batch("b"))
    assert log.holds(batch("a").digest) == "bat_a" and log.waits("bat_a")
    assert log.holds(batch("z").digest) is None and not log.waits("bat_z")
    log.forget(["bat_a", "bat_unknown"])
    assert log.holds(batch("a").digest) is None and not log.waits("bat_a")
    assert ids(log.pending(1000)) == ["bat_b"] and log.damage() == ()


def test_two_with_one_digest_are_one(log: Any) -> None:
    # Breaks when a batch that came twice at the same time has two ids, of which one leads nowhere.
    assert log.append(batch("a")) == "bat_a"
    again = replace(batch("a", 9), batch_id="bat_other")
    assert log.append(again) == "bat_a" and ids(log.pending(1000)) == ["bat_a"]
    log.forget(["bat_a"])
    assert log.append(again) == "bat_other"


def test_forgetting_twice_is_the_same_as_once_and_the_log_goes_on(log: Any) -> None:
    # Breaks when a batch appended after a forgetting is lost, or one forgotten comes back.
    for n in range(30):
        log.append(batch(f"x{n}", n))
        if n % 3 == 2:
            log.forget([f"bat_x{n - 1}", f"bat_x{n}"])
            log.forget([f"bat_x{n}"])
    assert ids(log.pending(10_000)) == [f"bat_x{n}" for n in range(0, 30, 3)]
    log.forget(ids(log.pending(10_000)))
    assert log.pending(1) == []
    log.append(batch("after"))
    assert ids(log.pending(1)) == ["bat_after"]
