"""Expiring what is sealed of disclosures without a demand: whom they went to and why goes on its day.

The trap guarded against: a file on who asked, kept for ever because nothing came of it. What was proposed, declined or
refused ends as what was made does; the ledger keeps that it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from gatebook.procedures.holds import in_force
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.procedures.retention import years_later
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.ports import Row, Work
from gatebook.record.walk import every_row

_RULE, _PAGE = "house/disclosure_retention_years", 500
#: The kind that is sealed first of each, and by whose day all of it goes.
FIRST = ("disclosure.proposed", "disclosure.refused")


def expire_disclosures(house: House, operator: Operator) -> list[str]:
    """Destroy the key of each whose day is past, and remove what it sealed; return their ids.

    The key goes in the turn in which it is entered. Cut off between the two, the next run finds the sealed bytes still
    there and does both again.
    """
    permit(house, operator, "admin", "expire-disclosures")
    today = house.now().date()
    years = house.law.on(today).parameters.number(_RULE)
    with house.state.read() as work:
        due = [str(row["person_id"]) for row in _kept(work) if _last_day(row, years) < today]
    return [one for one in dict.fromkeys(due) if _destroy(house, operator, one)]


def _kept(work: Work) -> Iterator[Row]:
    for kind in FIRST:
        rows = every_row(work.registers, "records", {"kind": kind})
        yield from (row for row in rows if work.records.get(str(row["record_id"])) is not None)


def _last_day(row: Row, years: int) -> date:
    return years_later(date.fromisoformat(str(row["sealed_at"])[:10]), years)


def _destroy(house: House, operator: Operator, disclosure_id: str) -> bool:
    with house.state.transaction() as work:
        work.ledger.lock()
        records = work.registers.page("records", {"person_id": disclosure_id}, "", _PAGE)
        is_there = any(work.records.get(str(row["record_id"])) is not None for row in records)
        if not is_there or in_force(house, work).everything:  # a hold over everything is over this too
            return False
        house.door.shred(disclosure_id)
        body: dict[str, Any] = {
            "disclosure": disclosure_id,
            "rule": _RULE,
            "records": work.records.erase(disclosure_id),
        }
        enter(work, Entry("disclosure.shredded", house.now(), operator.operator_id, person=disclosure_id, body=body))
    # As for persons: a database server wipes what no open transaction may still see, so outside it once more.
    house.door.shred(disclosure_id)
    return True
