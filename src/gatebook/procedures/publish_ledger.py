"""Publishing: new entries become tiles, then a signed checkpoint over all of them, in that order.

The trap guarded against: a checkpoint that promises what nobody can fetch. Run again after a crash it writes the
same bytes, since tiles follow from the entries alone.
"""

from __future__ import annotations

from gatebook.errors import LedgerError, NotFound
from gatebook.procedures.house import House
from gatebook.record import checkpoint, merkle, tiles


def publish_ledger(house: House) -> int:
    """Publish every entry committed so far; return the size the checkpoint covers. Raises LedgerError on a fork."""
    old_size, old_root = _published(house)
    with house.state.read() as work:
        size = work.ledger.size()
        if size < old_size:
            raise LedgerError("the published checkpoint is ahead of the ledger: an older state was put back")
        if size == old_size and old_size:
            return size
        for path, data in tiles.tiles_for_growth(old_size, size, work.ledger.leaf_hashes):
            house.tiles.write_tile(path, data)
        for path, data in tiles.bundles_for_growth(old_size, size, work.ledger.read):
            house.tiles.write_tile(path, data)
    reader = tiles.TileHashReader(house.tiles.read_tile, size)
    root = merkle.root_at(size, reader.read)
    if old_size:
        proof = merkle.consistency_proof(old_size, size, reader.read)
        merkle.verify_consistency(old_size, size, old_root, root, proof)
    signer = house.signer
    note = checkpoint.sign_checkpoint(signer.origin, size, root, signer.sign, signer.public_key)
    house.tiles.write_checkpoint(note)
    return size


def _published(house: House) -> tuple[int, bytes]:
    note = house.tiles.read_checkpoint()
    if note is None:
        return 0, b""
    held = checkpoint.verify_checkpoint(note, house.signer.vkey)
    return held.size, held.root


def proof_of(house: House, position: int) -> str:
    """Return a proof file that the entry at ``position`` is in the published ledger. Raises NotFound."""
    note = house.tiles.read_checkpoint()
    if note is None:
        raise NotFound("nothing was published yet")
    size = checkpoint.verify_checkpoint(note, house.signer.vkey).size
    if not 0 <= position < size:
        raise NotFound("this position is not covered by the published checkpoint")
    reader = tiles.TileHashReader(house.tiles.read_tile, size)
    return tiles.tlog_proof(position, merkle.inclusion_proof(position, size, reader.read), note)
