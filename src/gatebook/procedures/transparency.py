"""The transparency report of this house, counted from its registers alone: no sealed record is opened for it.

The trap guarded against: a report nobody can count again. The registers are what was entered, folded; whoever folds the
ledger anew counts the same.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any

from gatebook import canonical
from gatebook.errors import FieldProblem, InvalidInput
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.procedures.posted import day
from gatebook.record.ports import Row, Work
from gatebook.record.walk import every_row
from gatebook.trace.notice import Standing, standing_of
from gatebook.trace.transparency import NOT_DESCRIBED, OPEN, UNKNOWN, Case, Period, Voluntary, count

_MOST_BAND = 1000


def report(house: House, operator: Operator, from_: str, until: str, band: int = 0) -> dict[str, Any]:
    """Return the report of the demands received from one day to another, both counted, UTC. Raises InvalidInput."""
    permit(house, operator, "look", "report-transparency")
    period = _period(house, from_, until)
    if not 0 <= band <= _MOST_BAND:
        raise InvalidInput("there is no such band", (FieldProblem("/band", "out-of-range", f"0 to {_MOST_BAND}"),))
    with house.state.read() as work:
        accounts = _accounts(work)
        demands = every_row(work.registers, "demands")
        cases = [_case(row, accounts, period) for row in demands if _is_in(period, row["received_at"])]
        voluntary = [
            Voluntary(str(row["recipient"]), str(row["jurisdiction"]), int(row["records"]))
            for row in every_row(work.registers, "disclosures")
            if not row["demand_id"] and _is_in(period, row["made_at"])
        ]
        refusals = every_row(work.registers, "records", {"kind": "disclosure.refused"})
        refused = sum(_is_in(period, row["sealed_at"]) for row in refusals)
    return count(period, cases, voluntary, refused, band)


def _period(house: House, from_: str, until: str) -> Period:
    first, last = day(from_, "/from"), day(until, "/until")
    if first is None or last is None or last < first:
        fault = FieldProblem("/until", "not-after", "give from and until, each a day, and until not before from")
        raise InvalidInput("a report is of a time", (fault,))
    return Period(first, last, house.now())


def _is_in(period: Period, instant: object) -> bool:
    return period.from_on <= date.fromisoformat(str(instant)[:10]) <= period.until_on


def _accounts(work: Work) -> Counter[str]:
    """Return of how many accounts something was handed over, by demand."""
    found = Counter[str]()
    for row in every_row(work.registers, "productions", {"state": "disclosed"}):
        found[str(row["demand_id"])] += int(row["accounts"])
    return found


def _case(row: Row, accounts: Counter[str], period: Period) -> Case:
    standing = standing_of(row, period.made_at)
    return Case(
        instrument=str(row["instrument"] or NOT_DESCRIBED),
        jurisdiction=str(row["jurisdiction"] or UNKNOWN),
        recipient=str(row["recipient"] or UNKNOWN),
        outcome=str(row["outcome"] or OPEN),
        is_emergency=bool(row["is_emergency"]),
        accounts=accounts[str(row["demand_id"])],
        received_at=canonical.parse_instant(str(row["received_at"])),
        due_at=_instant(row["due_at"]),
        ended_at=_instant(row["answered_at"]) or _instant(row["closed_at"]),
        notice=str(row["notice"]) if standing is Standing.GIVEN else standing.value,
        was_delayed=bool(row["notice_until"]) or standing is Standing.FORBIDDEN,
    )


def _instant(value: object) -> datetime | None:
    return canonical.parse_instant(str(value)) if value else None
