"""Tiles: the ledger as static files, by C2SP tlog-tiles; proofs come from the files alone.

The trap guarded against: a tile whose content depends on when it was written. A tile follows from its entries.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence

from gatebook.errors import LedgerError
from gatebook.record import merkle

WIDTH = 256
_LENGTH = 2  # bytes before each entry of a bundle that say how long it is
_MOST_BYTES = 65_535
ReadTile = Callable[[str], bytes]
#: Gives what lies at positions ``start`` up to but not including ``stop``: leaf hashes, or entries.
ReadRange = Callable[[int, int], Sequence[bytes]]


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


def bundle_of(entries: Sequence[bytes]) -> bytes:
    """Return an entry bundle: each entry after its length, 16 bits big-endian. Raises LedgerError over 65,535 bytes."""
    if any(len(entry) > _MOST_BYTES for entry in entries):
        raise LedgerError("an entry is larger than 65,535 bytes")
    return b"".join(len(entry).to_bytes(_LENGTH, "big") + entry for entry in entries)


def entries_of(bundle: bytes) -> list[bytes]:
    """Return the entries of a bundle. Raises LedgerError when it is torn."""
    found, at = [], 0
    while at < len(bundle):
        start = at + _LENGTH
        at = start + int.from_bytes(bundle[at:start], "big")
        found.append(bundle[start:at])
    if at != len(bundle):
        raise LedgerError("an entry bundle is torn")
    return found


def _changed(old: int, new: int) -> Iterator[tuple[int, int]]:
    """Yield (index, width) of every tile that grows when its level goes from ``old`` to ``new`` hashes."""
    if old == new:
        return
    for index in range(old // WIDTH, (new + WIDTH - 1) // WIDTH):
        yield index, min(WIDTH, new - index * WIDTH)


def tiles_for_growth(old: int, new: int, leaf_hashes: ReadRange, read_tile: ReadTile) -> Iterator[tuple[str, bytes]]:
    """Yield (path, bytes) of every hash tile that changes when the tree grows from ``old`` to ``new`` leaves.

    The cost follows the growth and not the tree: above level 0, old hashes come from the published tile of the
    old size and new ones are the roots of the tiles below that just became full. Whoever publishes checks the new
    root against the old signed one, which neither a changed tile nor a changed old leaf can pass.
    Raises LedgerError when leaf hashes are missing or a tile is torn.
    """
    level, above = 0, leaf_hashes
    while new:
        full = []
        for index, width in _changed(old, new):
            held = _held(level, old, read_tile) if level and index == old // WIDTH else b""
            start = index * WIDTH + len(held) // merkle.HASH
            data = held + b"".join(above(start, index * WIDTH + width))
            if len(data) != width * merkle.HASH:
                raise LedgerError("the ledger does not have every leaf hash it should")
            yield tile_path(level, index, width), data
            if width == WIDTH:
                full.append(_root(data))
        above, level = _from(old // WIDTH, full), level + 1
        old, new = old // WIDTH, new // WIDTH


def _from(first: int, hashes: Sequence[bytes]) -> ReadRange:
    """Give hashes by their place in the level, where the first of them stands at ``first``."""
    return lambda start, stop: hashes[start - first : stop - first]


def _root(tile: bytes) -> bytes:
    return merkle.root_of([tile[n : n + merkle.HASH] for n in range(0, len(tile), merkle.HASH)])


def _held(level: int, old: int, read_tile: ReadTile) -> bytes:
    """Return the hashes of the rightmost tile of ``old`` hashes at this level, as they were published."""
    width = old % WIDTH
    data = read_tile(tile_path(level, old // WIDTH, width)) if width else b""
    if len(data) != width * merkle.HASH:
        raise LedgerError("a tile has the wrong length")
    return data


def bundles_for_growth(old: int, new: int, read: ReadRange) -> Iterator[tuple[str, bytes]]:
    """Yield (path, bytes) of every entry bundle that changes; each entry has a 16-bit big-endian length."""
    for index, width in _changed(old, new):
        yield bundle_path(index, width), bundle_of(read(index * WIDTH, index * WIDTH + width))


class TileHashReader:
    """Gives subtree hashes of a tree of ``size`` leaves from tiles alone.

    ``read_tile`` raises LedgerError for a tile that is not there; the full tile then stands in for a partial
    one, since a log may drop a partial tile once it is full.
    """

    def __init__(self, read_tile: ReadTile, size: int) -> None:
        self._read_tile, self._size = read_tile, size
        self._held: dict[str, bytes] = {}

    def read(self, level: int, index: int) -> bytes:
        """Return the hash at (level, index) of the binary tree. Raises LedgerError for a torn tile."""
        if not 0 <= index < self._size >> level:
            raise LedgerError("this tree has no complete subtree there")
        tile_level, inner = divmod(level, 8)
        first = index << inner
        tile = first // WIDTH
        data = self._tile(tile_level, tile, min(WIDTH, (self._size >> (8 * tile_level)) - tile * WIDTH))
        start = (first % WIDTH) * merkle.HASH
        hashes = [data[n : n + merkle.HASH] for n in range(start, start + (merkle.HASH << inner), merkle.HASH)]
        return merkle.root_of(hashes)

    def _tile(self, level: int, index: int, width: int) -> bytes:
        path = tile_path(level, index, width)
        if path not in self._held:
            data = self._fetch(level, index, width)
            if len(data) != width * merkle.HASH:
                raise LedgerError("a tile has the wrong length")
            self._held[path] = data
        return self._held[path]

    def _fetch(self, level: int, index: int, width: int) -> bytes:
        try:
            return self._read_tile(tile_path(level, index, width))
        except LedgerError:
            if width == WIDTH:
                raise
            full = self._read_tile(tile_path(level, index))
        if len(full) != WIDTH * merkle.HASH:
            raise LedgerError("a tile has the wrong length")
        return full[: width * merkle.HASH]


def tlog_proof(index: int, proof: Sequence[bytes], checkpoint: bytes) -> str:
    """Return a proof file (c2sp.org/tlog-proof@v1): index, path, and the checkpoint it leads to."""
    return _proof_file(["c2sp.org/tlog-proof@v1", f"index {index}"], proof, checkpoint)


def consistency_file(old: int, proof: Sequence[bytes], checkpoint: bytes) -> str:
    """Return a consistency proof in the form a witness is asked with (c2sp.org/tlog-witness, add-checkpoint)."""
    return _proof_file([f"old {old}"], proof, checkpoint)


def _proof_file(head: list[str], proof: Sequence[bytes], checkpoint: bytes) -> str:
    return "\n".join([*head, *(base64.b64encode(step).decode() for step in proof)]) + "\n\n" + checkpoint.decode()
