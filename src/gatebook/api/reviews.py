"""Reviews, accounts and sealed records over HTTP: what officers and auditors do.

The trap guarded against: plaintext on a page nobody asked for. Whatever opens a seal is a reading, entered first.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from gatebook import canonical
from gatebook.api.asking import Asker, Id, Strict, TheHouse, posted, takes
from gatebook.api.schemas import DETERMINED, gives, statuses
from gatebook.procedures import close_account, look, render, replay, rescreen_account, review

router = APIRouter()


class Disposition(Strict):
    """An officer's word on a review."""

    disposition: str
    match: str = ""
    note: str = ""
    set_aside: list[str] = Field(default=[], max_length=50, description="Evidence ids to put to the law no more.")


class Closing(Strict):
    """Why an account ends."""

    cause: str
    for_cause: bool = False


class Reading(Strict):
    """Why a sealed record is opened."""

    purpose: str


@router.post(
    "/v1/reviews/{review_id}/dispositions",
    responses=statuses(404, 409, 410),
    openapi_extra=takes(Disposition),
)
def dispose(
    house: TheHouse, asker: Asker, review_id: Id, body: Annotated[Disposition, Depends(posted(Disposition))]
) -> dict[str, Any]:
    """Enter an officer's word on a review."""
    return render.disposed(
        review.dispose(house, asker, review_id, body.disposition, body.match, body.note, body.set_aside)
    )


@router.post("/v1/reviews/{review_id}/approvals", responses=gives(DETERMINED, 200, 404, 409, 410))
def approve(house: TheHouse, asker: Asker, review_id: Id) -> dict[str, Any]:
    """Approve what another officer proposed."""
    return render.disposed(review.approve(house, asker, review_id))


@router.post("/v1/accounts/{account_id}/closings", responses=statuses(404, 409), openapi_extra=takes(Closing))
def close(
    house: TheHouse, asker: Asker, account_id: Id, body: Annotated[Closing, Depends(posted(Closing))]
) -> dict[str, Any]:
    """Close an account."""
    return render.row(close_account.close_account(house, asker, account_id, body.cause, for_cause=body.for_cause))


@router.post("/v1/accounts/{account_id}/screenings", responses=gives(DETERMINED, 200, 404, 409, 410))
def rescreen(house: TheHouse, asker: Asker, account_id: Id) -> dict[str, Any]:
    """Compare an open account's person with the lists of today."""
    return render.disposed(rescreen_account.rescreen_account(house, asker, account_id))


@router.get("/v1/determinations/{determination_id}/reasons", responses=statuses(404, 410))
def reasons(house: TheHouse, asker: Asker, determination_id: Id) -> dict[str, Any]:
    """Open a determination with every clause considered: a reading, entered first."""
    return look.determination(house, asker, determination_id)


@router.post("/v1/determinations/{determination_id}/replays", responses=statuses(404, 410))
def replay_(house: TheHouse, asker: Asker, determination_id: Id) -> dict[str, Any]:
    """Put the recorded facts to the law of the recorded day again and compare byte for byte."""
    return canonical.table(replay.replay(house, asker, determination_id))


@router.post("/v1/records/{record_id}/readings", responses=statuses(404, 410), openapi_extra=takes(Reading))
def read_record(
    house: TheHouse, asker: Asker, record_id: Id, body: Annotated[Reading, Depends(posted(Reading))]
) -> dict[str, Any]:
    """Open one sealed record, or what is left of it, for a stated purpose; the reading is entered first."""
    return {"record_id": record_id, "payload": look.read_record(house, asker, record_id, body.purpose, in_part=True)}
