"""Witnesses over HTTP: those this house asks to cosign its ledger, and the logs it cosigns itself.

The trap guarded against: a log cosigned because somebody without the scope for it said so.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from gatebook.api.asking import Asker, Strict, TheHouse, ThePremises, posted, takes
from gatebook.api.schemas import PAGE, gives, statuses
from gatebook.procedures import look_at_witnesses, render, watch_logs
from gatebook.wiring.witness import ask_all, witness_desk, witnesses_of

router = APIRouter()


class NewLog(Strict):
    """The verifier key of a log to cosign."""

    vkey: str = Field(max_length=400)


class OldLog(Strict):
    """The origin of a log to cosign no more."""

    log: str = Field(max_length=200)


@router.get("/v1/witness-key")
def witness_key(premises: ThePremises) -> dict[str, str]:
    """Return the verifier key this house cosigns with; it holds no secret and needs no key."""
    return {"vkey": witness_desk(premises).vkey}


@router.get("/v1/watched-logs", responses=gives(PAGE))
def watched(premises: ThePremises, asker: Asker) -> dict[str, Any]:
    """List the logs this house cosigns: the head cosigned last of each, and whether it was seen to fork."""
    return render.rows(watch_logs.watched_logs(premises.house, witness_desk(premises), asker), "")


@router.post("/v1/watched-logs", status_code=201, openapi_extra=takes(NewLog))
def watch(premises: ThePremises, asker: Asker, body: Annotated[NewLog, Depends(posted(NewLog))]) -> dict[str, Any]:
    """Cosign a log's checkpoints from now on."""
    return watch_logs.watch_log(premises.house, witness_desk(premises), asker, body.vkey)


@router.post("/v1/watched-logs/endings", status_code=204, responses=statuses(404), openapi_extra=takes(OldLog))
def forget(premises: ThePremises, asker: Asker, body: Annotated[OldLog, Depends(posted(OldLog))]) -> None:
    """Cosign a log no more; the head cosigned last stays known."""
    watch_logs.forget_log(premises.house, witness_desk(premises), asker, body.log)


@router.get("/v1/witnesses", responses=gives(PAGE))
def witnesses(house: TheHouse, premises: ThePremises, asker: Asker) -> dict[str, Any]:
    """List the witnesses this house asks: what each last signed, how far behind it is, what came of asking."""
    return render.rows(look_at_witnesses.witnesses(house, asker, witnesses_of(premises)), "")


@router.post("/v1/witness-askings", responses={**gives(PAGE), **statuses(404)})
def ask(premises: ThePremises, asker: Asker) -> dict[str, Any]:
    """Ask every witness now, and wait for it: at most ten seconds for each answer."""
    return render.rows(ask_all(premises, asker), "")
