"""Salts of rows without the engine that drew them: SipHash-2-4 over many positions at once.

The trap guarded against: a tree only the store that made it can make again. What is kept elsewhere of its rows is held
against the root by this, from the same key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gatebook.record.row_parts import SALT
from gatebook.record.segments import SegmentSecrets

_START = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)  # the algorithm's own
_LENGTH = np.uint64(8 << 56)  # what is hashed is eight bytes, and its last block says so
_STEPS, _LAST_STEPS = 2, 4
_Words = np.ndarray[Any, np.dtype[np.uint64]]


def salts_of(secrets: SegmentSecrets, places: _Words) -> Iterator[tuple[bytes, bytes]]:
    """Yield the salts of each row, given by segment * 2**32 + position: of its session and of its activity."""
    keys = secrets.salt_words()
    words = np.empty((len(places), 4), "<u8")
    for n in range(4):
        words[:, n] = _sip_hash(keys[2 * n], keys[2 * n + 1], places)
    whole = words.tobytes()
    return ((whole[at : at + SALT], whole[at + SALT : at + 2 * SALT]) for at in range(0, len(whole), 2 * SALT))


def _sip_hash(low: int, high: int, words: _Words) -> _Words:
    keys = (low, high, low, high)
    state: list[_Words] = [np.full(len(words), start ^ key, np.uint64) for start, key in zip(_START, keys, strict=True)]
    for block in (words, np.full(len(words), _LENGTH, np.uint64)):
        state[3] ^= block
        _mix(state, _STEPS)
        state[0] ^= block
    state[2] ^= np.uint64(0xFF)
    _mix(state, _LAST_STEPS)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _mix(state: list[_Words], steps: int) -> None:
    for _ in range(steps):
        for a, b, turned in ((0, 1, 13), (2, 3, 16)):
            state[a] += state[b]
            state[b] = _turn(state[b], turned) ^ state[a]
        state[0] = _turn(state[0], 32)
        for a, b, turned in ((2, 1, 17), (0, 3, 21)):
            state[a] += state[b]
            state[b] = _turn(state[b], turned) ^ state[a]
        state[2] = _turn(state[2], 32)


def _turn(words: _Words, by: int) -> _Words:
    return (words << np.uint64(by)) | (words >> np.uint64(64 - by))
