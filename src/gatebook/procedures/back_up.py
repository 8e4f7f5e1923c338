"""Backing up, as the house remembers it: which copies were made, what ended since, and whether a restored one is whole.

The trap guarded against: a copy nobody remembers, in which keys and rows live on that were destroyed here. Every copy
is entered by its digest, and which of them hold something that ended since is known from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gatebook import canonical
from gatebook.errors import LedgerError
from gatebook.procedures.house import House, HouseState, Operator
from gatebook.procedures.permit import permit
from gatebook.procedures.publish_ledger import signed_heads
from gatebook.record import rebuild as rebuilding
from gatebook.record.checkpoint import Checkpoint
from gatebook.record.compare import WORDS, compare
from gatebook.record.ended_keys import EndedKeys, ended_by
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.fold import changes
from gatebook.record.merkle import CompactRange, leaf_hash
from gatebook.record.ports import Ledger
from gatebook.record.tiles import WIDTH, ReadTile, bundle_path, entries_of
from gatebook.record.walk import every_line

_SHELF = "backup"
_AT_ONCE = 5_000
_PAGE = 1_000
_STALE = {
    True: "holds keys destroyed since; destroy this file",
    False: "holds accesses and index tags of persons whose data ended since; destroy this file",
}


@dataclass(frozen=True, slots=True)
class Made:
    """A copy that was made: its digest, the ledger's size in it, whether it holds keys, and how many had ended."""

    digest: str
    size: int
    holds_keys: bool
    destroyed: int


def note_backup(house: House, operator: Operator, made: Made) -> None:
    """Enter that a copy was made, and remember it by its digest."""
    permit(house, operator, "admin", "back-up")
    at = house.now()
    body = {"digest": made.digest, "size": made.size, "keys": made.holds_keys, "destroyed": made.destroyed}
    with house.state.transaction() as work:
        enter(work, Entry("backup.made", at, operator.operator_id, body=body))
        shelved = canonical.encode({**body, "made_at": canonical.instant(at)})
        work.shelf.put(_SHELF, f"{canonical.instant(at)} {made.digest}", shelved, None)


def list_backups(house: House, operator: Operator, destroyed: int) -> list[dict[str, Any]]:
    """Return every copy made, oldest first; ``destroyed`` is how many keys had ended by now.

    One made before the last of them says what lives on in it. Whether a file still exists the house cannot know.
    """
    permit(house, operator, "admin", "back-up")
    found, after = list[dict[str, Any]](), ""
    with house.state.read() as work:
        while page := work.shelf.listing(_SHELF, after, _PAGE):
            found += [dict(canonical.decode(value)) for _, value in page]  # type: ignore[arg-type]
            after = page[-1][0]
    return [{**one, "stale": _STALE[one["keys"]] if one["destroyed"] < destroyed else ""} for one in found]


def forget_backup(house: House, operator: Operator, digest: str) -> int:
    """Forget a copy that was destroyed; return how many of this digest there were. The entry of it stays."""
    permit(house, operator, "admin", "back-up")
    gone = 0
    with house.state.transaction() as work:
        after = ""
        while page := work.shelf.listing(_SHELF, after, _PAGE):
            for key, _ in page:
                if key.partition(" ")[2] == digest:
                    work.shelf.remove(_SHELF, key)
                    gone += 1
            after = page[-1][0]
    return gone


def ended_keys(house: House) -> EndedKeys:
    """Return what the ledger says ended."""
    with house.state.read() as work:
        return ended_by(line for _, line in every_line(work.ledger))


def head_of(state: HouseState) -> tuple[int, bytes]:
    """Return size and root of the ledger in the database, published or not, from the hashes it was entered under."""
    with state.read() as work:
        size, grown = work.ledger.size(), CompactRange()
        for leaf in _leaves(work.ledger, size):
            grown = grown.append(leaf)
    return size, grown.root()


def erase_ended(house: House, subjects: list[str]) -> int:
    """Remove sealed records and index tags whose key ended after the state was copied; return how many records went."""
    with house.state.transaction() as work:
        return sum(work.records.erase(subject) for subject in subjects)


def check_whole(
    house: House, signed: Sequence[Checkpoint], read_tile: ReadTile, progress: Callable[[int, int], None]
) -> list[str]:
    """Hold the ledger against its hashes, tiles and signed heads, and fold it again; return registers that differed.

    Raises LedgerError when the ledger is not the one that was signed.
    """
    with house.state.transaction() as work:
        before, after = rebuilding.rebuild(work, signed, read_tile, progress)
    return [name for name in before if before[name] != after[name]]


def check_lines(
    state: HouseState, signed: Sequence[Checkpoint], read_tile: ReadTile, progress: Callable[[int, int], None]
) -> tuple[int, str]:
    """Hold every entry against its hash, the tiles and the signed heads; return size and root of them all.

    Raises LedgerError for the first that differs.
    """
    grown = CompactRange()
    with state.read() as work:
        size = work.ledger.size()
        for batch in compare(work.ledger, signed, read_tile):
            for found in batch.differences:
                raise LedgerError(f"position {found.position}: {WORDS[found.what]}")
            for line in batch.entries:
                grown = grown.append(leaf_hash(line))
            progress(grown.size, size)
    return size, grown.root().hex()


def catch_up(house: House, head: Checkpoint, read_tile: ReadTile) -> int:
    """Append what a published ledger holds beyond the one here, up to its head; return how many entries.

    Whatever they entered holds again; sealed records and rows that came with them are not in a ledger and stay away.
    Raises LedgerError when the published ledger does not go on from the one here; nothing is kept then.
    """
    with house.state.transaction() as work:
        work.ledger.lock()
        size = start = work.ledger.size()
        while start < head.size:
            lines = _published(read_tile, start, head.size)
            first = work.ledger.append(lines, [leaf_hash(line) for line in lines])
            entries = enumerate(map(Entry.from_bytes, lines), first)
            work.registers.apply([change for position, entry in entries for change in changes(position, entry)])
            start += len(lines)
        grown = CompactRange()
        for leaf in _leaves(work.ledger, start):
            grown = grown.append(leaf)
        if start == head.size and grown.root() != head.root:
            raise LedgerError("the published ledger does not go on from the one in the backup")
    return start - size


def _published(read_tile: ReadTile, start: int, size: int) -> list[bytes]:
    """Return entries from ``start`` to the end of their bundle, of a published ledger of ``size`` entries."""
    index, offset = divmod(start, WIDTH)
    width = min(WIDTH, size - index * WIDTH)
    try:
        bundle = read_tile(bundle_path(index, width))
    except LedgerError:
        bundle = read_tile(bundle_path(index))  # a log may drop a partial one once it is full
    lines = entries_of(bundle)[offset:width]
    if len(lines) != width - offset:
        raise LedgerError("an entry bundle of the published ledger is torn")
    return lines


def remembers_more(house: House, size: int) -> int:
    """Return the size of the tree these keys signed last, where it is larger than ``size``; 0 where it is not."""
    most = max((head.size for head in signed_heads(house)), default=0)
    return most if most > size else 0


def note_restored(house: House, operator: Operator, digest: str, size: int) -> None:
    """Enter that the house was restored from a backup, as the first line after those it brought."""
    with house.state.transaction() as work:
        work.ledger.lock()
        if work.ledger.size() != size:
            raise LedgerError("the restored ledger grew while it was restored")
        body = {"digest": digest, "size": size}
        enter(work, Entry("backup.restored", house.now(), operator.operator_id, body=body))


def _leaves(ledger: Ledger, size: int) -> Iterator[bytes]:
    for start in range(0, size, _AT_ONCE):
        yield from ledger.leaf_hashes(start, min(size, start + _AT_ONCE))
