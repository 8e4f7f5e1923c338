"""Rendering: the one plain shape of an answer that API and CLI both show.

The trap guarded against: a command line that says something the API does not.
"""

from __future__ import annotations

from typing import Any

from gatebook import canonical
from gatebook.procedures.determine_application import Determined
from gatebook.record.ports import Row


def determined(application_id: str, found: Determined) -> dict[str, Any]:
    """Show what was determined: outcome, reasons for the applicant, clauses for staff, what is due, position."""
    d = found.determination
    open_reasons = [r for r in d.reasons if r.effect != "none" or r.yielded_to]
    words = [r.for_applicant for r in open_reasons if r.for_applicant and not r.yielded_to]
    return {
        "application_id": application_id,
        "person_id": d.person_id,
        "account_id": found.account_id,
        "determination_id": d.determination_id,
        "outcome": d.outcome.value,
        "conditions": list(d.conditions),
        "waiting_on": found.waiting_on,
        "reasons": list(dict.fromkeys(words)),
        "clauses": [
            {
                "clause": r.clause,
                "cites": r.cites,
                "rests_on": r.rests_on,
                "answer": r.answer.value,
                "effect": r.effect,
                "duty": r.duty,
                "missing": list(r.missing),
                "yielded_to": r.yielded_to,
            }
            for r in open_reasons
        ],
        "due": [canonical.plain(requirement) for requirement in found.due],
        "asked_on": d.asked_on.isoformat(),
        "edition": d.edition,
        "position": found.position,
    }


def row(register_row: Row) -> dict[str, Any]:
    """Show a register's row; what is not there is left out."""
    return {name: value for name, value in register_row.items() if value not in (None, "")}
