"""Access events over HTTP: batches come in on bare Starlette, as bytes; what became of one is told after.

The trap guarded against: a batch parsed twice, or held whole more often than it must be. The body is handed on as it
came, in a thread, and only so many are worked on at once.
"""

from __future__ import annotations

from typing import Any

import anyio
import msgspec
from anyio.to_thread import run_sync
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gatebook.api import problems
from gatebook.api.asking import Asker, Id, TheHouse, ThePremises, bearer_of, known, limits_of
from gatebook.api.schemas import gives, statuses
from gatebook.procedures import access_sources
from gatebook.procedures.log_access import SOURCE, LoggedReceipt, look_at_batch
from gatebook.record.events import own
from gatebook.record.events.forms import BY_NAME
from gatebook.wiring.access_intake import ENCODINGS, take_in
from gatebook.wiring.premises import Premises

PATH = "/v1/access-events"
router = APIRouter()
_encode = msgspec.json.Encoder().encode
#: Batches worked on at once, and waiting for it: reading takes a core, and an unpacked body up to 64 MiB.
_AT_ONCE, _MOST_WAITING = 4, 64
#: What the document names; whatever is named by a sender, the body is read the same.
_MEDIA_TYPES = ("application/x-ndjson", "application/octet-stream")
_COUNT, _COUNTS = {"type": "integer"}, {"type": "object", "additionalProperties": {"type": "integer"}}
_STATE = {
    "type": "object",
    "properties": {
        "batch": {"type": "string"},
        "state": {"enum": ["waiting", "sealed"]},
        **dict.fromkeys(("rows", "repeated", "position"), _COUNT),
        "segments": {"type": "array", "items": _COUNT},
        "sealed_at": {"type": "string", "format": "date-time"},
    },
    "required": ["batch", "state"],
}
_SOURCES = {
    "type": "object",
    "properties": {
        "items": {"type": "array", "items": {"type": "object"}},
        "some_unwatched": {
            "type": "boolean",
            "description": "more sources sent within a day than are watched for gaps",
        },
    },
    "required": ["items", "some_unwatched"],
}
_RECEIPT = {
    "type": "object",
    "properties": {
        "batch": {"type": "string", "description": "the id under which the batch is kept"},
        "digest": {"type": "string", "description": "SHA-256 over source, format and the plain bytes, in hex"},
        "rows": {**_COUNT, "description": "every record of the batch"},
        "unmapped": {**_COUNT, "description": "records no form could read; they are kept as they came"},
        "marks": {**_COUNTS, "description": "records by what is odd about them"},
        "forms": {**_COUNTS, "description": "records by the form that read them"},
        "repeated": {"type": "boolean", "description": "the batch was here before, and nothing was kept anew"},
    },
    "required": ["batch", "digest", "rows", "unmapped", "marks", "forms", "repeated"],
}


def turns() -> anyio.CapacityLimiter:
    """Return the turns that batches of one process take."""
    return anyio.CapacityLimiter(_AT_ONCE)


async def access_events(request: Request) -> Response:
    """Keep a batch; answered once it has reached the disk."""
    request.scope["route"] = ROUTE  # as the gate does
    limiter: anyio.CapacityLimiter = request.app.state.access_turns
    if limiter.statistics().tasks_waiting >= _MOST_WAITING:
        return problems.answer_code("busy", {"Retry-After": "1"})
    raw = await request.body()
    receipt = await run_sync(_kept, request, raw, limiter=limiter)
    return Response(_encode(receipt), 202, media_type="application/json")


def _kept(request: Request, raw: bytes) -> LoggedReceipt:
    premises: Premises = request.app.state.premises
    operator = known(request, bearer_of(request))
    limits_of(request).asked(operator.operator_id)
    encoding, asked = ",".join(request.headers.getlist("content-encoding")), request.query_params
    return take_in(premises, operator, raw, encoding, asked.get("source", ""), asked.get("format", ""))


@router.get(f"{PATH}/schema", responses=gives({"type": "object"}))
def schema(_: Asker) -> dict[str, Any]:
    """Return the JSON Schema of a record in our own form."""
    return own.schema()


@router.get(PATH + "/{batch}", responses=gives(_STATE, 200, 404))
def batch_state(premises: ThePremises, asker: Asker, batch: Id) -> dict[str, Any]:
    """Say whether a batch waits to be sealed or is sealed, in which segments, and at which position of the ledger."""
    return look_at_batch(premises.house, premises.access_log, asker, batch)


@router.get("/v1/access-sources", responses=gives(_SOURCES))
def sources(house: TheHouse, premises: ThePremises, asker: Asker) -> dict[str, Any]:
    """Say of every source of access events when it was last heard of, and whether it fell silent."""
    return access_sources.look_at_sources(house, asker, premises.access_silence)


def operation() -> dict[str, Any]:
    """Return the operation for OpenAPI, which FastAPI cannot see."""
    lines = {"type": "string", "format": "binary", "description": "Records as their source writes them, one a line."}
    return {
        "operationId": "log_access_v1_access_events_post",
        "summary": "Log Access",
        "description": "Keep a batch of access events; answered once it has reached the disk. No record is dropped.",
        "security": [{"key": []}],
        "parameters": [
            _parameter("source", "query", "The name of the feed.", {"pattern": f"^({SOURCE})?$"}),
            _parameter("format", "query", "The form of the records; found out for each by default.", _one_of(BY_NAME)),
            _parameter("Content-Encoding", "header", "How the body is compressed.", _one_of(ENCODINGS)),
        ],
        "requestBody": {"required": True, "content": {name: {"schema": lines} for name in _MEDIA_TYPES}},
        "responses": {
            "202": {"description": "What was kept", "content": {"application/json": {"schema": _RECEIPT}}},
            **{str(k): v for k, v in statuses(401, 403, 408, 413, 415, 422, 429, 500, 503).items()},
        },
    }


def _parameter(name: str, place: str, what: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": place, "required": False, "description": what, "schema": {"type": "string", **schema}}


def _one_of(names: Any) -> dict[str, Any]:  # noqa: ANN401  names of any kind of collection
    return {"enum": list(names)}


ROUTE = Route(PATH, access_events, methods=["POST"])
