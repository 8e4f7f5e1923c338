"""Where a stream of records is cut into batches: at line ends, never within a document of many lines.

The trap guarded against: a cut that depends on how the bytes came. The same file gives the same batches every time, so
that one that is read again, or has grown, is known for what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from gatebook.record.events.documents import OPENINGS
from gatebook.record.events.lines import DOCUMENT_BYTES

#: The most of one batch, unless a single line or document has more.
MOST_LINES, MOST_BYTES = 20_000, 8 * 1024 * 1024
#: A line or document longer than this is no longer waited for: the reader keeps only its beginning.
LONGEST = DOCUMENT_BYTES + 2

_OPENINGS = frozenset(opening.encode() for opening in OPENINGS)
_CLOSINGS = (b"\n}", b"\n]")
_LINE_END = ord("\n")


class Piece(NamedTuple):
    """A batch of a stream: its first byte there, and its bytes."""

    offset: int
    data: bytes


class Cuts:
    """The cutting of one stream, in bounded memory."""

    def __init__(self) -> None:
        """Begin at the first byte."""
        self._offset, self._dropped = 0, 0
        self._held = bytearray()
        self._is_dropping = False

    def add(self, chunk: bytes) -> Iterator[Piece]:
        """Take more of the stream; yield the batches that are whole now."""
        if self._is_dropping:
            end = chunk.find(b"\n")
            self._dropped += len(chunk) if end < 0 else end
            self._is_dropping = end < 0
            chunk = b"" if end < 0 else chunk[end:]
        self._held += chunk
        while end := cut_end(self._held):
            yield self._take(end)
        if len(self._held) > LONGEST and b"\n" not in self._held:
            self._dropped += len(self._held) - LONGEST
            del self._held[LONGEST:]
            self._is_dropping = True

    def end(self) -> Iterator[Piece]:
        """Yield what is left when nothing more comes."""
        if self._held:
            yield self._take(len(self._held))

    def _take(self, end: int) -> Piece:
        piece = Piece(self._offset, bytes(self._held[:end]))
        del self._held[:end]
        self._offset += end + self._dropped
        self._dropped = 0
        return piece


def cut_end(data: bytes | bytearray) -> int:
    """Return where the first batch ends; 0 while that cannot be told yet."""
    most = _line_ends(data[:MOST_BYTES])
    if len(data) < MOST_BYTES and len(most) < MOST_LINES:
        return 0
    limit = int(most[MOST_LINES - 1]) + 1 if len(most) >= MOST_LINES else MOST_BYTES
    if opens_document(data):
        end = _last_closing(data, limit) or _first_closing(data, limit)
        if end or len(data) <= LONGEST:
            return end
    return int(most[:MOST_LINES][-1]) + 1 if len(most) else data.find(b"\n", MOST_BYTES) + 1


def settled_end(data: bytes) -> int:
    """Return how much of the bytes is whole, where more may come behind them and not within."""
    end = _last_closing(data, len(data)) if opens_document(data) else data.rfind(b"\n") + 1
    return len(data) if not end and len(data) > LONGEST else end


def opens_document(data: bytes | bytearray) -> bool:
    """Whether the first line that says anything opens a document of many lines."""
    first = bytes(data[:4096]).lstrip().partition(b"\n")
    return bool(first[1]) and first[0].rstrip() in _OPENINGS


def _line_ends(data: bytes | bytearray) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.flatnonzero(np.frombuffer(bytes(data), np.uint8) == _LINE_END)


def _last_closing(data: bytes | bytearray, limit: int) -> int:
    """Return the end of the last line within the limit that may close a document, or 0."""
    while limit > 0 and (begin := max(data.rfind(closing, 0, limit) for closing in _CLOSINGS)) >= 0:
        end = data.find(b"\n", begin + 1) + 1
        if 0 < end <= limit:
            return end
        limit = begin
    return 0


def _first_closing(data: bytes | bytearray, limit: int) -> int:
    """Return the end of the first such line from the limit on, or 0."""
    begins = [begin for closing in _CLOSINGS if (begin := data.find(closing, limit - 1)) >= 0]
    return data.find(b"\n", min(begins) + 1) + 1 if begins else 0
