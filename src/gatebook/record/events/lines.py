"""Bytes as they come, cut into blocks of whole lines and into lines of text, in bounded memory.

The trap guarded against: one endless line. A source that never ends its line, or a file of a gigabyte without one, must
cost no more than a stated number of bytes, and still leave a record that it was there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

#: A line longer than this is one record that no form reads, cut to :data:`KEPT_BYTES`.
LINE_BYTES = 1024 * 1024
#: A line that opens a document of many records (one line is all that such a file has) may be this long.
DOCUMENT_BYTES = 32 * 1024 * 1024
#: What is kept of a line that is too long.
KEPT_BYTES = 16 * 1024

#: How a document of many records opens: an array, or one of the names that sources give to the list of their records.
OPENS_DOCUMENT = re.compile(rb'\s*(\[|\{\s*("(Records|records|items|logEvents)"\s*:\s*\[|"kind"\s*:\s*"EventList"))')

_PIECE_BYTES = 1024 * 1024
_OPENING_BYTES = 256
_BOM = b"\xef\xbb\xbf"


class Block(NamedTuple):
    """Whole lines with their ends, or one line that was cut, or a last line whose end has not come.

    A follower leaves a torn block where it is until its end comes; in a finished file it is a line.
    """

    data: bytes
    is_cut: bool = False
    is_torn: bool = False


class Line(NamedTuple):
    """One line without its end, as text: bytes that are no UTF-8 are escaped, and so are NULs."""

    text: str
    is_cut: bool = False
    is_torn: bool = False


def read_blocks(chunks: bytes | Iterable[bytes]) -> Iterator[Block]:
    """Yield the bytes of ``chunks``, a byte order mark aside, as blocks of whole lines in their order."""
    pending = _Pending()
    for piece in _after_bom(_pieces(chunks)):
        end = piece.rfind(b"\n") + 1
        if not end:
            pending.add(piece)
            continue
        first = piece.find(b"\n") + 1
        if pending.is_cut or len(pending.data) + first > LINE_BYTES:
            pending.add(piece[:first])
            yield pending.take()
            yield from _whole(piece[first:end])
        else:
            yield from _whole(pending.take().data + piece[:end])
        pending.add(piece[end:])
    if pending.data:
        yield pending.take()._replace(is_torn=True)


def read_lines(chunks: bytes | Iterable[bytes]) -> Iterator[Line]:
    """Yield the lines of ``chunks``; empty lines are left out."""
    for block in read_blocks(chunks):
        yield from lines_of(block)


def lines_of(block: Block) -> Iterator[Line]:
    """Yield the lines of a block; empty lines are left out."""
    for raw in block.data.split(b"\n"):
        text = raw.decode("utf-8", "backslashreplace").rstrip("\r")
        if text and not text.isspace():
            yield Line(text.replace("\0", "\\x00"), block.is_cut, block.is_torn)


class _Pending:
    """The line that has begun and not ended: all of it while it may be read, its beginning once it is too long."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.is_cut = False

    def add(self, piece: bytes) -> None:
        if self.is_cut:
            return
        self.data += piece
        if len(self.data) > LINE_BYTES and len(self.data) > _most_bytes(self.data):
            self.is_cut = True
            self.data = bytearray(_kept(bytes(self.data[: KEPT_BYTES + 4])))

    def take(self) -> Block:
        block = Block(bytes(self.data), is_cut=self.is_cut)
        self.data, self.is_cut = bytearray(), False
        return block


def _pieces(chunks: bytes | Iterable[bytes]) -> Iterator[bytes]:
    for chunk in (chunks,) if isinstance(chunks, bytes) else chunks:
        if len(chunk) <= _PIECE_BYTES:
            yield chunk
        else:
            yield from (chunk[at : at + _PIECE_BYTES] for at in range(0, len(chunk), _PIECE_BYTES))


def _after_bom(pieces: Iterator[bytes]) -> Iterator[bytes]:
    opening = b""
    for piece in pieces:
        opening += piece
        if len(opening) >= len(_BOM):
            break
    yield opening.removeprefix(_BOM)
    yield from pieces


def _whole(data: bytes) -> Iterator[Block]:
    """Yield whole lines of which none is too long."""
    if data and not data.isspace():
        yield Block(data)


def _most_bytes(line: bytearray) -> int:
    return DOCUMENT_BYTES if OPENS_DOCUMENT.match(bytes(line[:_OPENING_BYTES])) else LINE_BYTES


def _kept(beginning: bytes) -> bytes:
    """Cut to the kept length without leaving half a character of UTF-8 at the end."""
    end = KEPT_BYTES
    while end > KEPT_BYTES - 4 and beginning[end] & 0xC0 == 0x80:  # noqa: PLR2004 - a byte within a character
        end -= 1
    return beginning[:end]
