"""Expiring: on its day a person's data key is destroyed, sealed records and accesses go; the ledger keeps its proofs.

The trap guarded against: half an erasure, and one that a hold comes too late for. The intent is entered first, so a
crash is finished by the next run; whether somebody is held is looked at under the same writer's turn in which their key
is destroyed, so that either the hold is committed before and seen, or the key was gone before the hold. Accesses are
looked at once more before they go. Applications that lie in review for too long lapse first, so that their data has a
day too; classes of records whose own day is past end while the others live.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from gatebook.law.tree import LawOfDay
from gatebook.procedures.about import row_entry
from gatebook.procedures.close_demand import expire_demands
from gatebook.procedures.erase_access import Erase, erase_access, not_held
from gatebook.procedures.expire_disclosures import expire_disclosures
from gatebook.procedures.holds import held_by, in_force
from gatebook.procedures.house import House, Operator
from gatebook.procedures.lapse_applications import lapse_applications
from gatebook.procedures.permit import permit
from gatebook.procedures.retention import clocks_of, ended_classes
from gatebook.procedures.trim_records import trim_records, trimmed_of
from gatebook.record.access import subjects_of
from gatebook.record.enter import enter
from gatebook.record.ports import Row, Work
from gatebook.record.walk import every_row
from gatebook.terms.record_class import RecordClass

_AT_ONCE = 200  # persons whose accesses go together: the access record is written anew once for all of them


def expire_records(house: House, operator: Operator, erase: Erase) -> list[str]:
    """Destroy the data of every person all of whose dealings ended and whose last day is past; return their ids.

    ``erase`` erases accesses, None where there never was one. Nobody under a hold in force is among them. Raises
    Unavailable when the access record does not answer: what was begun then is finished by the next run.
    """
    permit(house, operator, "admin", "expire-records")
    lapse_applications(house, operator)
    expire_demands(house, operator)
    expire_disclosures(house, operator)
    with house.state.transaction() as work:
        work.shelf.expire(house.now())
    today = house.now().date()
    law = house.law.on(today)
    due, trim = dict[str, str](), list[str]()
    with house.state.read() as work:
        for person in every_row(work.registers, "persons"):
            over, rule = _over(work, law, person, today)
            if rule:
                due[person["person_id"]] = rule
            elif not person["shredded_at"] and (person["trimming"] or over - trimmed_of(person)):
                trim.append(person["person_id"])
    done = list[str]()
    for first in range(0, len(due), _AT_ONCE):
        done += _shred(house, operator, erase, dict(list(due.items())[first : first + _AT_ONCE]))
    for first in range(0, len(trim), _AT_ONCE):
        trim_records(house, operator, erase, trim[first : first + _AT_ONCE])
    return done


def _over(work: Work, law: LawOfDay, person: Row, today: date) -> tuple[frozenset[RecordClass], str]:
    """The classes whose day is past, and the rule of the last once that is all of them; nothing while anything runs."""
    if person["shredded_at"] or person["shredding"]:  # what an earlier run began and did not finish goes on
        return frozenset(), "" if person["shredded_at"] else str(person["shredding"])
    found = clocks_of(work, law, person)
    over = frozenset(ended_classes(found, today))
    last = max(((clock.until, clock.rule) for clock in found), default=("", ""))
    return over, last[1] if len(over) == len(found) else ""


def _shred(house: House, operator: Operator, erase: Erase, due: Mapping[str, str]) -> list[str]:
    """Destroy what there is of persons due by a rule; return those whom no other run had done before.

    Each step looks at what stands and can be taken again, so that the next run finishes what this one began.
    """
    begun = _begin(house, operator, due)
    gone = [person_id for person_id in begun if _destroy(house, operator, person_id)]
    free = not_held(house, gone)
    rows = erase_access(house, erase, free)
    return [one for one in free if _finish(house, operator, one, due[one], rows.get(one))]


def _begin(house: House, operator: Operator, due: Mapping[str, str]) -> list[str]:
    """Enter the intents in one turn; return those begun: nobody who is held, or whom another run had done."""
    begun = list[str]()
    with house.state.transaction() as work:
        work.ledger.lock()
        holding = in_force(house, work)
        for person_id, rule in due.items():
            person = work.registers.get("persons", person_id) or {}
            if person.get("shredded_at"):
                continue
            if not person.get("shredding"):
                if held_by(holding, work, person_id):
                    continue
                enter(work, row_entry(house, operator, "record.expiring", {"person_id": person_id}, {"rule": rule}))
            begun.append(person_id)
    return begun


def _destroy(house: House, operator: Operator, person_id: str) -> bool:
    """Destroy the keys of somebody whom nobody holds, within one turn; else call it off and return False.

    Once the key is gone there is nothing to call off: a hold that comes then counts them as overtaken.
    """
    with house.state.transaction() as work:
        work.ledger.lock()
        person = work.registers.get("persons", person_id)
        if person is None or person["shredded_at"] or not person["shredding"]:
            return False
        holds = held_by(in_force(house, work), work, person_id)
        if holds and not house.door.is_destroyed(person):
            enter(work, row_entry(house, operator, "record.spared", {"person_id": person_id}, {"holds": holds}))
            return False
        house.door.shred_person(person)
    # A database server wipes what no open transaction may still see, and ours was one: outside it, wiped once more.
    house.door.shred_person(person)
    return True


def _finish(house: House, operator: Operator, person_id: str, rule: str, rows: int | None) -> bool:
    """Remove what the keys sealed and enter what went; return False when another run had done so.

    ``rows`` of the access record went before; None where the person had no part in one.
    """
    about = {"person_id": person_id}
    with house.state.transaction() as work:
        work.ledger.lock()
        person = work.registers.get("persons", person_id)
        if person is None or person["shredded_at"]:
            return False
        if rows is not None:
            enter(work, row_entry(house, operator, "access.erased", about, {"rows": rows}))
        body = {"rule": rule, "records": sum(work.records.erase(subject) for subject in subjects_of(person))}
        enter(work, row_entry(house, operator, "record.shredded", about, body))
    return True
