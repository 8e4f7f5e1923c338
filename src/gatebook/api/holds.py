"""Holds, clocks and certificates over HTTP: what is kept, until when and why, and that the rest is gone.

The trap guarded against: a hold that lapsed and reads like one in force. Each is shown with how it stands now.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from gatebook.api.asking import Asker, Id, Strict, TheHouse, posted, takes
from gatebook.api.schemas import statuses
from gatebook.procedures import destruction, holds, look_at_retention, render
from gatebook.procedures.look_at_holds import shown

router = APIRouter()


class OwnHold(Strict):
    """Whom a hold of the house's own keeps."""

    persons: list[str] = Field(default=[], max_length=500)
    accounts: list[str] = Field(default=[], max_length=500)


class Renewal(Strict):
    """A renewal; ``production_confirmed`` opens a European preservation until it is ended."""

    production_confirmed: bool = False


class Ending(Strict):
    """Why a hold ends, as a slug."""

    cause: str


@router.post("/v1/holds", status_code=201, openapi_extra=takes(OwnHold))
def place(house: TheHouse, asker: Asker, body: Annotated[OwnHold, Depends(posted(OwnHold))]) -> dict[str, Any]:
    """Place a hold of the house's own, for litigation: what it keeps does not expire until it is ended."""
    return render.row(shown(house, holds.place_own_hold(house, asker, body.persons, body.accounts)))


@router.post("/v1/holds/{hold_id}/renewals", responses=statuses(404, 409), openapi_extra=takes(Renewal))
def renew(
    house: TheHouse, asker: Asker, hold_id: Id, body: Annotated[Renewal, Depends(posted(Renewal))]
) -> dict[str, Any]:
    """Renew a hold; one renewed late keeps the day it lapsed."""
    confirmed = body.production_confirmed
    return render.row(shown(house, holds.renew_hold(house, asker, hold_id, production_confirmed=confirmed)))


@router.post("/v1/holds/{hold_id}/ends", responses=statuses(404, 409), openapi_extra=takes(Ending))
def end(house: TheHouse, asker: Asker, hold_id: Id, body: Annotated[Ending, Depends(posted(Ending))]) -> dict[str, Any]:
    """End a hold, as an officer: what it kept may go on its day."""
    return render.row(shown(house, holds.end_hold(house, asker, hold_id, body.cause)))


@router.get("/v1/persons/{person_id}/retention", responses=statuses(404))
def retention(house: TheHouse, asker: Asker, person_id: Id) -> dict[str, Any]:
    """Say until when each class of a person's records is kept, which rule set the day, and which holds stop it."""
    return look_at_retention.show_retention(house, asker, person_id)


@router.get("/v1/persons/{person_id}/destruction-certificate", responses=statuses(404, 409))
def certificate(house: TheHouse, asker: Asker, person_id: Id) -> dict[str, Any]:
    """Certify what was destroyed of a person: the entries that say so, each proved under the published checkpoint."""
    return destruction.certify(house, asker, person_id)
