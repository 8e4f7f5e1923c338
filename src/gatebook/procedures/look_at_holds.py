"""Looking at holds: how each stands now, which need somebody, and telling of those once.

The trap guarded against: a hold that lapsed while nobody looked. Whoever takes events is told before its day, on it,
and when its grace is over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from gatebook.procedures import look
from gatebook.procedures.holds import grace_of, not_ended
from gatebook.procedures.house import House, Operator
from gatebook.procedures.tell import tell
from gatebook.record.ports import Row, Work
from gatebook.trace.holds import Standing, standing_of

_TOLD = "hold-told"
#: What is told of, by how a hold stands.
_TOPICS = {
    Standing.NEARLY_LAPSED: "hold.nearly-lapsed",
    Standing.LAPSED: "hold.lapsed",
    Standing.RUN_OUT: "hold.run-out",
}


def holds(house: House, operator: Operator, where: Mapping[str, Any], after: str, limit: int) -> tuple[list[Row], str]:
    """Return a page of holds, each with how it stands now, and the cursor of the next."""
    rows, following = look.page(house, operator, "holds", where, after, limit)
    return [_with_standing(house, row) for row in rows], following


def hold(house: House, operator: Operator, hold_id: str) -> Row:
    """Return one hold with how it stands now. Raises NotFound."""
    return _with_standing(house, look.one(house, operator, "holds", hold_id))


def shown(house: House, row: Row) -> dict[str, Any]:
    """Return a hold as it is shown after an act on it."""
    return _with_standing(house, row)


def standings(house: House) -> Counter[Standing]:
    """Return how many holds that were not ended stand how."""
    now, grace = house.now(), grace_of(house)
    with house.state.read() as work:
        return Counter(standing_of(row, now, grace) for row in not_ended(work))


def tell_of_holds(house: House) -> list[str]:
    """Tell of every hold that is nearly lapsed, lapsed, or past its grace, once each; return those told of."""
    now, grace = house.now(), grace_of(house)
    with house.state.read() as work:
        waiting = [row for row in not_ended(work) if _is_untold(work, row, standing_of(row, now, grace))]
    told = list[str]()
    for row in waiting:
        with house.state.transaction() as work:
            hold_id, how = str(row["hold_id"]), standing_of(row, now, grace)
            if work.shelf.add(_TOLD, _key(row, how), b"", None):
                tell(house, work, _TOPICS[how], hold=hold_id, demand=str(row["demand_id"]), until=str(row["until"]))
                told.append(hold_id)
    return told


def _is_untold(work: Work, row: Row, how: Standing) -> bool:
    return how in _TOPICS and work.shelf.get(_TOLD, _key(row, how)) is None


def _key(row: Row, how: Standing) -> str:
    # renewed, it has another day, and is told of anew
    return f"{row['hold_id']}/{row['until']}/{how.value}"


def _with_standing(house: House, row: Row) -> dict[str, Any]:
    return {**row, "standing": standing_of(row, house.now(), grace_of(house)).value}
