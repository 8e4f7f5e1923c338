"""Bytes into lines, in bounded memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

from gatebook.record.events.form import Receipt
from gatebook.record.events.lines import KEPT_BYTES, LINE_BYTES, Line, read_blocks, read_lines
from gatebook.record.events.reader import read_events


def test_what_is_odd_in_bytes_is_kept() -> None:
    # Breaks when a mark of byte order, an end of another system, a NUL or bytes of no text change or lose a line.
    lines = list(read_lines(b"\xef\xbb\xbfa\r\n\r\n  \nb\x00c\n\xff\xfe\nlast"))
    assert lines == [Line("a"), Line("b\\x00c"), Line("\\xff\\xfe"), Line("last", is_torn=True)]


def test_a_line_that_ends_late_is_torn_only_while_it_has_no_end() -> None:
    # Breaks when a follower cannot tell a line that is still being written.
    assert [block.is_torn for block in read_blocks([b"a\nb"])] == [False, True]
    assert [block.is_torn for block in read_blocks([b"a\nb", b"\n"])] == [False, False]


def test_a_line_without_end_costs_little_and_is_one_record() -> None:
    # Breaks when a gigabyte on one line is held whole, or leaves no record, or hides the line behind it.
    def endless() -> Iterator[bytes]:
        for _ in range(2_000):
            yield b"x" * 65_536
        yield b"\n{}\n"

    tracemalloc.start()
    events = list(read_events(read_lines(endless()), Receipt(5)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [event.marks for event in events] == [("unmapped", "text-cut"), ("unmapped",)]
    assert events[0].detail == "x" * KEPT_BYTES
    assert peak < 8 * LINE_BYTES


def test_a_cut_leaves_no_half_character() -> None:
    # Breaks when the beginning that is kept ends within a character.
    [line] = read_lines("é".join(["x", "é" * LINE_BYTES]).encode())
    assert line.is_cut
    assert line.text == "x" + "é" * ((KEPT_BYTES - 1) // 2)


def test_a_file_that_is_one_long_line_of_many_records_is_read() -> None:
    # Breaks when a CloudTrail file, which is one line however large, is taken for a line that is too long.
    record = b'{"eventName":"A","eventSource":"ec2.amazonaws.com","eventID":"%d","x":"' + b"y" * 1000 + b'"}'
    data = b'{"Records":[' + b",".join(record % number for number in range(3_000)) + b"]}"
    assert len(data) > 2 * LINE_BYTES
    chunks = [data[at : at + 100_000] for at in range(0, len(data), 100_000)]
    events = list(read_events(read_lines(chunks), Receipt(5)))
    assert [event.event_id for event in events] == [str(number) for number in range(3_000)]
