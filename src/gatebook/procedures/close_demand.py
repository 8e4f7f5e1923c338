"""Closing a demand: how it ended is entered, its hold of process ends, and its papers get their day.

The trap guarded against: papers kept for ever because a demand was answered and forgotten. What was to be preserved by
an instrument of its own stays held: that hold has its own clock and its own end.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from gatebook.errors import Conflict, FieldProblem, InvalidInput
from gatebook.procedures.about import demand_entry
from gatebook.procedures.holds import end_holds_of, grace_of, in_force
from gatebook.procedures.house import House, Operator
from gatebook.procedures.look_at_demands import OPEN, demand_row, in_state
from gatebook.procedures.permit import permit
from gatebook.procedures.retention import years_later
from gatebook.procedures.tell import tell
from gatebook.record.enter import enter
from gatebook.record.ports import Row, Work
from gatebook.record.walk import every_row
from gatebook.terms.demand import HoldKind
from gatebook.trace.holds import KEEPING, standing_of

OUTCOMES = ("produced", "partly-produced", "refused", "withdrawn", "nothing-held", "preserved")
_PRODUCED = frozenset({"produced", "partly-produced"})
_RULE, _PAGE = "house/demand_retention_years", 500


def close_demand(house: House, operator: Operator, demand_id: str, outcome: str) -> Row:
    """Close a demand and return its row. Raises NotFound, InvalidInput, and Conflict for one closed already.

    ``produced`` and ``partly-produced`` are said of a demand on which something was disclosed, and of no other.
    """
    permit(house, operator, "officer", "close-demand")
    if outcome not in OUTCOMES:
        problem = FieldProblem("/outcome", "unknown-outcome", f"one of {', '.join(OUTCOMES)}")
        raise InvalidInput("there is no such outcome", (problem,))
    today = house.now().date()
    years = house.law.on(today).parameters.number(_RULE)
    body = {"outcome": outcome, "retain_until": years_later(today, years).isoformat(), "retain_rule": _RULE}
    with house.state.transaction() as work:
        work.ledger.lock()
        row = in_state(demand_row(work, demand_id), *OPEN)
        if (outcome in _PRODUCED) != bool(row["answered_at"]):
            raise Conflict("a demand was produced where something was disclosed on it, and not otherwise")
        enter(work, demand_entry(house, operator, "demand.closed", demand_id, body))
        end_holds_of(house, operator, work, demand_id, "demand-closed", {HoldKind.PROCESS})
        tell(house, work, "demand.closed", demand=demand_id, outcome=outcome)
        return demand_row(work, demand_id)


def expire_demands(house: House, operator: Operator) -> list[str]:
    """Destroy the papers of every closed demand whose day is past and that nothing holds; return their ids.

    The intent is entered first, so that the next run finishes what a crash cut off.
    """
    permit(house, operator, "admin", "expire-demands")
    with house.state.read() as work:
        due = [str(row["demand_id"]) for row in _ended(work, house.now().date())]
    begun = [demand_id for demand_id in due if _begin(house, operator, demand_id)]
    return [demand_id for demand_id in begun if _destroy(house, operator, demand_id)]


def _ended(work: Work, today: date) -> Iterator[Row]:
    for state in ("closed", "expiring"):
        rows = every_row(work.registers, "demands", {"state": state})
        yield from (row for row in rows if date.fromisoformat(str(row["retain_until"])) < today)


def _is_held(house: House, work: Work, demand_id: str) -> bool:
    """Whether a hold keeps its papers: one over everything, or one that this demand called for."""
    own = work.registers.page("holds", {"demand_id": demand_id, "state": "in-force"}, "", _PAGE)
    now, grace = house.now(), grace_of(house)
    return any(standing_of(hold, now, grace) in KEEPING for hold in own) or bool(in_force(house, work).everything)


def _begin(house: House, operator: Operator, demand_id: str) -> bool:
    with house.state.transaction() as work:
        work.ledger.lock()
        row = demand_row(work, demand_id)
        if row["state"] == "closed" and not _is_held(house, work, demand_id):
            enter(work, demand_entry(house, operator, "demand.expiring", demand_id, {"rule": row["retain_rule"]}))
            return True
        return bool(row["state"] == "expiring")


def _destroy(house: House, operator: Operator, demand_id: str) -> bool:
    """Destroy the key and remove what it sealed, in one turn in which no hold can be placed; return whether it did.

    What a hold keeps by then waits for its end, unless the key was gone before.
    """
    with house.state.transaction() as work:
        work.ledger.lock()
        row = demand_row(work, demand_id)
        is_gone = house.door.is_destroyed({"person_id": demand_id, "sealed_under": ""})
        if row["state"] != "expiring" or (_is_held(house, work, demand_id) and not is_gone):
            return False
        house.door.shred(demand_id)
        body: dict[str, Any] = {"rule": row["retain_rule"], "records": work.records.erase(demand_id)}
        enter(work, demand_entry(house, operator, "demand.shredded", demand_id, body))
    # A database server wipes what no open transaction may still see, and ours was one: outside it, wiped once more.
    house.door.shred(demand_id)
    return True
