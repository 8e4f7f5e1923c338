"""Looking at demands: their rows with what is due when, and, as a reading, what they say and the paper they came as.

The trap guarded against: a demand in a list that tells whom it is about. A row has slugs and times alone; who is named,
and by whom, lies sealed under the demand's own key.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from gatebook import canonical
from gatebook.errors import Conflict, NotFound, Shredded
from gatebook.law.deadlines import how_due
from gatebook.law.tree import LawOfDay
from gatebook.procedures.demand_checks import checks_of, is_authentic, needed_checks
from gatebook.procedures.holds import not_ended
from gatebook.procedures.house import House, Operator
from gatebook.procedures.look import page
from gatebook.procedures.permit import permit
from gatebook.procedures.render import row as shown
from gatebook.record.access import LEGAL_PROCESS
from gatebook.record.ports import Row, Work
from gatebook.record.walk import every_row
from gatebook.terms.demand import Demand
from gatebook.trace.demand_form import demand_from
from gatebook.trace.holds import ALL
from gatebook.trace.notice import is_owed

#: States in which a demand still waits for something of this house.
OPEN = ("received", "counsel", "scoped", "proposed", "answered")
_ANSWERED = ("answered", "closed", "expiring", "shredded")
_PAGE = 500


def demand_row(work: Work, demand_id: str) -> Row:
    """Return a demand's row. Raises NotFound."""
    row = work.registers.get("demands", demand_id)
    if row is None:
        raise NotFound("there is no demand under this id")
    return row


def in_state(row: Row, *states: str) -> Row:
    """Return the row of a demand in one of the states. Raises Conflict."""
    if row["state"] not in states:
        raise Conflict(f"this demand is {row['state']}, not {' or '.join(states)}")
    return row


def is_described(row: Row) -> bool:
    """Return whether it is known what a demand says; one may have come as a paper alone."""
    return bool(row["instrument"])


def open_demand(house: House, operator: Operator, demand_id: str) -> Demand:
    """Open what a demand says: a reading, entered first. Raises NotFound, and Conflict for one not described yet."""
    with house.state.read() as work:
        row = demand_row(work, demand_id)
    if not is_described(row):
        raise Conflict("what this demand says is not described yet: gatebook demand describe")
    return demand_from(open_paper(house, operator, str(row["record_id"]))["demand"])


def read_demand(house: House, operator: Operator, demand_id: str, kinds: Collection[str] = ()) -> dict[str, Any]:
    """Open what is sealed of a demand: what it says, what its message claims, its paper in base64, checks, scopings.

    ``kinds`` of entries narrow it. A reading of each, entered first. Raises NotFound, Shredded.
    """
    permit(house, operator, "read-records", "read-demand")
    with house.state.read() as work:
        row = demand_row(work, demand_id)
        records = [one for one in _records(work, demand_id) if not kinds or one["kind"] in kinds]
    if row["state"] == "shredded":
        raise Shredded("the papers of this demand were destroyed when their time was over")
    ids = [str(one["record_id"]) for one in records]
    opened = house.door.read(house.state, ids, LEGAL_PROCESS, operator.operator_id, house.now())
    items = [
        {"record_id": one["record_id"], "kind": one["kind"], "sealed_at": one["sealed_at"], "payload": payload}
        for one, payload in zip(records, opened, strict=True)
    ]
    return {"demand_id": demand_id, "record_id": row["record_id"], "items": items}


def latest_scoping(house: House, operator: Operator, demand_id: str) -> dict[str, Any]:
    """Open the latest scoping of a demand: a reading, entered first. Raises NotFound where there is none."""
    with house.state.read() as work:
        demand_row(work, demand_id)
        scoped = [row for row in _records(work, demand_id) if row["kind"] == "demand.scoped"]
    if not scoped:
        raise NotFound("this demand was not scoped yet")
    return open_paper(house, operator, str(scoped[-1]["record_id"]))


def demands(
    house: House, operator: Operator, where: Mapping[str, Any], after: str, limit: int
) -> tuple[list[Row], str]:
    """Return a page of demands, each with the seconds until it is due (below zero: overdue), and the next cursor."""
    rows, following = page(house, operator, "demands", where, after, limit)
    law = house.law.on(house.now().date())
    now = house.now()
    return [{**row, **due(house, law, row), "notice_is_owed": is_owed(row, now)} for row in rows], following


def demand(house: House, operator: Operator, demand_id: str) -> Row:
    """Return a demand's row with what is due, its checks, which are still needed, and its holds. Raises NotFound."""
    permit(house, operator, "look", "look")
    law = house.law.on(house.now().date())
    with house.state.read() as work:
        row = demand_row(work, demand_id)
        checks, needed = checks_of(work, row), needed_checks(law, row)
        holds = work.registers.page("holds", {"demand_id": demand_id}, "", _PAGE)
        authentic = is_authentic(house, work, row)
    return {
        **shown({**row, **due(house, law, row)}),
        "is_described": is_described(row),
        "notice_is_owed": is_owed(row, house.now()),
        "is_authentic": authentic,
        "checks": [shown(one) for one in checks.values()],
        "checks_needed": [one.value for one in needed if one not in checks or checks[one]["verdict"] != "passed"],
        "holds": [shown(hold) for hold in holds],
    }


def scopes_held(house: House) -> dict[str, str]:
    """Return the scope of each demand's holds: ``all`` while one is over the whole house, else ``named``."""
    found = dict[str, str]()
    with house.state.read() as work:
        for hold in not_ended(work):
            if found.get(str(hold["demand_id"])) != ALL:
                found[str(hold["demand_id"])] = str(hold["scope"])
    return found


def due(house: House, law: LawOfDay, row: Row) -> dict[str, Any]:
    """Return when a demand that waits for its answer is due: in how many seconds, and how near that is."""
    if row["state"] in _ANSWERED or not row["due_at"]:
        return {}
    at, now = canonical.parse_instant(str(row["due_at"])), house.now()
    return {"due_in_s": int((at - now).total_seconds()), "dueness": how_due(law, at, now).value}


def _records(work: Work, demand_id: str) -> list[Row]:
    """Return the sealed records of a demand in the order they were entered."""
    found = every_row(work.registers, "records", {"person_id": demand_id})
    return sorted(found, key=lambda row: int(row["position"]))


def open_paper(house: House, operator: Operator, record_id: str) -> dict[str, Any]:
    """Open one thing sealed for a demand, such as a search or a list: a reading, entered first."""
    opened = house.door.read(house.state, [record_id], LEGAL_PROCESS, operator.operator_id, house.now())[0]
    assert isinstance(opened, dict)  # noqa: S101  all that is sealed of a demand is an object
    return opened
