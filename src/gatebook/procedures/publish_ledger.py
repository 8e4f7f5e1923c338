"""Publishing: new entries become tiles, then a signed checkpoint over all of them, in that order.

The trap guarded against: a checkpoint that promises what nobody can fetch, or that goes back. Run again after a
crash it writes the same bytes, since tiles follow from the entries alone; one publisher at a time has the turn.
"""

from __future__ import annotations

from collections.abc import Sequence

from gatebook.errors import LedgerError, NotFound
from gatebook.procedures.house import House
from gatebook.record import checkpoint, merkle, tiles
from gatebook.record.cosignature import Cosigner, to_note, with_cosignature
from gatebook.record.ports import Ledger

_BOTH = 2  # the published head and the remembered one
_PUT_BACK = (
    "the signed checkpoint is ahead of the ledger: an older state was put back; nothing is signed until a newer one is,"
    " or until gatebook restore --ledger took up what was published since"
)


def publish_ledger(house: House) -> int:
    """Publish every entry committed so far; return the size the checkpoint covers.

    Hash tiles of the growth (32 bytes an entry) are held in memory until they were proved to continue every tree the
    house signed; nothing is written before. Raises LedgerError when they do not, or an entry is not what was hashed.
    """
    with house.tiles.publishing():
        note, signed = _begun(house)
        with house.state.read() as work:
            size = work.ledger.size()
            if len(signed) == _BOTH and {(head.size, head.root) for head in signed} == {(size, signed[0].root)}:
                return size
            if size < max((head.size for head in signed), default=0):
                raise LedgerError(_PUT_BACK)
            since = signed[0].size if note else 0
            grown = dict(tiles.tiles_for_growth(since, size, work.ledger.leaf_hashes, house.tiles.read_tile))
            root = _continued(house, signed, size, grown)
            for path, data in tiles.bundles_for_growth(since, size, _sound(work.ledger)):
                house.tiles.write_tile(path, data)
        for path, data in grown.items():
            house.tiles.write_tile(path, data)
        if note and since == size:  # published already, perhaps with the signatures of others: only to be remembered
            house.signer.last.keep(note)
            return size
        note = _sign(house, size, root)
        house.signer.last.keep(note)  # before anybody sees it: what is forgotten could be signed another way
        house.tiles.write_checkpoint(note)
        return size


def _begun(house: House) -> tuple[bytes | None, list[checkpoint.Checkpoint]]:
    """Return the published note and every head the house is known to have signed, the published one first.

    A first publication remembers a tree of nothing before it writes a tile: tiles nobody remembers are then those of
    a log whose checkpoint was lost, and never of a publication that was cut off.
    """
    note = house.tiles.read_checkpoint()
    signed = signed_heads(house)
    if not signed:
        if house.tiles.has_tiles():
            raise LedgerError(
                "there are tiles, but neither a checkpoint nor a memory of one: signing could fork the ledger;"
                " decision 0004 says how to go on"
            )
        house.signer.last.keep(_sign(house, 0, merkle.EMPTY))
    return note, signed


def signed_heads(house: House) -> list[checkpoint.Checkpoint]:
    """Return what the house signed: the published head, and the newest it remembers. Raises LedgerError."""
    notes = (house.tiles.read_checkpoint(), house.signer.last.read())
    return [_read(house, note) for note in notes if note is not None]


def _read(house: House, note: bytes) -> checkpoint.Checkpoint:
    return checkpoint.verify_checkpoint(note, house.signer.vkey)


def _sign(house: House, size: int, root: bytes) -> bytes:
    signer = house.signer
    return checkpoint.sign_checkpoint(signer.origin, size, root, signer.sign, signer.public_key)


def _continued(house: House, signed: list[checkpoint.Checkpoint], size: int, grown: dict[str, bytes]) -> bytes:
    """Return the new root, proved to continue every signed one, from new tiles where there are any."""
    reader = tiles.TileHashReader(lambda path: grown.get(path) or house.tiles.read_tile(path), size)
    root = merkle.root_at(size, reader.read)
    for old in signed:
        if old.size:
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


def published_entry(house: House, position: int) -> bytes:
    """Return the bytes of an entry, proved to be those that were signed where the published checkpoint covers it.

    Raises NotFound for a position that has no entry, LedgerError for one whose entry is gone or another.
    """
    note = house.tiles.read_checkpoint()  # before the look: whatever it covers is committed
    with house.state.read() as work:
        lines = work.ledger.read(position, position + 1) if position >= 0 else []
    head = _read(house, note) if note else None
    if head is None or not 0 <= position < head.size:
        if not lines:
            raise NotFound("the ledger has no entry at this position")
        return lines[0]
    if not lines:
        raise LedgerError("an entry that was published is missing in the database")
    reader = tiles.TileHashReader(house.tiles.read_tile, head.size)
    proof = merkle.inclusion_proof(position, head.size, reader.read)
    merkle.verify_inclusion(merkle.leaf_hash(lines[0]), position, head.size, head.root, proof)
    return lines[0]


def proof_of(house: House, position: int) -> str:
    """Return a proof file that the entry at ``position`` is in the published ledger. Raises NotFound."""
    note, size = _note(house)
    if not 0 <= position < size:
        raise NotFound("this position is not covered by the published checkpoint")
    reader = tiles.TileHashReader(house.tiles.read_tile, size)
    return tiles.tlog_proof(position, merkle.inclusion_proof(position, size, reader.read), note)


def inclusions_of(house: House, positions: Sequence[int]) -> tuple[bytes, list[list[bytes]]]:
    """Return the published checkpoint and for each position the path from its entry to it. Raises NotFound."""
    note, size = _note(house)
    if any(not 0 <= position < size for position in positions):
        raise NotFound("this position is not covered by the published checkpoint")
    reader = tiles.TileHashReader(house.tiles.read_tile, size)
    return note, [merkle.inclusion_proof(position, size, reader.read) for position in positions]


def consistency_of(house: House, old_size: int) -> str:
    """Return a proof file that the published ledger begins with its first ``old_size`` entries. Raises NotFound."""
    note, size = _note(house)
    if not 0 < old_size <= size:
        raise NotFound("no ledger of this size comes before the published checkpoint")
    reader = tiles.TileHashReader(house.tiles.read_tile, size)
    return tiles.consistency_file(old_size, merkle.consistency_proof(old_size, size, reader.read), note)


def growth_from(house: House, old_size: int, head: checkpoint.Checkpoint) -> list[bytes]:
    """Return the proof that a published head continues its first ``old_size`` entries, checked on the tiles."""
    reader = tiles.TileHashReader(house.tiles.read_tile, head.size)
    proof = merkle.consistency_proof(old_size, head.size, reader.read)
    merkle.verify_consistency(old_size, head.size, merkle.root_at(old_size, reader.read), head.root, proof)
    return proof


def merge_cosignature(house: House, cosigned: bytes, cosigner: Cosigner) -> bool:
    """Put a witness's line in the published checkpoint, in place of its older one; False when another head came since.

    What others signed stays until there is a new head, which begins without.
    """
    with house.tiles.publishing():
        note = house.tiles.read_checkpoint()
        found = checkpoint.parse_checkpoint(cosigned)
        head = checkpoint.parse_checkpoint(note) if note else None
        if head is None or head.text != found.text:
            return False
        house.tiles.write_checkpoint(to_note(with_cosignature(head, found, cosigner)))
        return True


def _note(house: House) -> tuple[bytes, int]:
    note = house.tiles.read_checkpoint()
    if note is None:
        raise NotFound("nothing was published yet")
    return note, checkpoint.verify_checkpoint(note, house.signer.vkey).size
