"""Trimming: classes of a person's records whose day is past end, while what else there is of them lives on.

The trap guarded against: a field that was ended and can still be opened. What is left is sealed again under another
key, in one transaction with the entry that says so; then the key before is destroyed, and with it every copy of what
was ended. A record that was committed to as a whole cannot be shown in part, so it stays until the person's end.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gatebook import canonical
from gatebook.law.tree import LawOfDay
from gatebook.procedures.about import row_entry
from gatebook.procedures.erase_access import Erase, erase_access, not_held
from gatebook.procedures.holds import held_by, in_force, note_overtaken
from gatebook.procedures.house import House, Operator
from gatebook.procedures.retention import clocks_of, ended_classes
from gatebook.record.access import next_subject, subjects_of
from gatebook.record.enter import enter
from gatebook.record.ports import Row, Work
from gatebook.terms.record_class import RecordClass
from gatebook.trace.fields import ends_accesses, index_ended, left_of


def trim_records(house: House, operator: Operator, erase: Erase, persons: Sequence[str]) -> list[str]:
    """End what is over of these persons' records; return those of whom something went. Nobody held is among them.

    Done again it finishes what was begun. Raises Unavailable when the access record does not answer.
    """
    done = list[str]()
    while some := _trim(house, operator, erase, persons):  # a turn for each rule
        done += some
    return sorted(set(done))


def _trim(house: House, operator: Operator, erase: Erase, persons: Sequence[str]) -> list[str]:
    begun = [person for person in persons if _begin(house, operator, person)]
    for person in begun:
        _destroy_before(house, person)
    with_rows = [person for person in begun if _takes_accesses(house, person)]
    free = not_held(house, with_rows)
    rows = erase_access(house, erase, free)
    whole = [person for person in begun if person not in with_rows or person in free]
    return [one for one in whole if _finish(house, operator, one, rows.get(one))]


def _begin(house: House, operator: Operator, person_id: str) -> bool:
    """Seal what is left again and enter it, in one turn; return whether there is something to finish."""
    with house.state.transaction() as work:
        work.ledger.lock()
        person = work.registers.get("persons", person_id)
        if person is None or person["shredding"] or person["shredded_at"]:
            return False
        if person["trimming"]:
            return True
        today = house.now().date()
        since = _ended_since(work, house.law.on(today), person, today)
        if not since or held_by(in_force(house, work), work, person_id):
            return False
        rule = min(since.values())
        ended = {*trimmed_of(person), *(c for c, by in since.items() if by == rule)}
        subject = next_subject(person)
        count = house.door.trim(
            work,
            person_id,
            subject,
            lambda kind, pointers, payload: left_of(kind, pointers, canonical.table(payload), ended),
            index_ended(ended),
        )
        body = {"rule": rule, "classes": sorted(ended), "sealed_under": subject, "records": count}
        enter(work, row_entry(house, operator, "record.trimming", {"person_id": person_id}, body))
    return True


def _destroy_before(house: House, person_id: str) -> None:
    """Destroy every key before the one in use: nothing that stands is sealed under them."""
    with house.state.read() as work:
        person = work.registers.get("persons", person_id)
    assert person is not None  # noqa: S101  rows are never taken away
    for subject in subjects_of(person)[:-1]:
        house.door.shred(subject)


def _finish(house: House, operator: Operator, person_id: str, rows: int | None) -> bool:
    """Enter what went; return False when another run had done so."""
    about = {"person_id": person_id}
    with house.state.transaction() as work:
        work.ledger.lock()
        person = work.registers.get("persons", person_id)
        if person is None or not person["trimming"]:
            return False
        if rows is not None:
            enter(work, row_entry(house, operator, "access.erased", about, {"rows": rows}))
            note_overtaken(house, operator, work, person_id)
        enter(work, row_entry(house, operator, "record.trimmed", about, dict(person["trimming"])))
    return True


def _ended_since(work: Work, law: LawOfDay, person: Row, today: date) -> dict[RecordClass, str]:
    """The classes whose day is past and that were not ended yet, each with its rule."""
    over, done = ended_classes(clocks_of(work, law, person), today), trimmed_of(person)
    return {one: rule for one, rule in over.items() if one not in done}


def trimmed_of(person: Row) -> frozenset[RecordClass]:
    """Return the classes of a person's records that were ended."""
    return frozenset(map(RecordClass, (person["trimmed"] or {}).get("classes", ())))


def _takes_accesses(house: House, person_id: str) -> bool:
    """Whether what is being ended takes the rows of accesses with it: with the last of their classes."""
    with house.state.read() as work:
        person = work.registers.get("persons", person_id)
    return person is not None and ends_accesses(person)
