"""Health over HTTP: what a monitor asks. None of it needs a key and none of it is personal.

The trap guarded against: a house called ready that compares with no list.
"""

from __future__ import annotations

from fastapi import APIRouter
from prometheus_client import generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from gatebook.api.asking import TheHouse
from gatebook.procedures import look_at_lists

router = APIRouter()


@router.get("/healthz", response_class=PlainTextResponse)
async def alive() -> str:
    """Say that the process answers."""
    return "alive"


@router.get("/readyz", responses={503: {"description": "No list is loaded", "content": {"application/json": {}}}})
def ready(house: TheHouse) -> JSONResponse:
    """Say whether the state answers, how far the ledger is, and which lists are compared with."""
    found = look_at_lists.readiness(house)
    return JSONResponse(found, 200 if found["ready"] else 503)


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(request: Request) -> Response:
    """Counters and times for Prometheus; nothing personal."""
    return PlainTextResponse(generate_latest(request.app.state.registry))
