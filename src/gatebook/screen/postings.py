"""Numbers kept under texts, in two arrays: small in memory, and laid down and taken up again as they are.

The trap guarded against: an index that is read back as another. Arrays are kept little-endian, and what does not fit
together is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import msgspec
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
_NONE: list[int] = []


class KeptPostings(msgspec.Struct, frozen=True, array_like=True):
    """Postings as plain values: texts, where the numbers of each begin, and the numbers."""

    keys: list[str]
    starts: bytes
    numbers: bytes


class Postings:
    """What is kept under each text, in the order it was given."""

    def __init__(self, keys: Sequence[str], starts: Ints, numbers: Ints) -> None:
        if len(starts) != len(keys) + 1 or int(starts[-1]) != len(numbers):
            raise ValueError("postings do not fit together")
        self._at = dict(zip(keys, range(len(keys)), strict=True))
        self._starts, self._numbers = starts.tolist(), numbers

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, int]]) -> Postings:
        """Gather numbers under their texts."""
        found: dict[str, list[int]] = {}
        for key, number in pairs:
            found.setdefault(key, []).append(number)
        starts = np.zeros(len(found) + 1, dtype=np.int32)
        np.cumsum([len(numbers) for numbers in found.values()], out=starts[1:])
        return cls(tuple(found), starts, np.array(list(chain.from_iterable(found.values())), dtype=np.int32))

    @classmethod
    def taken_up(cls, kept: KeptPostings) -> Postings:
        """Return the postings that were laid down as ``kept``."""
        return cls(kept.keys, ints(kept.starts), ints(kept.numbers))

    def laid_down(self) -> KeptPostings:
        """Return these postings as plain values."""
        return KeptPostings(list(self._at), as_bytes(np.array(self._starts, dtype=np.int32)), as_bytes(self._numbers))

    def get(self, key: str) -> list[int]:
        """Return the numbers under a text; none for one that is not there."""
        at = self._at.get(key)
        return _NONE if at is None else self._numbers[self._starts[at] : self._starts[at + 1]].tolist()

    def array(self, key: str) -> Ints:
        """The same as an array."""
        at = self._at.get(key)
        return self._numbers[:0] if at is None else self._numbers[self._starts[at] : self._starts[at + 1]]

    def __contains__(self, key: str) -> bool:
        return key in self._at

    def __iter__(self) -> Iterator[str]:
        return iter(self._at)


def as_bytes(values: npt.NDArray[np.generic]) -> bytes:
    """Return an array's bytes, little-endian."""
    return values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()


def ints(kept: bytes) -> Ints:
    """Return the array of 32 bits that was laid down."""
    return np.frombuffer(kept, dtype="<i4").astype(np.int32, copy=False)


def longs(kept: bytes) -> npt.NDArray[np.uint64]:
    """Return the array of 64 bits without a sign that was laid down."""
    return np.frombuffer(kept, dtype="<u8").astype(np.uint64, copy=False)
