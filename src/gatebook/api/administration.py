"""Administration over HTTP: keys, webhooks, and the work that keeps a house in order.

The trap guarded against: a secret shown twice. Each is in one answer and never again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from gatebook.api.asking import After, Asker, Id, State, Strict, TheHouse, ThePremises, posted, takes
from gatebook.api.schemas import PAGE, gives, statuses
from gatebook.procedures import api_keys, keep_house, look, render, webhooks
from gatebook.wiring.keeping import expire as expire_due
from gatebook.wiring.keeping import resume as resume_work

router = APIRouter()


class NewKey(Strict):
    """Scopes and days of a new API key."""

    scopes: list[str]
    days: int = 365


class Endpoint(Strict):
    """Where events go."""

    url: str


class Resumption(Strict):
    """How many minutes old something has to be to be taken up."""

    minutes: int = Field(default=1, ge=0, le=525_600)


@router.post("/v1/api-keys", status_code=201, openapi_extra=takes(NewKey))
def make_key(house: TheHouse, asker: Asker, body: Annotated[NewKey, Depends(posted(NewKey))]) -> dict[str, Any]:
    """Make an API key; its secret is shown this once."""
    key_id, secret = api_keys.make_key(house, asker, body.scopes, body.days)
    return {"key": key_id, "secret": secret}


@router.delete("/v1/api-keys/{key_id}", status_code=204, responses=statuses(404))
def revoke_key(house: TheHouse, asker: Asker, key_id: Id) -> None:
    """Revoke an API key at once."""
    api_keys.revoke_key(house, asker, key_id)


@router.post("/v1/key-rotations")
def rotate_keys(house: TheHouse, asker: Asker) -> dict[str, Any]:
    """Rewrap every data key under a new key-encryption key."""
    key_id, count = keep_house.rotate_keys(house, asker)
    return {"key": key_id, "rewrapped": count}


@router.post("/v1/expirations")
def expire(premises: ThePremises, asker: Asker) -> dict[str, Any]:
    """Let applications that lay in review too long lapse, and destroy the data of whose last day is past."""
    return {"shredded": expire_due(premises, asker)}


@router.post("/v1/rebuilds")
def rebuild(house: TheHouse, asker: Asker) -> dict[str, Any]:
    """Rebuild the registers from the ledger and say which differed; nothing else is written meanwhile."""
    differing = keep_house.rebuild(house, asker, lambda _, __: None)
    return {"equal": not differing, "differing": differing}


@router.post("/v1/resumptions", openapi_extra=takes(Resumption))
def resume(
    premises: ThePremises, asker: Asker, body: Annotated[Resumption, Depends(posted(Resumption))]
) -> dict[str, Any]:
    """Take up what a crash cut off between two steps; a served house does so every minute by itself."""
    return {"resumed": resume_work(premises, asker, timedelta(minutes=body.minutes))}


@router.get("/v1/webhook-key")
def webhook_key(premises: ThePremises) -> dict[str, Any]:
    """Return the public key events are signed with (v1a); it is no secret and needs no key."""
    return {"key": premises.webhook_key}


@router.get("/v1/webhook-endpoints", responses=gives(PAGE))
def endpoints(house: TheHouse, asker: Asker) -> dict[str, Any]:
    """List where events go."""
    return render.rows(look.endpoints(house, asker), "")


@router.post("/v1/webhook-endpoints", status_code=201, openapi_extra=takes(Endpoint))
def add_endpoint(
    premises: ThePremises, asker: Asker, body: Annotated[Endpoint, Depends(posted(Endpoint))]
) -> dict[str, Any]:
    """Register an endpoint; its secret is shown this once."""
    endpoint, secret = webhooks.add_endpoint(premises.house, asker, body.url, premises.webhook_secret)
    return {"endpoint": endpoint, "secret": secret}


@router.delete("/v1/webhook-endpoints/{endpoint}", status_code=204, responses=statuses(404))
def remove_endpoint(house: TheHouse, asker: Asker, endpoint: Id) -> None:
    """Forget an endpoint."""
    webhooks.remove_endpoint(house, asker, endpoint)


@router.get("/v1/webhook-messages", responses=gives(PAGE))
def messages(house: TheHouse, asker: Asker, state: State = "", after: After = "") -> dict[str, Any]:
    """List events by state (queued, sent, dead) with how often each was tried."""
    return render.rows(*look.messages(house, asker, state, after))


@router.post("/v1/webhook-messages/{message_id}/attempts", status_code=202, responses=statuses(404))
def send_again(house: TheHouse, asker: Asker, message_id: Id) -> dict[str, Any]:
    """Queue an event for another attempt now."""
    webhooks.ask_again(house, asker, message_id)
    return {"message_id": message_id, "state": "queued"}
