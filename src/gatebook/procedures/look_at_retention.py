"""Looking at retention: until when each class of a person's records is kept, by which rule, and who holds it.

The trap guarded against: a date without a reason. Each names the rule that set it, the cap that would end it, and the
holds that stop both.
"""

from __future__ import annotations

from typing import Any

from gatebook.errors import NotFound
from gatebook.procedures.holds import held_by, in_force
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.procedures.retention import clocks_of
from gatebook.procedures.trim_records import trimmed_of


def show_retention(house: House, operator: Operator, person_id: str) -> dict[str, Any]:
    """Return the clock of every class of a person's records; none runs while a relation or a review does.

    Raises NotFound.
    """
    permit(house, operator, "look", "look-at-retention")
    law = house.law.on(house.now().date())
    with house.state.read() as work:
        person = work.registers.get("persons", person_id)
        if person is None:
            raise NotFound("there is no person under this id")
        found = clocks_of(work, law, person)
        holds = [] if person["shredded_at"] else held_by(in_force(house, work), work, person_id)
    return {
        "person_id": person_id,
        "runs": bool(found),
        "shredded_at": person["shredded_at"] or "",
        "held_by": holds,
        "edition": law.edition,
        "classes": [
            {
                "class": clock.record_class.value,
                "until": clock.until,
                "rule": clock.rule,
                "cap_until": clock.cap_until,
                "cap_rule": clock.cap_rule,
                "in_conflict": clock.in_conflict,
                "ended": bool(person["shredded_at"]) or clock.record_class in trimmed_of(person),
            }
            for clock in found
        ],
    }
