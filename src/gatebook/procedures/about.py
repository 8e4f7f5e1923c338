"""Entries about a case or a register's row: the ids they concern are taken over, not typed again at each place.

The trap guarded against: an entry that names the application and forgets the account, or the person.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gatebook.procedures.case import Case
from gatebook.procedures.house import House, Operator
from gatebook.record.entry import Entry
from gatebook.record.ports import Row


def case_entry(
    house: House,
    operator: Operator,
    kind: str,
    case: Case,
    body: Mapping[str, Any],
    *,
    edition: str = "",
    at: datetime | None = None,
) -> Entry:
    """Return an entry about ``case``: now, or at the one instant that the whole step is of."""
    return Entry(
        kind,
        at or house.now(),
        operator.operator_id,
        person=case.person_id,
        application=case.application_id,
        account=case.account_id,
        edition=edition,
        body=body,
    )


def row_entry(house: House, operator: Operator, kind: str, row: Row, body: Mapping[str, Any]) -> Entry:
    """Return an entry about a register's row, whichever of the three ids it has."""
    return Entry(
        kind,
        house.now(),
        operator.operator_id,
        person=row.get("person_id") or "",
        application=row.get("application_id") or "",
        account=row.get("account_id") or "",
        body=body,
    )


def demand_entry(house: House, operator: Operator, kind: str, demand_id: str, body: Mapping[str, Any]) -> Entry:
    """Return an entry about a demand. What is sealed with it is sealed under the demand's own key."""
    whole = {"demand": demand_id, **body}
    return Entry(kind, house.now(), operator.operator_id, person=demand_id, body=whole)
