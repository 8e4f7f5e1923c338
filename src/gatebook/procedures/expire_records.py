"""Expiring: on its day a person's data key is destroyed, sealed records and accesses go; the ledger keeps its proofs.

The trap guarded against: half an erasure. The intent is entered first, so a crash is finished by the next run.
Applications that lie in review for too long lapse first, so that their data has a day too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from gatebook.procedures.about import row_entry
from gatebook.procedures.erase_access import Erase, erase_access
from gatebook.procedures.house import House, Operator
from gatebook.procedures.lapse_applications import lapse_applications
from gatebook.procedures.permit import permit
from gatebook.record.enter import enter
from gatebook.record.ports import Row, Work

_PAGE = 500
_AT_ONCE = 200  # persons whose accesses go together: the access record is written anew once for all of them


def expire_records(house: House, operator: Operator, erase: Erase) -> list[str]:
    """Destroy the data of every person all of whose dealings ended and whose last day is past; return their ids.

    ``erase`` erases accesses, None where there never was one. Raises Unavailable when the access record does not
    answer: what was begun then is finished by the next run.
    """
    permit(house, operator, "admin", "expire-records")
    lapse_applications(house, operator)
    with house.state.transaction() as work:
        work.shelf.expire(house.now())
    today = house.now().date()
    with house.state.read() as work:
        due = [(person["person_id"], rule) for person in _persons(work) if (rule := _rule_over(work, person, today))]
    done = list[str]()
    for first in range(0, len(due), _AT_ONCE):
        done += _shred(house, operator, erase, dict(due[first : first + _AT_ONCE]))
    return done


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


def _shred(house: House, operator: Operator, erase: Erase, due: Mapping[str, str]) -> list[str]:
    """Destroy what there is of persons due by a rule; return those whom no other run had done before.

    Each step looks at what stands and can be taken again, so that the next run finishes what this one began.
    """
    begun = [person_id for person_id, rule in due.items() if _begin(house, operator, person_id, rule)]
    for person_id in begun:
        house.door.shred(person_id)
    rows = erase_access(house, erase, begun)
    return [one for one in begun if _finish(house, operator, one, due[one], rows.get(one))]


def _begin(house: House, operator: Operator, person_id: str, rule: str) -> bool:
    """Enter the intent; return False when another run had done it all."""
    with house.state.transaction() as work:
        work.ledger.lock()
        person = work.registers.get("persons", person_id) or {}
        if person.get("shredded_at"):
            return False
        if not person.get("shredding"):
            enter(work, row_entry(house, operator, "record.expiring", {"person_id": person_id}, {"rule": rule}))
    return True


def _finish(house: House, operator: Operator, person_id: str, rule: str, rows: int | None) -> bool:
    """Remove what the key sealed and enter what went; return False when another run had done so.

    ``rows`` of the access record went before; None where the person had no part in one.
    """
    about = {"person_id": person_id}
    with house.state.transaction() as work:
        work.ledger.lock()
        if (work.registers.get("persons", person_id) or {}).get("shredded_at"):
            return False
        if rows is not None:
            enter(work, row_entry(house, operator, "access.erased", about, {"rows": rows}))
        body = {"rule": rule, "records": work.records.erase(person_id)}
        enter(work, row_entry(house, operator, "record.shredded", about, body))
    return True
