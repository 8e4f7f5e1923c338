"""Merkle trees by RFC 6962: hashes, inclusion and consistency proofs, and their checks.

The trap guarded against: a proof that verifies more than it says. Every check consumes the whole proof and the
sizes are part of it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gatebook.errors import LedgerError

HASH = 32
_SIZE = 8  # bytes that hold the number of leaves in a serialised range
EMPTY = hashlib.sha256(b"").digest()
#: Gives the hash of the complete subtree of 2**level leaves that starts at index * 2**level.
Reader = Callable[[int, int], bytes]


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256 over 0x00 and the data."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node: SHA-256 over 0x01 and both children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """Return the largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def range_hash(start: int, stop: int, read: Reader) -> bytes:
    """Return the hash of leaves ``start`` to ``stop``, where the range is one a proof may ask for."""
    size = stop - start
    if size & (size - 1) == 0 and start % size == 0:
        level = size.bit_length() - 1
        return read(level, start >> level)
    middle = start + split(size)
    return node_hash(range_hash(start, middle, read), range_hash(middle, stop, read))


def root_at(size: int, read: Reader) -> bytes:
    """Return the root of the tree of the first ``size`` leaves."""
    return range_hash(0, size, read) if size else EMPTY


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes held in memory."""
    return root_at(len(hashes), reader_of(hashes))


def reader_of(hashes: Sequence[bytes]) -> Reader:
    """Return a reader over leaf hashes held in memory."""

    def read(level: int, index: int) -> bytes:
        if level == 0:
            return hashes[index]
        return node_hash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1))

    return read


@dataclass(frozen=True, slots=True)
class CompactRange:
    """The frontier of a tree: all that is needed to append and to know the root, in O(log n) hashes.

    ``hashes`` are the roots of the complete subtrees that make up the first ``size`` leaves, largest first:
    one for each bit that is set in ``size``.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a frontier whose hashes cannot belong to its size."""
        if not 0 <= self.size < 1 << 8 * _SIZE or len(self.hashes) != self.size.bit_count():
            raise LedgerError("the frontier does not have the hashes its size asks for")
        _check_lengths(self.hashes)

    def append(self, leaf: bytes) -> CompactRange:
        """Return the range with one more leaf hash."""
        _check_lengths((leaf,))
        kept, top, size = list(self.hashes), leaf, self.size
        while size & 1:
            top, size = node_hash(kept.pop(), top), size >> 1
        return CompactRange(self.size + 1, (*kept, top))

    def root(self) -> bytes:
        """Return the root of the tree; the hash of nothing for a tree without leaves."""
        if not self.hashes:
            return EMPTY
        *kept, found = self.hashes
        while kept:
            found = node_hash(kept.pop(), found)
        return found

    def to_bytes(self) -> bytes:
        """Return the size as 8 big-endian bytes, then the hashes."""
        return self.size.to_bytes(_SIZE, "big") + b"".join(self.hashes)

    @staticmethod
    def from_bytes(data: bytes) -> CompactRange:
        """Read what :meth:`to_bytes` wrote. Raises LedgerError for any other length."""
        hashes = tuple(data[n : n + HASH] for n in range(_SIZE, len(data), HASH))
        return CompactRange(int.from_bytes(data[:_SIZE], "big"), hashes)


def _check_lengths(hashes: Sequence[bytes]) -> None:
    """Refuse hashes that are not 32 bytes: two of odd lengths could read as another pair once joined."""
    if any(len(found) != HASH for found in hashes):
        raise LedgerError("a hash is not 32 bytes long")


def inclusion_proof(index: int, size: int, read: Reader) -> list[bytes]:
    """Return the audit path of leaf ``index`` in the tree of ``size`` leaves, nearest sibling first."""
    if not 0 <= index < size:
        raise LedgerError("there is no such leaf in a tree of this size")
    return _path(index, 0, size, read)


def _path(index: int, start: int, stop: int, read: Reader) -> list[bytes]:
    if stop - start == 1:
        return []
    middle = start + split(stop - start)
    if index < middle:
        return [*_path(index, start, middle, read), range_hash(middle, stop, read)]
    return [*_path(index, middle, stop, read), range_hash(start, middle, read)]


def consistency_proof(old: int, new: int, read: Reader) -> list[bytes]:
    """Return the proof that the tree of ``old`` leaves is the beginning of the tree of ``new`` leaves."""
    if not 0 < old <= new:
        raise LedgerError("a consistency proof goes from a tree that is not empty to one at least as large")
    return _subproof(old, 0, new, read, whole=True)


def _subproof(old: int, start: int, stop: int, read: Reader, *, whole: bool) -> list[bytes]:
    if old == stop:
        return [] if whole else [range_hash(start, stop, read)]
    middle = start + split(stop - start)
    if old <= middle:
        return [*_subproof(old, start, middle, read, whole=whole), range_hash(middle, stop, read)]
    return [*_subproof(old, middle, stop, read, whole=False), range_hash(start, middle, read)]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Return the root that ``proof`` leads to (RFC 9162 s. 2.1.3.2). Raises LedgerError on a wrong length."""
    if not 0 <= index < size:
        raise LedgerError("there is no such leaf in a tree of this size")
    _check_lengths((leaf, *proof))
    fn, sn, found = index, size - 1, leaf
    for step in proof:
        if sn == 0:
            raise LedgerError("the inclusion proof is too long")
        if fn & 1 or fn == sn:
            found = node_hash(step, found)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = node_hash(found, step)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise LedgerError("the inclusion proof is too short")
    return found


def verify_inclusion(leaf: bytes, index: int, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Raise LedgerError unless ``proof`` shows ``leaf`` at ``index`` of the tree with this size and root."""
    if not hmac.compare_digest(root_from_inclusion(leaf, index, size, proof), root):
        raise LedgerError("the inclusion proof does not lead to this root")


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:  # noqa: C901  the algorithm as RFC 9162 writes it
    """Raise LedgerError unless ``proof`` shows that the new tree begins with the old (RFC 9162 s. 2.1.4.2)."""
    if not 0 < old <= new:
        raise LedgerError("a consistency proof goes from a tree that is not empty to one at least as large")
    _check_lengths((old_root, new_root, *proof))
    steps = list(proof)
    if old == new:
        if steps or old_root != new_root:
            raise LedgerError("two trees of one size have to have one root")
        return
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    if not steps:
        raise LedgerError("the consistency proof is empty")
    first = second = steps[0]
    for step in steps[1:]:
        if sn == 0:
            raise LedgerError("the consistency proof is too long")
        if fn & 1 or fn == sn:
            first, second = node_hash(step, first), node_hash(step, second)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(second, step)
        fn, sn = fn >> 1, sn >> 1
    if sn or first != old_root or second != new_root:
        raise LedgerError("the consistency proof does not lead from the old root to the new")
