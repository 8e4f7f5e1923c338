"""Publishing: new entries become tiles, then a signed checkpoint over all of them, in that order.

The trap guarded against: a checkpoint that promises what nobody can fetch, or that goes back. Run again after a
crash it writes the same bytes, since tiles follow from the entries alone; one publisher at a time has the turn.
"""

from __future__ import annotations

from gatebook.errors import LedgerError, NotFound
from gatebook.procedures.house import House
from gatebook.record import checkpoint, merkle, tiles
from gatebook.record.ports import Ledger


def publish_ledger(house: House) -> int:
    """Publish every entry committed so far; return the size the checkpoint covers.

    Hash tiles of the growth (32 bytes an entry) are held in memory until they were proved to continue the signed
    tree; nothing is written before. Raises LedgerError when they do not, or an entry is not what was hashed.
    """
    with house.tiles.publishing():
        old = _published(house)
        with house.state.read() as work:
            size = work.ledger.size()
            if old and size < old.size:
                raise LedgerError("the published checkpoint is ahead of the ledger: an older state was put back")
            if old and size == old.size:
                return size
            since = old.size if old else 0
            grown = dict(tiles.tiles_for_growth(since, size, work.ledger.leaf_hashes, house.tiles.read_tile))
            root = _continued(house, old, size, grown)
            for path, data in tiles.bundles_for_growth(since, size, _sound(work.ledger)):
                house.tiles.write_tile(path, data)
        for path, data in grown.items():
            house.tiles.write_tile(path, data)
        signer = house.signer
        note = checkpoint.sign_checkpoint(signer.origin, size, root, signer.sign, signer.public_key)
        house.tiles.write_checkpoint(note)
        return size


def _published(house: House) -> checkpoint.Checkpoint | None:
    note = house.tiles.read_checkpoint()
    return checkpoint.verify_checkpoint(note, house.signer.vkey) if note is not None else None


def _continued(house: House, old: checkpoint.Checkpoint | None, size: int, grown: dict[str, bytes]) -> bytes:
    """Return the new root, proved to continue the signed one, from new tiles where there are any."""
    reader = tiles.TileHashReader(lambda path: grown.get(path) or house.tiles.read_tile(path), size)
    root = merkle.root_at(size, reader.read)
    if old and old.size:
        proof = merkle.consistency_proof(old.size, size, reader.read)
        merkle.verify_consistency(old.size, size, old.root, root, proof)
    return root


def _sound(ledger: Ledger) -> tiles.ReadRange:
    """Read entries, each checked against the leaf hash it was given when it was entered."""

    def read(start: int, stop: int) -> list[bytes]:
        entries = ledger.read(start, stop)
        if [merkle.leaf_hash(entry) for entry in entries] != ledger.leaf_hashes(start, stop):
            raise LedgerError("an entry in the database is not the one that was entered")
        return entries

    return read


def proof_of(house: House, position: int) -> str:
    """Return a proof file that the entry at ``position`` is in the published ledger. Raises NotFound."""
    note, size = _note(house)
    if not 0 <= position < size:
        raise NotFound("this position is not covered by the published checkpoint")
    reader = tiles.TileHashReader(house.tiles.read_tile, size)
    return tiles.tlog_proof(position, merkle.inclusion_proof(position, size, reader.read), note)


def consistency_of(house: House, old_size: int) -> str:
    """Return a proof file that the published ledger begins with its first ``old_size`` entries. Raises NotFound."""
    note, size = _note(house)
    if not 0 < old_size <= size:
        raise NotFound("no ledger of this size comes before the published checkpoint")
    reader = tiles.TileHashReader(house.tiles.read_tile, size)
    return tiles.consistency_file(old_size, merkle.consistency_proof(old_size, size, reader.read), note)


def _note(house: House) -> tuple[bytes, int]:
    note = house.tiles.read_checkpoint()
    if note is None:
        raise NotFound("nothing was published yet")
    return note, checkpoint.verify_checkpoint(note, house.signer.vkey).size
