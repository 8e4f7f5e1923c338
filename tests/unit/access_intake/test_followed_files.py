"""Files that are followed: as they grow, through rotation by renaming and by copying, truncation, loss and restarts."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gatebook.outside.followed_files import FollowedFiles

Opened = Callable[..., FollowedFiles]


@pytest.fixture
def opened() -> Iterator[Opened]:
    made = list[FollowedFiles]()

    def make(*paths: object, kept: bytes = b"") -> FollowedFiles:
        made.append(FollowedFiles([str(path) for path in paths], kept))
        return made[-1]

    yield make
    for one in made:
        one.close()


def lines(*numbers: int, name: str = "line") -> str:
    return "".join(f"{name} {n:06d}\n" for n in numbers)


def taken(files: FollowedFiles) -> str:
    found = ""
    for part in files.parts():
        found += part.data.decode()
        files.move(part)
    return found


def add(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_what_grows_is_read_once_and_a_line_without_end_is_left(tmp_path: Path, opened: Opened) -> None:
    # Breaks when half a line becomes a record, or a line is read twice.
    log = tmp_path / "edge.log"
    files = opened(log)
    assert taken(files) == ""
    add(log, lines(1, 2) + "line 0000")
    assert taken(files) == lines(1, 2) and taken(files) == ""
    add(log, "03\n")
    assert taken(files) == lines(3)


def test_a_part_that_was_not_taken_in_comes_again(tmp_path: Path, opened: Opened) -> None:
    # Breaks when reading moves on before the disk has what was read.
    log = tmp_path / "edge.log"
    add(log, lines(1, 2))
    files = opened(log)
    for _ in range(3):
        (part,) = files.parts()
        assert part.data.decode() == lines(1, 2)
    files.move(part)
    assert list(files.parts()) == []


def test_whoever_comes_next_goes_on_and_is_told_what_stood_before(tmp_path: Path, opened: Opened) -> None:
    # Breaks when a restart reads a file again, or cannot tell how many equal records came before.
    log = tmp_path / "edge.log"
    add(log, lines(*range(2000)))
    first = opened(log)
    assert taken(first) == lines(*range(2000))
    add(log, lines(2000))
    again = opened(log, kept=first.kept())
    (part,) = again.parts()
    assert part.data.decode() == lines(2000)
    assert part.lines_before(1000).decode() == lines(*range(1000, 2000))
    assert opened(log).kept() == b"[]"


@pytest.mark.parametrize("restarted", [False, True])
def test_a_renamed_file_is_read_to_its_end_and_the_new_one_from_its_beginning(
    tmp_path: Path, opened: Opened, restarted: bool
) -> None:
    # Breaks when the lines written just before a rotation are lost.
    log = tmp_path / "edge.log"
    add(log, lines(1))
    files = opened(log)
    assert taken(files) == lines(1)
    add(log, lines(2))
    log.rename(tmp_path / "edge.log.1")
    os.utime(tmp_path / "edge.log.1", (1, 1))
    add(log, lines(3))
    if restarted:
        files = opened(log, kept=files.kept())
    assert taken(files) == lines(2, 3)
    add(tmp_path / "edge.log.1", lines(4))  # its writer has not noticed yet
    assert taken(files) == lines(4)


def test_a_file_that_is_copied_and_truncated_is_read_from_its_beginning(tmp_path: Path, opened: Opened) -> None:
    # Breaks when a file of the same name and number is taken for the one that was read, also when it grew past it.
    log = tmp_path / "edge.log"
    add(log, lines(1, 2, 3))
    files = opened(log)
    assert taken(files) == lines(1, 2, 3)
    shutil.copy(log, tmp_path / "edge.log.copy")
    os.truncate(log, 0)
    add(log, lines(4))
    assert taken(files) == lines(4)
    os.truncate(log, 0)
    add(log, lines(5, 6, 7, 8, 9))
    assert taken(files) == lines(5, 6, 7, 8, 9)


def test_another_file_with_the_same_beginning_is_another_file(tmp_path: Path, opened: Opened) -> None:
    # Breaks when a banner that opens every file makes all of them the same one.
    log, banner = tmp_path / "edge.log", "# " + "banner " * 60 + "\n"
    add(log, banner + lines(1, 2))
    files = opened(log)
    assert taken(files) == banner + lines(1, 2)
    os.truncate(log, 0)
    add(log, banner + lines(3, 4, 5))
    assert taken(files) == banner + lines(3, 4, 5)


def test_a_file_that_vanishes_is_read_to_its_end(tmp_path: Path, opened: Opened) -> None:
    # Breaks when what was written between the last look and the removal is lost though it could be read.
    log = tmp_path / "edge.log"
    add(log, lines(1))
    files = opened(log)
    assert taken(files) == lines(1)
    add(log, lines(2) + "line 0000")
    log.unlink()
    assert taken(files) == lines(2) + "line 0000"
    assert taken(files) == ""
    add(log, lines(9))
    assert taken(files) == lines(9)


def test_folders_and_patterns_and_what_is_left_alone(tmp_path: Path, opened: Opened) -> None:
    # Breaks when a new file of a folder is missed, or a compressed or hidden one is read as lines.
    inner = tmp_path / "host"
    inner.mkdir()
    add(inner / "b.log", lines(1, name="b"))
    (tmp_path / ".git").mkdir()
    for hidden in (tmp_path / ".hidden", tmp_path / ".git" / "log"):
        add(hidden, lines(1, name="hidden"))
    (tmp_path / "a.log.1.gz").write_bytes(gzip.compress(lines(1, name="old").encode()))
    folder, pattern = opened(tmp_path), opened(tmp_path / "*" / "*.log")
    assert taken(folder) == taken(pattern) == lines(1, name="b")
    add(inner / "c.log", lines(1, name="c"))
    assert taken(folder) == taken(pattern) == lines(1, name="c")


def test_a_printed_document_is_left_until_it_is_whole(tmp_path: Path, opened: Opened) -> None:
    # Breaks when a document is read while it is being written, and each line of it becomes a record.
    log = tmp_path / "trail.json"
    files = opened(log)
    add(log, '{\n "Records": [\n')
    assert taken(files) == ""
    add(log, ' {}\n ]\n}\n{\n "Rec')
    assert taken(files) == '{\n "Records": [\n {}\n ]\n}\n'
