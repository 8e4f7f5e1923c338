"""Demands over HTTP: taken in, described, checked, scoped, ruled on and closed, with the clocks that run.

The trap guarded against: a paper as large as a demand's read on the loop that answers everybody. It is decoded in a
thread, and what a demand says is never in a path or a query, where proxies and logs keep it.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from gatebook import canonical
from gatebook.api.asking import Asker, Id, Idem, Raw, Strict, TheHouse, json_body, posted, takes
from gatebook.api.idempotency import once
from gatebook.api.schemas import gives, statuses
from gatebook.canonical import Plain
from gatebook.errors import FieldProblem, InvalidInput
from gatebook.procedures import (
    check_demand,
    close_demand,
    demand_clocks,
    look_at_demands,
    receive_demand,
    render,
    rule_demand,
    scope_demand,
)
from gatebook.terms.demand import Channel, Check, Instrument, Office, Recipient, TargetKind
from gatebook.terms.record_class import RecordClass
from gatebook.trace.demand_form import FIELDS, ISSUER_FIELDS, JURISDICTION, NEEDED
from gatebook.trace.form_page import MOST_ITEMS, MOST_NOTE, MOST_TEXT

router = APIRouter()
PATH = "/v1/demands"
#: A paper of 25 MiB in base64, and what the demand says.
BODY_MIB = 35
_TEXT = {"type": "string", "maxLength": MOST_TEXT}
_FLAG = {"type": "boolean"}
_LONG = {"type": "string", "maxLength": MOST_NOTE}
_DAY = {"type": "string", "pattern": r"^(\d{4}-\d{2}-\d{2})?$"}
_AT = {"type": "string", "format": "date-time", "description": "RFC 3339 with a zone that is known"}


def _object(properties: dict[str, Any], needed: tuple[str, ...]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*needed], "additionalProperties": False}


def _one_of(words: Any) -> dict[str, Any]:  # noqa: ANN401  any enumeration
    return {"enum": [str(word.value) for word in words]}


_ISSUER = _object({**dict.fromkeys(ISSUER_FIELDS, _TEXT), "office": _one_of(Office)}, ("authority",))
_TARGET = _object(
    {
        "kind": _one_of(TargetKind),
        "value": {**_LONG, "minLength": 1},
        "port": {"type": "integer", "minimum": 1, "maximum": 65_535},
        **dict.fromkeys(("at", "from", "until"), _AT),
    },
    ("kind", "value"),
)
_PARTICULARS = _object(
    {
        **dict.fromkeys(FIELDS, _TEXT),
        "instrument": _one_of(Instrument),
        "recipient": _one_of(Recipient),
        "jurisdiction": {**_TEXT, "pattern": f"^{JURISDICTION}$"},
        "issuer": _ISSUER,
        "validator": _ISSUER,
        "received_at": _AT,
        "targets": {"type": "array", "maxItems": MOST_ITEMS, "items": _TARGET},
        "classes": {"type": "array", "maxItems": MOST_ITEMS, "items": _one_of(RecordClass)},
        **dict.fromkeys(("is_emergency", "only_identifies", "forbids_notice", "authority_gives_notice"), _FLAG),
        **dict.fromkeys(("return_on", "no_notice_until"), _DAY),
        **dict.fromkeys(("belief", "note", "notice_ground"), _LONG),
        "recipient_key": {"type": "string", "description": "an age recipient, or one certificate in PEM form"},
    },
    NEEDED,
)
_RECEIVED = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("demand_id", "state", "instrument", "due_at", "due_rule", "document"), _TEXT),
        "holds": {"type": "array", "items": {"type": "object"}},
        "received_before_as": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["demand_id", "state", "due_at", "holds", "received_before_as"],
}
_CLOCKS = {
    "type": "object",
    "properties": {"items": {"type": "array", "items": {"type": "object"}}},
    "required": ["items"],
}
_POSTED = _object(
    {
        "demand": _PARTICULARS,
        "document": {"type": "string", "contentEncoding": "base64", "description": "the paper as it came"},
    },
    (),
)


class Checked(Strict):
    """What a check came to, and how it was made."""

    check: str = Field(description=f"One of {', '.join(Check)}.")
    verdict: str = Field(description="passed or failed.")
    how: dict[str, str] = Field(
        default={}, description=f"Any of {', '.join(check_demand.HOW)}; a call back needs all but the note."
    )


class Closing(Strict):
    """How a demand ended."""

    outcome: str = Field(description=f"One of {', '.join(close_demand.OUTCOMES)}.")


class Ruling(Strict):
    """Counsel's word on the classes the law left unknown."""

    allow: list[str] = Field(default=[], max_length=MOST_ITEMS, description="Classes; the others are refused.")
    basis: str = Field(default="", description="What is allowed rests on this.")
    reason: str


@router.post(
    PATH,
    status_code=201,
    responses=gives(_RECEIVED, 201, 409),
    openapi_extra=json_body(_POSTED, "what a demand says, its paper, or both"),
)
def receive(house: TheHouse, asker: Asker, raw: Raw, idempotency_key: Idem = "") -> dict[str, Any]:
    """Take in a demand; its hold is in force when this is answered."""

    def act(_: object) -> dict[str, Any]:
        demand, document = _parts(canonical.decode(raw))
        return receive_demand.receive_demand(house, asker, demand, document, Channel.API)

    return once(house, asker, idempotency_key, "demands", raw, act)


@router.put(
    "/v1/demands/{demand_id}/particulars",
    responses=gives(_RECEIVED, 200, 404, 409),
    openapi_extra=json_body(_PARTICULARS, "what a demand says"),
)
def describe(house: TheHouse, asker: Asker, demand_id: Id, raw: Raw) -> dict[str, Any]:
    """Say what a demand says, for the first time or better; it is checked and scoped anew."""
    return receive_demand.describe_demand(house, asker, demand_id, canonical.decode(raw))


@router.post("/v1/demands/{demand_id}/readings", responses=statuses(404, 410))
def read(house: TheHouse, asker: Asker, demand_id: Id) -> dict[str, Any]:
    """Open what is sealed of a demand, its paper in base64 among it: a reading, entered first."""
    return look_at_demands.read_demand(house, asker, demand_id)


@router.post("/v1/demands/{demand_id}/checks", responses=statuses(404, 409, 410), openapi_extra=takes(Checked))
def check(
    house: TheHouse, asker: Asker, demand_id: Id, body: Annotated[Checked, Depends(posted(Checked))]
) -> dict[str, Any]:
    """Enter what a check of a demand came to."""
    how: Plain = dict(body.how)
    return check_demand.check_demand(house, asker, demand_id, body.check, body.verdict, how)


@router.post("/v1/demands/{demand_id}/scopings", responses=statuses(404, 409, 410))
def scope(house: TheHouse, asker: Asker, demand_id: Id) -> dict[str, Any]:
    """Ask the law, class by class, what a demand reaches."""
    return scope_demand.scope_demand(house, asker, demand_id)


@router.post("/v1/demands/{demand_id}/scoping-replays", responses=statuses(404, 410))
def replay(house: TheHouse, asker: Asker, demand_id: Id) -> dict[str, Any]:
    """Ask again what the latest scoping asked, of the law of its day, and compare byte for byte."""
    return scope_demand.replay_scoping(house, asker, demand_id)


@router.post("/v1/demands/{demand_id}/rulings", responses=statuses(404, 409, 410), openapi_extra=takes(Ruling))
def rule(
    house: TheHouse, asker: Asker, demand_id: Id, body: Annotated[Ruling, Depends(posted(Ruling))]
) -> dict[str, Any]:
    """Enter counsel's word."""
    return rule_demand.rule_demand(house, asker, demand_id, body.model_dump())


@router.post("/v1/demands/{demand_id}/closings", responses=statuses(404, 409), openapi_extra=takes(Closing))
def close(
    house: TheHouse, asker: Asker, demand_id: Id, body: Annotated[Closing, Depends(posted(Closing))]
) -> dict[str, Any]:
    """Close a demand."""
    return render.row(close_demand.close_demand(house, asker, demand_id, body.outcome))


@router.get("/v1/demand-clock", responses=gives(_CLOCKS))
def clock(house: TheHouse, asker: Asker) -> dict[str, Any]:
    """List every clock that runs: answers, motions, holds, notices; the earliest first."""
    return {"items": demand_clocks.clocks(house, asker)}


def _parts(data: Plain) -> tuple[Plain, bytes | None]:
    """Return what a demand says and its paper. Raises InvalidInput."""
    if not isinstance(data, dict) or not data.keys() <= {"demand", "document"}:
        fault = FieldProblem("", "not-a-demand", "an object with demand, document (in base64), or both")
        raise InvalidInput("this is no demand", (fault,))
    document = data.get("document")
    try:
        return data.get("demand"), None if document is None else base64.b64decode(document, validate=True)
    except (binascii.Error, TypeError, ValueError):
        fault = FieldProblem("/document", "not-base64", "must be text in base64")
        raise InvalidInput("the document cannot be read", (fault,)) from None
