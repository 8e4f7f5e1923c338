"""Applications over HTTP: taken, evidenced, confirmed and judged.

The trap guarded against: an application taken twice because an answer was lost; the two routes that write much
take an ``Idempotency-Key``.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from gatebook import canonical
from gatebook.api.asking import Asker, Id, Idem, Raw, Strict, TheHouse, json_body, posted, takes
from gatebook.api.idempotency import once
from gatebook.api.schemas import APPLICATION, APPLICATION_WITH_EVIDENCE, DETERMINED, EVIDENCE, gives, statuses
from gatebook.procedures import confirm_contact, look, open_account, render, replay_screening, withdraw_application
from gatebook.procedures import posted as parts

router = APIRouter()


class CodeSend(Strict):
    """Where to send a one-time code."""

    channel: str = Field(pattern="^(email|phone)$")
    which: int = Field(default=0, ge=0, le=49)


class CodeAnswer(Strict):
    """The code that came back."""

    channel: str = Field(pattern="^(email|phone)$")
    code: str = Field(min_length=1, max_length=12)


@router.post(
    "/v1/applications",
    status_code=201,
    responses=gives(DETERMINED, 201, 409),
    openapi_extra=json_body(APPLICATION_WITH_EVIDENCE, 'an application, with "evidence" beside its fields'),
)
def take_application(house: TheHouse, asker: Asker, raw: Raw, idempotency_key: Idem = "") -> dict[str, Any]:
    """Take an application, judge it, and open the account if nothing stands against it."""

    def act(remember: open_account.Remember) -> dict[str, Any]:
        claims, evidence = parts.application(canonical.decode(raw))
        return render.determined(*open_account.open_account(house, asker, claims, evidence, remember))

    return once(house, asker, idempotency_key, "applications", raw, act)


@router.post("/v1/requirements", openapi_extra=json_body(APPLICATION, "an application without evidence"))
def ask_requirements(house: TheHouse, asker: Asker, raw: Raw) -> list[dict[str, Any]]:
    """Say what an application like this would still need; nothing of it is kept."""
    return look.requirements(house, asker, canonical.decode(raw))


@router.post(
    "/v1/applications/{application_id}/evidence",
    responses=gives(DETERMINED, 200, 404, 409, 410),
    openapi_extra=json_body(EVIDENCE, "a list of evidence"),
)
def add_evidence(
    house: TheHouse, asker: Asker, application_id: Id, raw: Raw, idempotency_key: Idem = ""
) -> dict[str, Any]:
    """Add evidence to an application in review and judge it again."""

    def act(remember: open_account.Remember) -> dict[str, Any]:
        pieces = parts.pieces(canonical.decode(raw))
        found = open_account.submit_evidence(house, asker, application_id, pieces, remember)
        return render.determined(application_id, found)

    return once(house, asker, idempotency_key, f"evidence/{application_id}", raw, act)


@router.post("/v1/applications/{application_id}/determinations", responses=gives(DETERMINED, 200, 404, 409, 410))
def determine_again(house: TheHouse, asker: Asker, application_id: Id) -> dict[str, Any]:
    """Judge an application in review again."""
    return render.determined(application_id, open_account.determine_again(house, asker, application_id))


@router.post("/v1/applications/{application_id}/withdrawals", responses=statuses(404, 409))
def withdraw(house: TheHouse, asker: Asker, application_id: Id) -> dict[str, Any]:
    """Withdraw an application in review; its data gets the day on which it goes."""
    return render.row(withdraw_application.withdraw_application(house, asker, application_id))


@router.post(
    "/v1/applications/{application_id}/codes",
    status_code=202,
    responses=statuses(404, 409, 410),
    openapi_extra=takes(CodeSend),
)
def send_code(
    house: TheHouse, asker: Asker, application_id: Id, body: Annotated[CodeSend, Depends(posted(CodeSend))]
) -> dict[str, Any]:
    """Send a one-time code to a claimed contact."""
    confirm_contact.send_code(house, asker, application_id, body.channel, body.which)
    return {"sent": True, "channel": body.channel}


@router.post(
    "/v1/applications/{application_id}/codes/answers",
    responses=statuses(404, 409, 410),
    openapi_extra=takes(CodeAnswer),
)
def answer_code(
    house: TheHouse, asker: Asker, application_id: Id, body: Annotated[CodeAnswer, Depends(posted(CodeAnswer))]
) -> dict[str, Any]:
    """Answer with the code that came back."""
    return render.answered(
        application_id, *confirm_contact.answer_code(house, asker, application_id, body.channel, body.code)
    )


@router.get("/v1/applications/{application_id}/candidates", responses=statuses(404, 410))
def candidates(house: TheHouse, asker: Asker, application_id: Id) -> dict[str, Any]:
    """Open the latest screening: a reading, entered first."""
    return look.candidates(house, asker, application_id)


@router.post("/v1/applications/{application_id}/screening-replays", responses=statuses(404, 410))
def replay_of_screening(house: TheHouse, asker: Asker, application_id: Id) -> dict[str, Any]:
    """Screen anew what the latest screening asked, over the editions compared with, byte for byte: a reading."""
    return replay_screening.replay_screening(house, asker, application_id)
