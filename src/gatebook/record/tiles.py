"""Tiles: the ledger as static files, by C2SP tlog-tiles; proofs come from the files alone.

The trap guarded against: a tile whose content depends on when it was written. A tile follows from its entries.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence

from gatebook.errors import LedgerError
from gatebook.record import merkle

WIDTH = 256
_HASH = 32


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Return the path of a hash tile; ``width`` below 256 names a partial tile."""
    return f"tile/{level}/{_number(index)}{_partial(width)}"


def bundle_path(index: int, width: int = WIDTH) -> str:
    """Return the path of an entry bundle."""
    return f"tile/entries/{_number(index)}{_partial(width)}"


def _number(index: int) -> str:
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    return "/".join(groups)


def _partial(width: int) -> str:
    return "" if width == WIDTH else f".p/{width}"


def _changed(old: int, new: int) -> Iterator[tuple[int, int]]:
    """Yield (index, width) of every tile that grows when its level goes from ``old`` to ``new`` hashes."""
    for index in range(old // WIDTH, (new + WIDTH - 1) // WIDTH):
        yield index, min(WIDTH, new - index * WIDTH)


def tiles_for_growth(
    old: int, new: int, leaf_hashes: Callable[[int, int], Sequence[bytes]]
) -> Iterator[tuple[str, bytes]]:
    """Yield (path, bytes) of every hash tile that changes when the tree grows from ``old`` to ``new`` leaves."""
    level = 0
    for index, width in _changed(old, new):
        yield tile_path(0, index, width), b"".join(leaf_hashes(index * WIDTH, index * WIDTH + width))
    while new >> (8 * (level + 1)):
        level += 1
        yield from _upper(level, old >> (8 * level), new >> (8 * level), leaf_hashes)


def _upper(
    level: int, old: int, new: int, leaf_hashes: Callable[[int, int], Sequence[bytes]]
) -> Iterator[tuple[str, bytes]]:
    span = WIDTH**level
    for index, width in _changed(old, new):
        first = index * WIDTH
        roots = [merkle.root_of(leaf_hashes(n * span, (n + 1) * span)) for n in range(first, first + width)]
        yield tile_path(level, index, width), b"".join(roots)


def bundles_for_growth(old: int, new: int, read: Callable[[int, int], Sequence[bytes]]) -> Iterator[tuple[str, bytes]]:
    """Yield (path, bytes) of every entry bundle that changes; each entry has a 16-bit big-endian length."""
    for index, width in _changed(old, new):
        lines = read(index * WIDTH, index * WIDTH + width)
        yield bundle_path(index, width), b"".join(len(line).to_bytes(2, "big") + line for line in lines)


class TileHashReader:
    """Gives subtree hashes of a tree of ``size`` leaves from tiles alone."""

    def __init__(self, read_tile: Callable[[str], bytes], size: int) -> None:
        self._read_tile, self._size = read_tile, size
        self._held: dict[str, bytes] = {}

    def read(self, level: int, index: int) -> bytes:
        """Return the hash at (level, index) of the binary tree. Raises LedgerError for a torn tile."""
        tile_level, inner = divmod(level, 8)
        first = index << inner
        tile = first // WIDTH
        width = min(WIDTH, (self._size >> (8 * tile_level)) - tile * WIDTH)
        data = self._tile(tile_path(tile_level, tile, width), width)
        start = (first % WIDTH) * _HASH
        hashes = [data[n : n + _HASH] for n in range(start, start + (_HASH << inner), _HASH)]
        return merkle.root_of(hashes)

    def _tile(self, path: str, width: int) -> bytes:
        if path not in self._held:
            data = self._read_tile(path)
            if len(data) != width * _HASH:
                raise LedgerError("a tile has the wrong length")
            self._held[path] = data
        return self._held[path]


def tlog_proof(index: int, proof: Sequence[bytes], checkpoint: bytes) -> str:
    """Return a proof file (c2sp.org/tlog-proof@v1): index, path, and the checkpoint it leads to."""
    lines = ["c2sp.org/tlog-proof@v1", f"index {index}", *(base64.b64encode(step).decode() for step in proof)]
    return "\n".join(lines) + "\n\n" + checkpoint.decode()
