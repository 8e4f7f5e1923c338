"""Answering demands over HTTP: searches, proposals, approvals, buildings, releases, and the file itself.

The trap guarded against: a download that nobody entered. The file is given only once its release was entered, with the
basis it rests on.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import FileResponse, Response

from gatebook import canonical
from gatebook.api.asking import Asker, Id, Raw, Strict, TheHouse, ThePremises, json_body, posted, takes
from gatebook.api.schemas import statuses
from gatebook.procedures import propose_production, render
from gatebook.wiring import productions

router = APIRouter()
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file, whole", "content": {"application/octet-stream": {}}},
    **statuses(404, 409),
}


_TEXT = {"type": "string"}
_END = {"type": "object", "properties": {"country": _TEXT, "identifier": _TEXT}, "required": ["country", "identifier"]}
_EXCHANGE = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("sender", "receiver"), _END),
        **dict.fromkeys(("transaction", "delivery", "task", "reference"), _TEXT),
        "profile": {
            "type": "object",
            "properties": {"owner": _TEXT, "version": _TEXT},
            "required": ["owner", "version"],
        },
    },
    "required": ["sender", "receiver", "transaction", "delivery", "task", "reference", "profile"],
    "additionalProperties": False,
}


class Proposal(Strict):
    """Which accounts are meant; without any, all that were found without doubt."""

    accounts: list[str] = Field(default=[], max_length=1000)


class ListSeen(Strict):
    """The list an officer saw."""

    digest: str = Field(pattern="^[0-9a-f]{64}$", description="The digest the list was shown with.")


@router.post("/v1/demands/{demand_id}/searches", responses=statuses(404, 409))
def search(premises: ThePremises, asker: Asker, demand_id: Id) -> dict[str, Any]:
    """Look for everything a demand names, narrow its hold to what is found, and offer leads: a reading."""
    return productions.search(premises, asker, demand_id)


@router.post("/v1/demands/{demand_id}/productions", responses=statuses(404, 409), openapi_extra=takes(Proposal))
def propose(
    premises: ThePremises, asker: Asker, demand_id: Id, body: Annotated[Proposal, Depends(posted(Proposal))]
) -> dict[str, Any]:
    """Propose the exact list of what to hand over; another officer approves it by its digest."""
    return productions.propose(premises, asker, demand_id, body.accounts)


@router.get("/v1/productions/{production_id}/list", responses=statuses(404, 410))
def open_list(house: TheHouse, asker: Asker, production_id: Id) -> dict[str, Any]:
    """Open the list of a production with its digest: a reading, entered first."""
    return propose_production.open_list(house, asker, production_id)


@router.post("/v1/productions/{production_id}/approvals", responses=statuses(404, 409), openapi_extra=takes(ListSeen))
def approve(
    house: TheHouse, asker: Asker, production_id: Id, body: Annotated[ListSeen, Depends(posted(ListSeen))]
) -> dict[str, Any]:
    """Approve a list, as an officer other than the one who proposed it."""
    return render.row(propose_production.approve_production(house, asker, production_id, body.digest))


@router.post("/v1/productions/{production_id}/refusals", responses=statuses(404, 409), openapi_extra=takes(ListSeen))
def refuse(
    house: TheHouse, asker: Asker, production_id: Id, body: Annotated[ListSeen, Depends(posted(ListSeen))]
) -> dict[str, Any]:
    """Refuse a list; another may be proposed."""
    return render.row(propose_production.refuse_production(house, asker, production_id, body.digest))


@router.post("/v1/productions/{production_id}/buildings", responses=statuses(404, 409, 410))
def build(premises: ThePremises, asker: Asker, production_id: Id) -> dict[str, Any]:
    """Open every record on an approved list through the door, and build the file a stranger can verify."""
    return productions.build(premises, asker, production_id)


@router.post("/v1/productions/{production_id}/releases", responses=statuses(404, 409))
def release(premises: ThePremises, asker: Asker, production_id: Id) -> dict[str, Any]:
    """Enter the disclosure with its basis; from then on the file is given."""
    return productions.release(premises, asker, production_id)


@router.post(
    "/v1/productions/{production_id}/deliveries",
    response_class=Response,
    responses={200: {"description": "The message", "content": {"application/xml": {}}}, **statuses(404, 409)},
    openapi_extra=json_body(_EXCHANGE, "what both sides agreed"),
)
def deliver(premises: ThePremises, asker: Asker, production_id: Id, raw: Raw) -> Response:
    """Give a released production as an ETSI TS 103 120 message."""
    message = productions.delivered(premises, asker, production_id, canonical.decode(raw))
    return Response(message, media_type="application/xml")


@router.get("/v1/productions/{production_id}/file", response_class=FileResponse, responses=_FILE)
def file(premises: ThePremises, asker: Asker, production_id: Id) -> FileResponse:
    """Give the file of a production that was released."""
    path = productions.released_file(premises, asker, production_id)
    return FileResponse(path, media_type="application/octet-stream", filename=path.name)
