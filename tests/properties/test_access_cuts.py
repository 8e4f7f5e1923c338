"""Cutting streams into batches: by the bytes alone, at line ends, and never through a document that fits."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebook.record.events import cuts
from gatebook.record.events.cuts import Cuts, Piece, settled_end

LINES = st.lists(
    st.sampled_from([b"\n", b"a\n", b"bb\r\n", b"{\n", b"}\n", b" }\n", b"[\n", b"]\n", b"x" * 70 + b"\n"]), max_size=60
).map(b"".join)


@pytest.fixture(autouse=True, scope="module")
def small() -> Iterable[None]:
    with pytest.MonkeyPatch.context() as patched:
        for name, value in (("MOST_LINES", 7), ("MOST_BYTES", 64), ("LONGEST", 300)):
            patched.setattr(cuts, name, value)
        yield


def cut(chunks: Iterable[bytes]) -> list[Piece]:
    cutting = Cuts()
    return [*(piece for chunk in chunks for piece in cutting.add(chunk)), *cutting.end()]


@given(data=LINES, tail=st.sampled_from([b"", b"torn", b"{"]), sizes=st.lists(st.integers(1, 90), min_size=1))
def test_the_cuts_depend_on_the_bytes_alone_and_lose_none(data: bytes, tail: bytes, sizes: list[int]) -> None:
    # Breaks when a file read again is cut elsewhere, so that its batches are not known again, or bytes go missing.
    data, chunks, at = data + tail, [], 0
    while at < len(data):
        chunks.append(data[at : at + sizes[len(chunks) % len(sizes)]])
        at += len(chunks[-1])
    whole = cut([data])
    assert cut(chunks) == whole
    assert b"".join(piece.data for piece in whole) == data
    assert [piece.offset for piece in whole] == [sum(len(p.data) for p in whole[:n]) for n in range(len(whole))]
    assert all(piece.data.endswith(b"\n") for piece in whole[:-1])


@given(data=LINES, more=LINES)
def test_a_file_that_has_grown_gives_the_batches_it_gave(data: bytes, more: bytes) -> None:
    # Breaks when all of a grown file is new to the house, and not only its last batch.
    before = cut([data])[:-1]
    assert cut([data + more])[: len(before)] == before


@given(st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=9), min_size=1, max_size=9))
def test_printed_documents_are_never_cut_through(documents: list[list[int]]) -> None:
    # Breaks when one record printed over many lines becomes many unreadable ones.
    data = b"".join(json.dumps({"Records": rows}, indent=1).encode() + b"\n" for rows in documents)
    for piece in cut([data]):
        assert piece.data.startswith(b"{\n") and piece.data.endswith(b"\n}\n")
    assert settled_end(data[:-1]) <= len(data) - 2 and settled_end(data) == len(data)


def test_a_line_without_end_costs_no_more_than_is_kept_of_it() -> None:
    # Breaks when one endless line fills all memory, or the line after it is lost or moved.
    cutting = Cuts()
    found = [piece for _ in range(50) for piece in cutting.add(b"x" * 100)]
    assert len(cutting._held) <= 400
    found += [*cutting.add(b"x\nafter\n"), *cutting.end()]
    assert found[0].data == b"x" * 300 + b"\n" and found[0].offset == 0
    assert (found[1].offset, found[1].data) == (5002, b"after\n")
