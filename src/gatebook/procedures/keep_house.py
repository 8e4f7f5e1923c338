"""Keeping house: founding, noting lists and law, rotating keys, checking the ledger, rebuilding registers from it.

The trap guarded against: a change of law or list that the ledger never heard of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.procedures.publish_ledger import signed_heads
from gatebook.procedures.rescreening_run import note_landing
from gatebook.record import rebuild as rebuilding
from gatebook.record.compare import WORDS, compare
from gatebook.record.enter import enter
from gatebook.record.entry import Entry

_SHOWN = 20  # differences that are told one by one; they are counted all


def found_house(house: House, operator: Operator, version: str) -> None:
    """Enter the founding of the house as the first line of its ledger; done twice it is done once."""
    permit(house, operator, "admin", "found-house")
    with house.state.transaction() as work:
        work.ledger.lock()
        if work.ledger.size() == 0:
            body = {"origin": house.signer.origin, "gatebook": version}
            enter(work, Entry("house.founded", house.now(), operator.operator_id, body=body))


def note_adoption(house: House, operator: Operator, source: str, begins: str, ends: str) -> None:
    """Enter that the house adopts a source of law from a day."""
    permit(house, operator, "admin", "adopt-law")
    with house.state.transaction() as work:
        body = {"source": source, "begins": begins, "ends": ends}
        enter(work, Entry("law.adopted", house.now(), operator.operator_id, body=body))


def note_list(house: House, operator: Operator, list_id: str, digest: str, parties: int, refused_rows: int) -> None:
    """Enter that a list edition is now the one compared with."""
    permit(house, operator, "admin", "load-list")
    with house.state.transaction() as work:
        body = {"list": list_id, "digest": digest, "parties": parties, "refused_rows": refused_rows}
        position = enter(work, Entry("list.loaded", house.now(), operator.operator_id, body=body))
        note_landing(work, list_id, digest, position)


def rotate_keys(house: House, operator: Operator) -> tuple[str, int]:
    """Rewrap every data key under a new key-encryption key; return its id and how many were rewrapped.

    After a crash half the data keys may be under the new key and half under an old one, and all still open; run
    again, it takes a newer key and rewraps whatever is not under that one.
    """
    permit(house, operator, "admin", "rotate-keys")
    key_id, count = house.door.rotate()
    with house.state.transaction() as work:
        body = {"key": key_id, "subjects": count}
        enter(work, Entry("keys.rotated", house.now(), operator.operator_id, body=body))
    return key_id, count


def rebuild(house: House, operator: Operator, progress: Callable[[int, int], None]) -> list[str]:
    """Drop and rebuild the registers; return the names of those that differ from what stood there (none, in health)."""
    permit(house, operator, "admin", "rebuild")
    signed = signed_heads(house)
    with house.state.transaction() as work:
        before, after = rebuilding.rebuild(work, signed, house.tiles.read_tile, progress)
    return [name for name in before if before[name] != after[name]]


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """How the database stands to what was signed: entries there, entries signed for, and how many differ.

    ``differences`` are the first of them, each with its position and what it is; in health there are none.
    """

    size: int
    signed: int
    differing: int
    differences: tuple[dict[str, int | str], ...]


def check_ledger(house: House, operator: Operator, progress: Callable[[int, int], None]) -> LedgerCheck:
    """Compare every entry of the database with its hash, the tiles and the signed roots; nothing is changed.

    Raises LedgerError when a checkpoint cannot be believed. What is signed is read before the look at the database,
    so that a publication meanwhile is no difference.
    """
    permit(house, operator, "admin", "check-ledger")
    signed, count, first = signed_heads(house), 0, list[dict[str, int | str]]()
    with house.state.read() as work:
        size = work.ledger.size()
        for batch in compare(work.ledger, signed, house.tiles.read_tile):
            count += len(batch.differences)
            for found in batch.differences[: _SHOWN - len(first)]:
                first.append({"position": found.position, "what": found.what, "reason": WORDS[found.what]})
            progress(batch.start + len(batch.entries), size)
    return LedgerCheck(size, max((head.size for head in signed), default=0), count, tuple(first))
