"""Rendering: the one plain shape of an answer that API and CLI both show.

The trap guarded against: a command line that says something the API does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gatebook import canonical
from gatebook.procedures.determine_application import Determined
from gatebook.procedures.rescreen_delta import Rescreened
from gatebook.procedures.use_review import Settled
from gatebook.record.ports import Row
from gatebook.terms.determination import Determination, Reason


def determined(application_id: str, found: Determined) -> dict[str, Any]:
    """Show what was determined: outcome, reasons for the applicant, clauses for staff, what is due, position."""
    d = found.determination
    open_reasons = [r for r in d.reasons if r.effect != "none" or r.yielded_to]
    words = [r.for_applicant for r in decisive_reasons(d) if r.for_applicant]
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


def decisive_reasons(determination: Determination) -> list[Reason]:
    """Return the reasons that led to the outcome: one declined is told why, not what was also still due."""
    effects = {determination.outcome.value, *(f"condition:{slug}" for slug in determination.conditions)}
    return [r for r in determination.reasons if r.effect in effects and not r.yielded_to]


def disposed(found: Determined | Settled | None) -> dict[str, Any]:
    """Show what an officer's word led to; None means that a second officer has to approve it."""
    if found is None:
        return {"waiting_for": "a second officer"}
    if isinstance(found, Settled):
        return settled(found)
    return determined(found.determination.application_id, found)


def settled(found: Settled) -> dict[str, Any]:
    """Show what a word on an account's use came to, in the shape of a determination: nothing was determined anew."""
    ids = {name: found.review[name] for name in ("application_id", "person_id", "account_id", "review_id")}
    nothing = {"conditions": [], "waiting_on": "", "reasons": [], "clauses": [], "due": []}
    return {**ids, "outcome": found.outcome, "status": found.status, **nothing, "position": found.position}


def answered(application_id: str, verdict: str, found: Determined | None) -> dict[str, Any]:
    """Show what answering a one-time code led to."""
    return {"verdict": verdict, "determined": determined(application_id, found) if found else None}


def rescreened(found: Rescreened) -> dict[str, Any]:
    """Show what rescreening with a list came to: counts, whom it found, whose match lapsed, ledger position."""
    return canonical.table(found)


def rows(register_rows: Sequence[Row], following: str) -> dict[str, Any]:
    """Show a page of rows and the cursor of the next page, empty at the end."""
    return {"items": [row(one) for one in register_rows], "next": following}


def row(register_row: Row) -> dict[str, Any]:
    """Show a register's row; what is not there is left out."""
    return {name: value for name, value in register_row.items() if value not in (None, "")}
