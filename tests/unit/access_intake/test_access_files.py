"""Files taken in and followed: pieces without a record, files with a fault, and runs of equal lines over restarts."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gatebook.errors import Conflict, Unavailable
from gatebook.procedures.log_access import LoggedReceipt
from gatebook.record.events import cuts, nth
from gatebook.record.events.columns import from_columns
from gatebook.wiring import access_files
from gatebook.wiring.access_files import Follower, ingest_files

LINE = b'{"at":"2026-11-20T12:00:00Z","principal":"p","address":"203.0.113.9"}\n'
NONE = [b"[]\n", b'{"Records":[]}\n', b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", b"[\n]\n", "\u3000\n".encode(), b"\n\n"]
Told = Callable[[LoggedReceipt], None]


def numbers(premises: Any) -> list[int]:
    events = [event for one in premises.access_log.pending(10**9) for event in from_columns(one.rows)]
    return sorted(event.nth for event in events if event.principal == "p")


def turn(premises: Any, operator: Any, *paths: object) -> list[int]:
    """Follow anew, as after a restart, and return the rows of each batch."""
    found = list[LoggedReceipt]()
    follower = Follower(premises, operator, [str(path) for path in paths])
    try:
        follower.turn(found.append)
    finally:
        follower.close()
    return [receipt.rows for receipt in found]


@pytest.mark.parametrize("none", NONE)
def test_a_file_without_a_record_is_read_and_is_no_batch(
    premises: Any, operator: Any, tmp_path: Path, none: bytes
) -> None:
    # Breaks when an export of nothing ends the taking in of all others, or stops a follower for good.
    (tmp_path / "a.log").write_bytes(none)
    (tmp_path / "b.log").write_bytes(LINE)
    found = ingest_files(premises, operator, [tmp_path / "a.log", tmp_path / "b.log"])
    assert (found.tally.batches, found.tally.rows, found.problems) == (1, 1, [])
    assert sum(turn(premises, operator, tmp_path / "*.log")) == 1
    with (tmp_path / "a.log").open("ab") as file:
        file.write(b"\n" + LINE)
    assert sum(turn(premises, operator, tmp_path / "*.log")) == 1


def test_what_is_wrong_with_one_file_costs_no_other(
    premises: Any, operator: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Breaks when one file that cannot be taken in keeps others from being, or goes untold, or is told every second.
    for name, data in (("a.log", b"bad\n"), ("b.log", LINE), ("c.gz", gzip.compress(LINE * 2)[:-1])):
        (tmp_path / name).write_bytes(data)
    keeps = access_files.log_access

    def with_a_fault(*given: Any) -> LoggedReceipt:
        if given[3] == b"bad\n":
            raise Conflict("somebody else is at it")
        return keeps(*given)

    monkeypatch.setattr(access_files, "log_access", with_a_fault)
    found = ingest_files(premises, operator, sorted(tmp_path.glob("?.*")))
    assert found.tally.rows == 3
    assert found.problems == ["a.log: somebody else is at it", "c.gz: the gzip stream ends before its end"]

    told, wrong, stop = list[LoggedReceipt](), list[str](), threading.Event()
    follower, turns = Follower(premises, operator, [str(tmp_path / "*.log")], wrong=wrong.append), iter(range(4))
    monkeypatch.setattr(stop, "wait", lambda _: next(turns) == 3 and stop.set())
    follower.follow(stop, 0.05, told.append, lambda: None)
    follower.close()
    assert [receipt.rows for receipt in told] == [1] and wrong == ["a.log: somebody else is at it"]
    monkeypatch.setattr(access_files, "log_access", keeps)
    assert turn(premises, operator, tmp_path / "*.log") == [1]


def test_a_house_that_cannot_keep_ends_the_taking_in(
    premises: Any, operator: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Breaks when a full disk is told as a fault of every file.
    (tmp_path / "a.log").write_bytes(LINE)

    def full(*_: Any) -> LoggedReceipt:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(access_files, "log_access", full)
    with pytest.raises(Unavailable):
        ingest_files(premises, operator, [tmp_path / "a.log"])


@pytest.mark.parametrize("line", [LINE, LINE.replace(b"12:00:00Z", b"at noon")])
def test_a_run_of_equal_lines_counts_to_its_end_over_every_restart(
    premises: Any, operator: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: bytes
) -> None:
    # Breaks when a follower that goes on in a long run of equal lines gives them numbers that others bear.
    for module, name, value in ((nth, "WINDOW", 50), (access_files, "WINDOW", 50), (nth, "_READ_AGAIN", 9)):
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(cuts, "MOST_LINES", 40)
    log, count = tmp_path / "edge.log", 0
    for more in (3, 70, 1, 200, 45):
        with log.open("ab") as file:
            file.write(line * more)
        count += more
        assert sum(turn(premises, operator, log)) == more
        assert numbers(premises) == list(range(count))
    found = ingest_files(premises, operator, [log]).tally
    assert found.rows == count and set(numbers(premises)) == set(range(count))


def test_streams_are_let_go_when_they_hold_too_much(
    premises: Any, operator: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Breaks when many followed files fill the memory, or those let go of are counted anew.
    monkeypatch.setattr(access_files, "_MOST_HELD", 5)
    follower = Follower(premises, operator, [str(tmp_path / "*.log")])
    for _ in range(3):
        for name in "ab":
            with (tmp_path / f"{name}.log").open("ab") as file:
                file.write(LINE.replace(b'"p"', b'"p","act":"%s"' % name.encode()) * 4)
        follower.turn(lambda _: None)
        assert len(follower._streams) <= 2 and sum(len(one) for _, one in follower._streams.values()) <= 5 + 12
    follower.close()
    assert numbers(premises) == sorted([*range(12)] * 2)
