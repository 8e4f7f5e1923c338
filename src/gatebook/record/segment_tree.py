"""The tree of a segment: RFC 6962 over groups of four rows, and what a run in it is proved with.

The trap guarded against: a path that is taken for another. Which of its steps is a hash and which is a row beside the
run follows from the sizes alone, and each has the length of its kind.

A row's *entry* is its label (8 bytes, the least first) and its commitment (32). A leaf of the tree is the entries of
four rows that stand together, fewer at the end, hashed as SHA-256(0x00, entries); above that each node is
SHA-256(0x01, left, right). Four rows to a leaf, because whoever checks a million rows hashes more for the tree than for
the rows otherwise; a proof shows at most six entries for it, beside those of both neighbours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from gatebook.errors import LedgerError
from gatebook.record import merkle

GROUP = 4  # rows of a leaf
GROUP_LEVEL = GROUP.bit_length() - 1
ENTRY = 8 + merkle.HASH
#: Gives the entry of the row at a position.
Entries = Callable[[int], bytes]


def entry_of(label: int, commitment: bytes) -> bytes:
    """Return the entry of a row."""
    return label.to_bytes(8, "little") + commitment


def range_hash(low: int, high: int, read: merkle.Reader, entry: Entries) -> bytes:
    """Return the hash of rows ``low`` to ``high``, a range that is split off in the tree; ``read`` knows of no rows."""
    width = high - low
    if width <= GROUP:
        return merkle.leaf_hash(b"".join(map(entry, range(low, high))))
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return read(level, low >> level)
    middle = low + merkle.split(width)
    return merkle.node_hash(range_hash(low, middle, read, entry), range_hash(middle, high, read, entry))


def reader_of(entries: Sequence[bytes]) -> merkle.Reader:
    """Return a reader of complete subtrees over entries held in memory."""

    def read(level: int, index: int) -> bytes:
        if level == GROUP_LEVEL:
            return merkle.leaf_hash(b"".join(entries[index * GROUP : (index + 1) * GROUP]))
        return merkle.node_hash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1))

    return read


def root_of(entries: Sequence[bytes]) -> bytes:
    """Return the root over entries held in memory."""
    return range_hash(0, len(entries), reader_of(entries), entries.__getitem__)


def range_path(start: int, stop: int, size: int, read: merkle.Reader, entry: Entries) -> list[bytes]:
    """Return what stands beside rows ``start`` to ``stop``, in tree order.

    That is the hashes of the largest subtrees without a row of these, and the entries of other rows in their leaves.
    """
    found: list[bytes] = []

    def beside(low: int, high: int) -> None:
        if stop <= low or high <= start:
            found.append(range_hash(low, high, read, entry))
        elif high - low <= GROUP:
            found.extend(entry(position) for position in range(low, high) if not start <= position < stop)
        elif not (start <= low and high <= stop):
            middle = low + merkle.split(high - low)
            beside(low, middle)
            beside(middle, high)

    beside(0, size)
    return found


def root_from_range(entries: Sequence[bytes], start: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that entries from ``start`` on and what stands beside them lead to. Raises LedgerError."""
    if not entries or start < 0 or start + len(entries) > size:
        raise LedgerError("a range proof covers at least one row, and only rows of its segment")
    if any(len(entry) != ENTRY for entry in entries):
        raise LedgerError("an entry of a row is not 40 bytes long")
    steps = iter(path)
    root = _joined(_Run(entries, start), 0, size, steps)
    if next(steps, None) is not None:
        raise LedgerError("the range proof is too long")
    return root


class _Run:
    """Entries of a run, and the hashes of all complete subtrees within, made level by level."""

    def __init__(self, entries: Sequence[bytes], start: int) -> None:
        self.entries, self.start, self.stop = entries, start, start + len(entries)
        sha256, first = hashlib.sha256, -(-start // GROUP)
        grouped = iter(entries[first * GROUP - start :])
        fours = zip(*[grouped] * GROUP, strict=False)  # what is left over stands in a leaf with others
        hashes = [sha256(b"\x00" + b"".join(four)).digest() for four in fours]
        self._levels = [(first, hashes)]
        while len(hashes) > 1:
            odd, first = first & 1, (first + 1) >> 1
            pairs = zip(hashes[odd::2], hashes[odd + 1 :: 2], strict=False)  # what stands alone is joined further up
            hashes = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
            self._levels.append((first, hashes))

    def complete(self, low: int, width: int) -> bytes:
        """Return the hash of a complete subtree within the run."""
        level = width.bit_length() - 1
        first, hashes = self._levels[level - GROUP_LEVEL]
        return hashes[(low >> level) - first]


def _joined(run: _Run, low: int, high: int, steps: Iterator[bytes]) -> bytes:
    width = high - low
    if run.stop <= low or high <= run.start:
        return _step(steps, merkle.HASH)
    if run.start <= low and high <= run.stop and width >= GROUP and width & (width - 1) == 0:
        return run.complete(low, width)
    if width <= GROUP:
        before = [_step(steps, ENTRY) for _ in range(low, run.start)]
        within = run.entries[max(low - run.start, 0) : high - run.start]
        after = [_step(steps, ENTRY) for _ in range(run.stop, high)]
        return merkle.leaf_hash(b"".join(chain(before, within, after)))
    middle = low + merkle.split(width)
    left = _joined(run, low, middle, steps)
    return merkle.node_hash(left, _joined(run, middle, high, steps))


def _step(steps: Iterator[bytes], length: int) -> bytes:
    found = next(steps, None)
    if found is None:
        raise LedgerError("the range proof is too short")
    if len(found) != length:
        raise LedgerError("a step of a range proof is not as long as its kind")
    return found
