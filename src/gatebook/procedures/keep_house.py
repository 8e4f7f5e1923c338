"""Keeping house: founding, noting lists and law, rotating keys, rebuilding registers from the ledger.

The trap guarded against: a change of law or list that the ledger never heard of.
"""

from __future__ import annotations

from collections.abc import Callable

from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.record import rebuild as rebuilding
from gatebook.record.enter import enter
from gatebook.record.entry import Entry


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
        enter(work, Entry("list.loaded", house.now(), operator.operator_id, body=body))


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
    with house.state.transaction() as work:
        before, after = rebuilding.rebuild(work, progress)
    return [name for name in before if before[name] != after[name]]
