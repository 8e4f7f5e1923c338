"""Assignments over HTTP: control planes say who holds what, and staff ask who held it.

The trap guarded against: a list of leases of which one is bad and nobody knows which were taken. Each row is answered
for by itself.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from gatebook import canonical
from gatebook.api.asking import After, Asker, Id, Raw, Strict, TheHouse, json_body, posted, takes
from gatebook.api.schemas import PAGE, gives
from gatebook.procedures import assign, check_assignments, held
from gatebook.record.access import PURPOSES
from gatebook.terms.assignment import AssignmentKind
from gatebook.trace.proposal import ACCOUNT, FIELDS, MOST_NOTE
from gatebook.trace.spans import MOST_THING

router = APIRouter()
_INSTANT = r"^(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d))?$"
_EXAMPLE = "RFC 3339 with a zone and at most microseconds, as 2026-10-01T12:00:05Z."
Kind = Annotated[str, Query(description=f"One of {', '.join(AssignmentKind)}.", max_length=20)]
Thing = Annotated[str, Query(description="The address or network, machine, volume, number, name or domain.")]
Purpose = Annotated[str, Query(description=f"Why this is asked: one of {', '.join(sorted(PURPOSES))}.", max_length=40)]
At = Annotated[str, Query(description=_EXAMPLE)]
KnownAt = Annotated[str, Query(description="Leave out what was noted later than this.", pattern=_INSTANT)]
From = Annotated[str, Query(alias="from", description=f"Held at this instant or later. {_EXAMPLE}", pattern=_INSTANT)]
Until = Annotated[str, Query(description="Held before this instant.", pattern=_INSTANT)]
Account = Annotated[str, Query(description="An account id.", pattern=f"^{ACCOUNT}$")]
_TEXT, _COUNT = {"type": "string"}, {"type": "integer"}
_PROPOSAL = {
    "type": "object",
    "properties": {
        **dict.fromkeys(FIELDS, _TEXT),
        "kind": {"enum": [str(kind) for kind in AssignmentKind]},
        "thing": {**_TEXT, "minLength": 1, "maxLength": MOST_THING},
        "account": {**_TEXT, "pattern": f"^{ACCOUNT}$"},
        "from": {**_TEXT, "format": "date-time", "description": "the first instant it is held"},
        "until": {**_TEXT, "format": "date-time", "description": "the first instant it no longer is; none while open"},
        "under": {**_TEXT, "description": "the id of the assignment of a larger network this is let out of"},
        "note": {**_TEXT, "maxLength": MOST_NOTE, "description": "where this was learned"},
    },
    "required": list(FIELDS[:4]),
    "additionalProperties": False,
}
_ONE_OR_MORE = {"oneOf": [_PROPOSAL, {"type": "array", "maxItems": assign.MOST_ROWS, "items": _PROPOSAL}]}
_NOTED = {
    "type": "object",
    "properties": {
        "position": {"type": ["integer", "null"]},
        **dict.fromkeys(("made", "ended", "stands", "refused", "unknown_accounts"), _COUNT),
        "items": {"type": "array", "items": {"type": "object"}},
        "problems": {"type": "array", "items": {"type": "object"}},
    },
    "required": ["position", "made", "ended", "stands", "refused", "items", "problems"],
}
_HOLDER = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("kind", "thing", "at", "account"), _TEXT),
        "account_known": {"type": "boolean"},
        "chain": {"type": "array", "items": {"type": "object"}},
    },
    "required": ["kind", "thing", "at", "account", "account_known", "chain"],
}


class Ending(Strict):
    """When an assignment ended, and how that was learned."""

    until: str = Field(description="The first instant it is no longer held; its beginning, to strike it out.")
    note: str = ""


@router.post(
    "/v1/assignments",
    responses=gives(_NOTED, 200, 409),
    openapi_extra=json_body(_ONE_OR_MORE, "one assignment, or a list of which each stands or is refused by itself"),
)
def add(house: TheHouse, asker: Asker, raw: Raw) -> dict[str, Any]:
    """Note assignments; one alone that clashes is refused with both claimants named, of a list each is told of."""
    body = canonical.decode(raw)
    if isinstance(body, list):
        return assign.show(assign.assign(house, asker, list(enumerate(body, 1))))
    return assign.show(assign.assign_one(house, asker, body))


@router.post("/v1/assignments/{assignment_id}/end", responses=gives(_NOTED, 200, 404, 409), openapi_extra=takes(Ending))
def end(
    house: TheHouse, asker: Asker, assignment_id: Id, body: Annotated[Ending, Depends(posted(Ending))]
) -> dict[str, Any]:
    """Give an assignment an earlier end; what it said before is kept."""
    return assign.show(assign.end_assignment(house, asker, assignment_id, body.until, body.note))


@router.post("/v1/assignments/checks")
def check(house: TheHouse, asker: Asker) -> dict[str, Any]:
    """Compare every assignment with what was entered when it was noted; nothing differs in health."""
    return canonical.table(check_assignments.check_assignments(house, asker, lambda _: None))


@router.get("/v1/assignments/holder", responses=gives(_HOLDER))
def holder(
    house: TheHouse, asker: Asker, kind: Kind, thing: Thing, at: At, purpose: Purpose, known_at: KnownAt = ""
) -> dict[str, Any]:
    """Say who held a thing at an instant, and the larger ranges it lay in: a reading, entered first."""
    return held.holder(house, asker, kind, thing, at, purpose, known_at)


@router.get("/v1/assignments/history", responses=gives(PAGE))
def history(
    house: TheHouse,
    asker: Asker,
    kind: Kind,
    thing: Thing,
    purpose: Purpose,
    from_: From = "",
    until: Until = "",
    after: After = "",
) -> dict[str, Any]:
    """Say who held a thing, what it lies in or a part of it, with every end that was moved: a reading."""
    return held.history(house, asker, kind, thing, purpose, from_, until, after)


@router.get("/v1/assignments", responses=gives(PAGE))
def of_account(
    house: TheHouse,
    asker: Asker,
    account: Account,
    purpose: Purpose,
    from_: From = "",
    until: Until = "",
    after: After = "",
) -> dict[str, Any]:
    """Say what an account held at any time of a window: a reading, entered first."""
    return held.of_account(house, asker, account, purpose, from_, until, after)
