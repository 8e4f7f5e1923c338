"""The log on disk: torn tails, damage in the middle, full disks, several writers, files that go while others read."""

from __future__ import annotations

import os
import signal
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from access_batches import batch, ids
from gatebook.errors import Unavailable
from gatebook.store import log_records, log_writer
from gatebook.store.access_log import AccessLogFolder
from gatebook.store.log_records import START, scan, to_bytes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "access" / "log"


@pytest.fixture
def opened(folder: Path) -> Iterator[Callable[..., AccessLogFolder]]:
    logs = list[AccessLogFolder]()

    def make(**more: int) -> AccessLogFolder:
        logs.append(AccessLogFolder(folder, **more))
        return logs[-1]

    yield make
    for log in logs:
        log.close()


Opened = Callable[..., AccessLogFolder]


def written(folder: Path, *names: str) -> Path:
    """One file with these batches, by a writer that is gone."""
    log = AccessLogFolder(folder)
    for n, name in enumerate(names):
        log.append(batch(name, n))
    log.close()
    (file,) = folder.glob("*.log")
    return file


def test_only_its_owner_reads_the_log(folder: Path, opened: Opened) -> None:
    # Breaks when addresses of everybody lie open to other accounts of the machine.
    file = written(folder, "a")
    opened().forget(["bat_b"])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_tail_torn_anywhere_is_passed_over_and_holds_nobody_up(folder: Path, opened: Opened) -> None:
    # Breaks when a record cut off by a crash is given, told as damage, or keeps its file from going.
    file = written(folder, "a", "b")
    whole, first = file.read_bytes(), len(to_bytes(batch("a")))
    for end in [*range(first + 1, first + START + 60), *range(first + START + 60, len(whole), 97)]:
        file.write_bytes(whole[:end])
        log = opened()
        assert ids(log.pending(100)) == ["bat_a"] and log.damage() == (), end
    log.append(batch("c"))
    assert ids(log.pending(100)) == ["bat_a", "bat_c"]
    log.forget(["bat_a"])
    assert not file.exists() and ids(log.pending(100)) == ["bat_c"]


def test_room_that_was_never_filled_is_no_damage(folder: Path, opened: Opened) -> None:
    # Breaks when zeros that a loss of power leaves at the end are taken for a lost record.
    file = written(folder, "a")
    with file.open("ab") as more:
        more.write(bytes(5000))
    log = opened()
    assert ids(log.pending(100)) == ["bat_a"] and log.damage() == ()


def test_each_damaged_byte_of_a_record_is_told_and_costs_no_other(folder: Path, opened: Opened) -> None:
    # Breaks when a flipped byte is read as a batch, goes unsaid, or takes the records after it along.
    file = written(folder, "a", "b", "c")
    whole = file.read_bytes()
    first = len(to_bytes(batch("a", 0)))
    second = first + len(to_bytes(batch("b", 1)))
    for place in [*range(first, first + START + 100), *range(first + START + 100, second, 41)]:
        spoilt = bytearray(whole)
        spoilt[place] ^= 0x55
        file.write_bytes(spoilt)
        log = opened()
        assert ids(log.pending(100)) == ["bat_a", "bat_c"], place
        (told,) = log.damage()
        assert (told.file, told.offset) == (file.name, first) and told.reason
    log.forget(["bat_a", "bat_c"])
    assert file.exists() and log.pending(100) == [] and len(log.damage()) == 1


def test_damage_that_comes_after_a_first_look_is_told_too(folder: Path, opened: Opened) -> None:
    # Breaks when a log that was read once is believed for ever.
    file = written(folder, "a", "b")
    log = opened()
    assert len(log.pending(100)) == 2
    spoilt = bytearray(file.read_bytes())
    spoilt[-1] ^= 1
    file.write_bytes(spoilt)
    assert ids(log.pending(100)) == ["bat_a"]
    assert len(log.damage()) == 1


def test_a_file_that_cannot_be_opened_is_told_and_holds_nobody_up(folder: Path, opened: Opened) -> None:
    # Breaks when one file of another account stops all sealing, or hides that it is there.
    written(folder, "a")
    (folder / "00.log").mkdir()
    log = opened()
    assert ids(log.pending(100)) == ["bat_a"]
    (told,) = log.damage()
    assert told.file == "00.log" and "cannot be read" in told.reason
    (folder / "00.log").rmdir()
    assert log.damage() == ()


def test_two_writers_and_a_sealer_have_files_of_their_own(folder: Path, opened: Opened) -> None:
    # Breaks when one process writes into the file of another, or a batch of another is not seen.
    one, other, sealer = (opened() for _ in range(3))
    one.append(batch("a", 1))
    other.append(batch("b", 2))
    assert len(list(folder.glob("*.log"))) == 2
    assert ids(sealer.pending(100)) == ["bat_a", "bat_b"] and sealer.holds(batch("b").digest) == "bat_b"
    sealer.forget(["bat_a", "bat_b"])
    assert list(folder.iterdir()) == []
    one.append(batch("c", 3))  # whose file was taken away meanwhile
    assert ids(sealer.pending(100)) == ["bat_c"] == ids(other.pending(100))


def test_what_was_forgotten_by_a_process_that_died_stays_forgotten(folder: Path, opened: Opened) -> None:
    # Breaks when a crash between the list and the removal of the file gives a sealed batch again.
    file = written(folder, "a", "b")
    log = opened()
    log.forget(["bat_a"])
    gone = file.with_suffix(".gone")
    with gone.open("ab") as listed:
        listed.write(b"bat_")  # an id that a kill cut off
    again = opened()
    assert ids(again.pending(100)) == ["bat_b"]
    again.forget(["bat_b"])
    assert list(folder.iterdir()) == []
    gone.write_bytes(b"\nbat_b\n")  # the file went and its list did not
    again.forget([])
    assert list(folder.iterdir()) == []


def test_files_roll_and_a_file_of_which_all_is_sealed_goes(folder: Path, opened: Opened) -> None:
    # Breaks when the log grows for ever, or a file goes while one of its batches waits.
    log = opened(rolls_at=3 * len(to_bytes(batch("x"))))
    for n in range(9):
        log.append(batch(f"x{n}", n))
    files = sorted(folder.glob("*.log"))
    assert len(files) >= 3
    log.forget([f"bat_x{n}" for n in range(9) if n != 4])
    (left,) = folder.glob("*.log")
    assert left in files and ids(log.pending(100)) == ["bat_x4"]


def test_appenders_at_the_same_time_share_a_flush(
    folder: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Breaks when every sender waits for a flush of their own, or is answered before one.
    flushes, may_go, began = list[int](), threading.Event(), threading.Event()
    real = log_writer.sync

    def slow(handle: int) -> None:
        began.set()
        assert may_go.wait(20)
        real(handle)
        flushes.append(handle)

    log = opened()
    monkeypatch.setattr(log_writer, "sync", slow)
    threads = [threading.Thread(target=log.append, args=(batch(f"t{n}", n),)) for n in range(12)]
    threads[0].start()
    assert began.wait(20)
    for thread in threads[1:]:
        thread.start()
    writer: Any = log._writer
    while len(writer._waiting) < 11:
        assert threads[0].is_alive()
    assert flushes == []
    may_go.set()
    for thread in threads:
        thread.join(20)
    assert len(flushes) == 2 and len(log.pending(1000)) == 12


def test_equal_batches_at_the_same_time_are_one_record(
    folder: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Breaks when a sender that tries again while the first try is under way has its batch kept twice.
    may_go, began, found = threading.Event(), threading.Event(), list[str]()
    real = log_writer.sync

    def slow(handle: int) -> None:
        began.set()
        assert may_go.wait(20)
        real(handle)

    log = opened()
    monkeypatch.setattr(log_writer, "sync", slow)

    def append(n: int) -> None:
        found.append(log.append(replace(batch("a"), batch_id=f"bat_{n}")))

    threads = [threading.Thread(target=append, args=(n,)) for n in range(6)]
    threads[0].start()
    assert began.wait(20)
    for thread in threads[1:]:
        thread.start()
    may_go.set()
    for thread in threads:
        thread.join(20)
    assert found == ["bat_0"] * 6 and ids(log.pending(100)) == ["bat_0"]


def test_a_failed_flush_is_told_to_all_who_waited_and_nothing_of_it_is_kept(
    folder: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Breaks when a batch that may not be on the disk is acknowledged, or is found later as if it had been.
    log, reader = opened(), opened()
    log.append(batch("before"))

    def fails(_: int) -> None:
        reader.pending(100)  # which takes in what is about to be taken back
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(log_writer, "sync", fails)
        with pytest.raises(Unavailable) as refused:
            log.append(batch("lost"))
    assert "no space left" in refused.value.message
    assert ids(reader.pending(100)) == ["bat_before"] and reader.holds(batch("lost").digest) is None
    log.append(batch("after"))
    assert sorted(ids(reader.pending(100))) == ["bat_after", "bat_before"] and reader.damage() == ()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits are set in a child")
def test_a_disk_that_is_full_in_the_middle_of_a_record(folder: Path, opened: Opened) -> None:
    # Breaks when half a record is left where the next one is appended.
    written(folder, "a")
    size = len(to_bytes(batch("b", count=2000)))
    child = os.fork()
    if not child:
        import resource

        code = 1
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, resource.RLIM_INFINITY))
            log = AccessLogFolder(folder)
            try:
                log.append(batch("b", 5, 2000))
            except Unavailable:
                log.append(batch("c", 6))
                code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    log = opened()
    assert ids(log.pending(9000)) == ["bat_a", "bat_c"] and log.damage() == ()


def test_a_record_that_is_just_being_written_is_no_damage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Breaks when a look that ends within a record goes on into what its writer added meanwhile, and calls it damaged.
    one, two = to_bytes(batch("a")), to_bytes(batch("b"))
    folder.mkdir(parents=True)
    file = folder / "x.log"
    file.write_bytes(one[: START + 10])
    looked = log_records._next_start

    def after_the_writer(*given: Any) -> int:
        file.write_bytes(one + two)
        return looked(*given)

    monkeypatch.setattr(log_records, "_next_start", after_the_writer)
    with file.open("rb", buffering=0) as read:
        assert scan(read, file.name, 0, START + 10) == ([], [], 0)
        found, damaged, end = scan(read, file.name, 0, len(one + two))
    assert [item.head.batch_id for item in found] == ["bat_a", "bat_b"] and (damaged, end) == ([], len(one + two))


def test_one_batch_that_two_processes_kept_is_given_once(folder: Path, opened: Opened) -> None:
    # Breaks when a batch that came to two processes at once is sealed twice, or forgotten by half.
    for number in range(2):  # as each would write that has not seen the other's
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.log").write_bytes(to_bytes(batch("a", number)) + to_bytes(batch(f"b{number}", 5)))
    log = opened()
    assert ids(log.pending(1000)) == ["bat_a", "bat_b0", "bat_b1"]
    log.forget(["bat_a"])
    assert ids(log.pending(1000)) == ["bat_b0", "bat_b1"] and not log.waits("bat_a")
