"""Comparing: the entries of the database with the hashes they were entered under, the tiles, and every signed root.

The trap guarded against: a line changed in the database long after it was published. Tiles and roots say what was
signed; whoever reads the database alone believes what stands there now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gatebook.errors import LedgerError
from gatebook.record import merkle, tiles
from gatebook.record.checkpoint import Checkpoint
from gatebook.record.ports import Ledger

#: What a difference is, for who reads of one.
WORDS = {
    "changed": "the entry is not the one that was entered",
    "not-as-signed": "the entry is not the one that was published and signed",
    "missing": "an entry from here on is missing",
    "no-tile": "the published tile of these entries cannot be read",
    "root": "the entries up to here do not lead to the signed root",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the database is another than was entered or signed, and how (a key of ``WORDS``)."""

    position: int
    what: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries from ``start`` on, and where they differ."""

    start: int
    entries: list[bytes]
    differences: list[Difference]


def compare(ledger: Ledger, signed: Sequence[Checkpoint], read_tile: tiles.ReadTile) -> Iterator[Batch]:
    """Yield all entries, a tile's width at a time, and where they differ; no more than that is held in memory.

    ``signed`` are the tree heads that were signed and whose signature was checked. Entries after the largest were
    promised to nobody yet, and are compared with their own leaf hashes alone.
    """
    frontier, covered = merkle.CompactRange(), max((head.size for head in signed), default=0)
    size = ledger.size()
    for start in range(0, max(size, covered), tiles.WIDTH):
        entries = ledger.read(start, start + tiles.WIDTH)
        hashes = [merkle.leaf_hash(entry) for entry in entries]
        found = _differences(ledger, start, hashes, min(max(size, covered), start + tiles.WIDTH))
        if not found:
            found = _unlike_tile(start, hashes[: max(0, covered - start)], covered, read_tile)
        for leaf in hashes:
            frontier = frontier.append(leaf)
            roots = {head.root for head in signed if head.size == frontier.size}
            found += [Difference(frontier.size - 1, "root")] if roots - {frontier.root()} else []
        yield Batch(start, entries, found)


def _differences(ledger: Ledger, start: int, hashes: list[bytes], stop: int) -> list[Difference]:
    """Compare with the hashes in the database. Where a line is gone its neighbours cannot be told apart."""
    entered = ledger.leaf_hashes(start, stop)
    if not len(hashes) == len(entered) == stop - start:
        return [Difference(start + min(len(hashes), len(entered)), "missing")]
    return [Difference(start + n, "changed") for n, leaf in enumerate(hashes) if leaf != entered[n]]


def _unlike_tile(start: int, hashes: list[bytes], covered: int, read_tile: tiles.ReadTile) -> list[Difference]:
    reader = tiles.TileHashReader(read_tile, covered)
    try:
        published = [reader.read(0, start + n) for n in range(len(hashes))]
    except LedgerError:
        return [Difference(start, "no-tile")]
    return [Difference(start + n, "not-as-signed") for n, leaf in enumerate(hashes) if leaf != published[n]]
