"""Compressed bodies and files: many members, cut off, bad, and small ones that unfold into much."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebook.errors import InvalidInput, TooLarge, UnknownEncoding
from gatebook.outside.compressed import MIB, read_plain, unpack

LINES = b"".join(b'{"at":"2026-10-01T12:00:05Z","principal":"p%d"}\n' % n for n in range(3000))


def zstd(data: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(data, asbytes=True))


PACKERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstd}


@pytest.mark.parametrize("encoding", PACKERS)
@given(parts=st.lists(st.binary(max_size=3000), max_size=4))
def test_members_one_after_another_are_one_body(encoding: str, parts: list[bytes]) -> None:
    # Breaks when what follows the first member is dropped, as writers that append leave it.
    packed = b"".join(map(PACKERS[encoding], parts))
    assert unpack(packed, encoding) == b"".join(parts)


@pytest.mark.parametrize("encoding", PACKERS)
def test_a_body_cut_off_anywhere_is_refused(encoding: str) -> None:
    # Breaks when half a batch is acknowledged as a whole one.
    whole = PACKERS[encoding](LINES)
    for end in [*range(1, 40), *range(40, len(whole), 37), len(whole) - 1]:
        with pytest.raises(InvalidInput) as refused:
            unpack(whole[:end], encoding)
        assert refused.value.problems[0].pointer == "/body"
    with pytest.raises(InvalidInput):
        unpack(whole + b"nonsense", encoding)
    with pytest.raises(InvalidInput):
        unpack(b"nonsense" + whole, encoding)


@pytest.mark.parametrize("encoding", PACKERS)
def test_a_bomb_is_refused_before_it_has_unfolded(encoding: str) -> None:
    # Breaks when a few kilobytes become hundreds of megabytes, in one member or in many.
    bomb = PACKERS[encoding](bytes(20 * MIB))
    with pytest.raises(TooLarge):
        unpack(bomb, encoding)
    with pytest.raises(TooLarge):
        unpack(bomb * 30, encoding)
    with pytest.raises(TooLarge):
        unpack(LINES, "", most=len(LINES) - 1)
    assert len(unpack(PACKERS[encoding](bytes(MIB)), encoding)) == MIB


@pytest.mark.parametrize("name", ["br", "deflate", "gzip, zstd", "gzip,gzip", "\u00e9"])
def test_other_encodings_are_named_unknown(name: str) -> None:
    # Breaks when a body compressed in a way nobody reads is kept as unreadable records.
    with pytest.raises(UnknownEncoding):
        unpack(LINES, name)
    assert unpack(LINES, "identity") == unpack(LINES, "") == unpack(gzip.compress(LINES), "GZIP") == LINES


@pytest.mark.parametrize("name", ["edge.log", "edge.log.gz", "edge.zst"])
def test_a_file_is_opened_by_what_is_in_it(name: str, tmp_path: Path) -> None:
    # Breaks when the ending of a name decides, or the bar does not come to its end.
    for data in (LINES, gzip.compress(LINES), zstd(LINES), b""):
        (tmp_path / name).write_bytes(data)
        moved = list[int]()
        assert b"".join(read_plain(tmp_path / name, moved.append)) == (LINES if data else b"")
        assert sum(moved) == len(data)
    assert b"".join(read_plain(Path("-"), moved.append, io.BytesIO(gzip.compress(LINES)))) == LINES
