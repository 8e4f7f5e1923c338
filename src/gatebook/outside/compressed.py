"""Compressed bytes made plain: gzip of many members and zstd of many frames, a piece at a time, bounded.

The trap guarded against: a few kilobytes that unfold into all memory, and a stream cut off that is taken for whole.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pyarrow as pa

from gatebook.errors import FieldProblem, InvalidInput, TooLarge, UnknownEncoding

#: How a body may be compressed, as Content-Encoding writes it.
ENCODINGS = ("gzip", "zstd", "identity")
MIB = 1024 * 1024
#: The most a body may unfold into, and how many times its size; the first MiB is always given.
MOST_PLAIN, MOST_TIMES = 64 * MIB, 250

_PIECE = MIB
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_WITH_HEADER = 31  # zlib's way of saying: a gzip member, its header and checksum included
_NAMES = {"": "identity", "x-gzip": "gzip"} | {name: name for name in ENCODINGS}


def unpack(body: bytes, encoding: str, most: int = MOST_PLAIN) -> bytes:
    """Return the plain bytes of a body. Raises UnknownEncoding, TooLarge, and InvalidInput for a stream that is bad."""
    named = _NAMES.get(encoding.strip().lower())
    if named is None:
        raise UnknownEncoding(f"a body is sent as it is, or with one Content-Encoding of {', '.join(ENCODINGS)}")
    if named == "identity":  # sent without saying so, as a shell's curl does
        named = encoding_of(body)
    allowed = min(most, max(MIB, len(body) * MOST_TIMES))
    found, size = list[bytes](), 0
    for piece in (body,) if named == "identity" else _plain(io.BytesIO(body), named):
        size += len(piece)
        if size > allowed:
            reason = f"at most {most // MIB} MiB when unpacked" if allowed == most else f"more than {MOST_TIMES} to 1"
            raise TooLarge("the body unfolds into too much", (FieldProblem("/body", "too-large", reason),))
        found.append(piece)
    return b"".join(found)


def read_plain(path: Path, moved: Callable[[int], None], stdin: IO[bytes] | None = None) -> Iterator[bytes]:
    """Yield the plain bytes of a file, compressed or not as its content says; ``moved`` is told of bytes read.

    ``stdin`` is read instead where it is given. Raises OSError, and InvalidInput for a stream that is cut off or bad.
    """
    with stdin or path.open("rb") as file:
        begin = file.read(_PIECE)
        whole = _Told(begin, file, moved)
        encoding = encoding_of(begin)
        yield from _plain(whole, encoding) if encoding != "identity" else iter(lambda: whole.read(_PIECE), b"")


def encoding_of(begin: bytes) -> str:
    """Return how bytes that begin so are compressed."""
    return "gzip" if begin.startswith(_GZIP) else "zstd" if begin.startswith(_ZSTD) else "identity"


def _plain(file: IO[bytes] | _Told, encoding: str) -> Iterator[bytes]:
    return _gunzipped(file) if encoding == "gzip" else _unzstd(file)


def _gunzipped(file: IO[bytes] | _Told) -> Iterator[bytes]:
    member, rest = zlib.decompressobj(_WITH_HEADER), b""
    is_begun = False
    while raw := rest or file.read(64 * 1024):
        try:
            piece = member.decompress(raw, _PIECE)
        except zlib.error:
            raise _refused("unreadable", "it is no sound gzip stream") from None
        rest, is_begun = member.unconsumed_tail, True
        if piece:
            yield piece
        if member.eof:
            rest = member.unused_data.lstrip(b"\0")  # what fills up the last block of a tape
            member, is_begun = zlib.decompressobj(_WITH_HEADER), False
    if is_begun:
        raise _refused("truncated", "the gzip stream ends before its end")


def _unzstd(file: IO[bytes] | _Told) -> Iterator[bytes]:
    stream = pa.CompressedInputStream(file, "zstd")
    while True:
        try:
            piece = stream.read(_PIECE)
        except OSError as error:
            if "runcated" in str(error):
                raise _refused("truncated", "the zstd stream ends before its end") from None
            raise _refused("unreadable", "it is no sound zstd stream") from None
        if not piece:
            return
        yield piece


def _refused(code: str, reason: str) -> InvalidInput:
    return InvalidInput("what was sent cannot be unpacked", (FieldProblem("/body", code, reason),))


class _Told(io.RawIOBase):
    """A file of which the beginning was read already, and that tells how much of it was."""

    def __init__(self, begin: bytes, file: IO[bytes], moved: Callable[[int], None]) -> None:
        self._begin, self._file, self._moved = begin, file, moved

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece, self._begin = self._begin[:size], self._begin[size:]
        found = piece or self._file.read(size)
        self._moved(len(found))
        return found
