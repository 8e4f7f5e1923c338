"""Disclosures over HTTP: without a demand, by two officers and by law; all as a table; and counts for everybody.

The trap guarded against: an answer that carries what nobody entered. What is given is given by a route that asks for
the entry first.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response

from gatebook import canonical
from gatebook.api.asking import Asker, Id, Idem, Raw, Strict, TheHouse, json_body, posted, takes
from gatebook.api.idempotency import once
from gatebook.api.schemas import gives, statuses
from gatebook.procedures import disclose, look_at_disclosures, render, transparency
from gatebook.terms.demand import Recipient
from gatebook.terms.record_class import RecordClass
from gatebook.trace.demand_form import JURISDICTION
from gatebook.trace.disclosure_form import FIELDS, NEEDED
from gatebook.trace.form_page import MOST_ITEMS, MOST_NOTE, MOST_TEXT
from gatebook.trace.transparency import to_csv
from gatebook.trace.transparency_svg import draw

router = APIRouter()
_CSV, _SVG = "text/csv; charset=utf-8", "image/svg+xml"
_SVG_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
_TEXT = {"schema": {"type": "string"}}
_IDS = {"type": "array", "maxItems": MOST_ITEMS, "items": {"type": "string"}}
_CLASSES = {"type": "array", "minItems": 1, "items": {"enum": [one.value for one in RecordClass]}}
_PROPERTIES: dict[str, Any] = {
    "recipient": {"enum": [one.value for one in Recipient]},
    "jurisdiction": {"type": "string", "pattern": f"^{JURISDICTION}$"},
    "to": {"type": "string", "minLength": 1, "maxLength": MOST_TEXT, "description": "whom it goes to, in words"},
    "classes": _CLASSES,
    "accounts": {**_IDS, "description": "all their records of the classes"},
    "records": {**_IDS, "description": "single records"},
    "note": {"type": "string", "minLength": 1, "maxLength": MOST_NOTE, "description": "why; it is sealed"},
    "is_certain": {"type": "boolean", "description": "it was made sure that the subject is who asks"},
}
_ASKED = {
    "type": "object",
    "properties": {name: _PROPERTIES[name] for name in FIELDS},
    "required": [*NEEDED, "classes"],
    "additionalProperties": False,
}
_ITEMS = {
    "type": "object",
    "properties": {"items": {"type": "array", "items": {"type": "object"}}},
    "required": ["items"],
}
_REPORT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The report, in the form asked for",
        "content": {"application/json": {"schema": {"type": "object"}}, "text/csv": _TEXT, _SVG: _TEXT},
    }
}
Day = r"^\d{4}-\d{2}-\d{2}$"


class Seen(Strict):
    """What an officer saw."""

    digest: str = Field(pattern="^[0-9a-f]{64}$", description="The digest the proposal was shown with.")


@router.post(
    "/v1/disclosure-proposals",
    status_code=201,
    responses=gives({"type": "object"}, 201, 409),
    openapi_extra=json_body(_ASKED, "what to hand over without a demand, to whom and why"),
)
def propose(house: TheHouse, asker: Asker, raw: Raw, idempotency_key: Idem = "") -> dict[str, Any]:
    """Ask the law of each class, and where it allows all, enter what is to be handed over; another officer approves."""

    def act(_: object) -> dict[str, Any]:
        return disclose.propose_disclosure(house, asker, canonical.decode(raw))

    return once(house, asker, idempotency_key, "disclosures", raw, act)


@router.get("/v1/disclosure-proposals", responses=gives(_ITEMS))
def waiting(house: TheHouse, asker: Asker) -> dict[str, Any]:
    """List what waits for another officer's word."""
    return {"items": look_at_disclosures.waiting(house, asker)}


@router.get("/v1/disclosure-proposals/{disclosure_id}", responses=statuses(404, 410))
def open_proposal(house: TheHouse, asker: Asker, disclosure_id: Id) -> dict[str, Any]:
    """Open what is to be handed over to whom, with its digest: a reading, entered first."""
    return disclose.open_proposal(house, asker, disclosure_id)


@router.post(
    "/v1/disclosure-proposals/{disclosure_id}/approvals", responses=statuses(404, 409, 410), openapi_extra=takes(Seen)
)
def approve(
    house: TheHouse, asker: Asker, disclosure_id: Id, body: Annotated[Seen, Depends(posted(Seen))]
) -> dict[str, Any]:
    """Enter the disclosure, as an officer other than the one who proposed it."""
    return render.row(disclose.approve_disclosure(house, asker, disclosure_id, body.digest))


@router.post(
    "/v1/disclosure-proposals/{disclosure_id}/refusals", responses=statuses(404, 409, 410), openapi_extra=takes(Seen)
)
def decline(
    house: TheHouse, asker: Asker, disclosure_id: Id, body: Annotated[Seen, Depends(posted(Seen))]
) -> dict[str, Any]:
    """Enter that another officer does not agree."""
    return disclose.decline_disclosure(house, asker, disclosure_id, body.digest)


@router.post("/v1/disclosures/{disclosure_id}/readings", responses=statuses(404, 409, 410))
def read(house: TheHouse, asker: Asker, disclosure_id: Id) -> dict[str, Any]:
    """Give what a disclosure without a demand hands over, once it was entered: a reading of each record."""
    return disclose.read_disclosure(house, asker, disclosure_id)


@router.get(
    "/v1/disclosure-table",
    response_class=Response,
    responses={200: {"description": "Every disclosure as CSV", "content": {"text/csv": _TEXT}}},
)
def table(house: TheHouse, asker: Asker) -> Response:
    """Give every disclosure as CSV: on what, to whom, which classes by which clauses, how much, and its digest."""
    return Response(look_at_disclosures.disclosures_csv(house, asker), media_type=_CSV)


@router.get("/v1/transparency", responses=_REPORT, response_model=None)
def report(
    house: TheHouse,
    asker: Asker,
    from_: Annotated[str, Query(alias="from", pattern=Day, description="The first day, in UTC.")],
    until: Annotated[str, Query(pattern=Day, description="The last day, in UTC.")],
    band: Annotated[int, Query(ge=0, le=1000, description="Counts in bands of so many, as 0-9; 0 is exact.")] = 0,
    form: Literal["json", "csv", "svg"] = "json",
) -> dict[str, Any] | Response:
    """Count the demands of a time by kind, jurisdiction, recipient and outcome, with the time they took; no names."""
    found = transparency.report(house, asker, from_, until, band)
    if form == "json":
        return found
    if form == "csv":
        return Response(to_csv(found), media_type=_CSV)
    return Response(draw(found), media_type=_SVG, headers=_SVG_HEADERS)
