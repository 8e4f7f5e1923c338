"""Erasing access: when a person's data ends, what their accounts did goes from the access record, and its proofs stay.

The trap guarded against: rows of somebody else. A principal that two accounts held one after the other loses what was
done while this person's account held it, and nothing before or after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gatebook.procedures.holds import held_by, in_force
from gatebook.procedures.house import House, HouseWork
from gatebook.procedures.trace_account import held_by as principals_of
from gatebook.record.segment_ports import Tenure
from gatebook.record.walk import every_row
from gatebook.trace.asked import Bounds

#: Erases the rows of tenures and returns how many went of each, as ``SealedRows.erase`` does. None where a house never
#: had an access event: nothing is opened to find that out.
Erase = Callable[[Sequence[Tenure]], Sequence[int]] | None


def not_held(house: House, persons: Sequence[str]) -> list[str]:
    """Return those of these persons whom no hold keeps, looked at in one writer's turn.

    From then on what their accounts did is beyond recall; a hold that comes later counts them as overtaken, because
    their key is destroyed by then, or the end of their accesses is entered and not finished.
    """
    if not persons:
        return []
    with house.state.transaction() as work:
        work.ledger.lock()
        holding = in_force(house, work)
        return [person for person in persons if not held_by(holding, work, person)]


def erase_access(house: House, erase: Erase, persons: Sequence[str]) -> dict[str, int]:
    """Erase everything accounts of these persons did; return how many rows went now, of each who had an account.

    Done again it finishes what was begun: the rows told are those that were still there. Raises Unavailable.
    """
    if erase is None:
        return {}
    with house.state.read() as work:
        tenures = [(person, tenure) for person in persons for tenure in _tenures(work, person)]
    if not tenures:
        return {}
    rows = dict.fromkeys((person for person, _ in tenures), 0)
    for (person, _), count in zip(tenures, erase([tenure for _, tenure in tenures]), strict=True):
        rows[person] += count
    return rows


def _tenures(work: HouseWork, person: str) -> Iterator[Tenure]:
    """Yield every principal of every account of a person, and when it was that account's."""
    for row in every_row(work.registers, "accounts", {"person_id": person}):
        for held in principals_of(work, row["account_id"], Bounds()):
            yield Tenure(held.principal, held.when.from_at, held.when.until_at)
