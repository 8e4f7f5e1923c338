"""Merkle trees by RFC 6962, and what RFC 9162 says a proof leads to.

The trap guarded against: a proof that is taken in part. Each is used up exactly, and the sizes are part of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from gatebook_verifier.note import DoesNotHold

HASH = 32


def leaf(data: bytes) -> bytes:
    """Return the RFC 6962 hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Return the RFC 6962 hash of a node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes, by a stack of complete subtrees."""
    stack: list[tuple[int, bytes]] = []
    for digest in hashes:
        height, top = 0, digest
        while stack and stack[-1][0] == height:
            top, height = node(stack.pop()[1], top), height + 1
        stack.append((height, top))
    if not stack:
        return hashlib.sha256(b"").digest()
    found = stack.pop()[1]
    while stack:
        found = node(stack.pop()[1], found)
    return found


def _climb(fn: int, sn: int, path: Sequence[bytes]) -> Iterator[tuple[bool, bytes]]:
    """Yield each step of a path with whether it stands to the left. Raises DoesNotHold on a wrong length."""
    for step in path:
        if len(step) != HASH or sn == 0:
            raise DoesNotHold("the proof is malformed or too long")
        is_left = bool(fn & 1) or fn == sn
        yield is_left, step
        while is_left and not fn & 1 and fn:
            fn, sn = fn >> 1, sn >> 1
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise DoesNotHold("the proof is too short")


def root_from(digest: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that an inclusion path leads to (RFC 9162 s. 2.1.3.2)."""
    if not 0 <= index < size:
        raise DoesNotHold("there is no such entry in a log of this size")
    for is_left, step in _climb(index, size - 1, path):
        digest = node(step, digest) if is_left else node(digest, step)
    return digest


def roots_from(old: int, new: int, old_root: bytes, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the older and the newer root that a consistency path leads to (RFC 9162 s. 2.1.4.2)."""
    if not 0 < old <= new or (old == new and path):
        raise DoesNotHold("this is no proof from an older size to a newer one")
    if old == new:
        return old_root, old_root
    steps = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not steps or len(steps[0]) != HASH:
        raise DoesNotHold("the proof is malformed or too short")
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = steps[0]
    for is_left, step in _climb(fn, sn, steps[1:]):
        first = node(step, first) if is_left else first
        second = node(step, second) if is_left else node(second, step)
    return first, second
