"""Expiring: on its day a person's data key is destroyed and the sealed records go; the ledger keeps its proofs.

The trap guarded against: half an erasure. The intent is entered first, so a crash is finished by the next run.
Applications that lie in review for too long lapse first, so that their data has a day too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from gatebook.procedures.about import row_entry
from gatebook.procedures.house import House, Operator
from gatebook.procedures.lapse_applications import lapse_applications
from gatebook.procedures.permit import permit
from gatebook.record.enter import enter
from gatebook.record.ports import Row, Work

_PAGE = 500


def expire_records(house: House, operator: Operator) -> list[str]:
    """Destroy the data of every person all of whose dealings ended and whose last day is past; return their ids."""
    permit(house, operator, "admin", "expire-records")
    lapse_applications(house, operator)
    with house.state.transaction() as work:
        work.shelf.expire(house.now())
    today = house.now().date()
    with house.state.read() as work:
        due = [(person["person_id"], rule) for person in _persons(work) if (rule := _rule_over(work, person, today))]
    return [person_id for person_id, rule in due if _shred(house, operator, person_id, rule)]


def _persons(work: Work) -> Iterator[Row]:
    after = ""
    while page := work.registers.page("persons", {}, after, _PAGE):
        yield from page
        after = page[-1]["person_id"]


def _rule_over(work: Work, person: Row, today: date) -> str:
    """The rule whose time is over for this person; empty while anything still runs or its day is not past."""
    if person["shredded_at"]:
        return ""
    if person["shredding"]:  # an earlier run entered the intent and did not finish
        return str(person["shredding"])
    where = {"person_id": person["person_id"]}
    if any(review["state"] != "closed" for review in work.registers.page("reviews", where, "", 1000)):
        return ""  # an officer may still have to look at it
    ended = [
        *work.registers.page("accounts", where, "", 1000),
        *(a for a in work.registers.page("applications", where, "", 1000) if a["state"] != "admitted"),
    ]
    days = [(str(row["retain_until"] or ""), str(row["retain_rule"] or "")) for row in ended]
    if not days or any(not until or date.fromisoformat(until) >= today for until, _ in days):
        return ""
    return max(days)[1]


def _shred(house: House, operator: Operator, person_id: str, rule: str) -> bool:
    """Enter the intent, destroy the key, remove what it sealed; return False when another run had done it all.

    Each step looks at what stands and can be taken again, so that the next run finishes what this one began.
    """
    about = {"person_id": person_id}
    with house.state.transaction() as work:
        work.ledger.lock()
        person = work.registers.get("persons", person_id) or {}
        if person.get("shredded_at"):
            return False
        if not person.get("shredding"):
            enter(work, row_entry(house, operator, "record.expiring", about, {"rule": rule}))
    house.door.shred(person_id)
    with house.state.transaction() as work:
        work.ledger.lock()
        if (work.registers.get("persons", person_id) or {}).get("shredded_at"):
            return False
        body = {"rule": rule, "records": work.records.erase(person_id)}
        enter(work, row_entry(house, operator, "record.shredded", about, body))
    return True
