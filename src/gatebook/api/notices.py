"""Notice over HTTP: how it stands, put off on a court's paper, drafted, and entered as given.

The trap guarded against: a court's paper that is too large for the route that takes it. It is decoded in a thread, and
may be as large as a demand's.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from gatebook.api.asking import Asker, Id, Strict, TheHouse, posted, takes
from gatebook.api.schemas import statuses
from gatebook.errors import FieldProblem, InvalidInput
from gatebook.procedures import draft_notice, give_notice
from gatebook.trace.form_page import MOST_NOTE
from gatebook.trace.notice import Ground, Teller

router = APIRouter()
PATH = "/v1/notice-delays"


class Delay(Strict):
    """What a court forbade; its paper is sealed as it is."""

    demand: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="The demand's id.")
    until: str = Field(description="The last day on which the subject may not be told, YYYY-MM-DD.")
    ground: str = Field(description=f"One of {', '.join(Ground)}.")
    document: str = Field(min_length=1, description="The court's paper, in base64.")


class Notice(Strict):
    """Who told the subject, and how."""

    by: str = Field(description=f"One of {', '.join(Teller)}.")
    how: str = Field(default="", max_length=MOST_NOTE, description="By which way and when; it is sealed.")


@router.post(PATH, responses=statuses(404, 409), openapi_extra=takes(Delay))
def delay(house: TheHouse, asker: Asker, body: Annotated[Delay, Depends(posted(Delay))]) -> dict[str, Any]:
    """Put notice off until a day is over; a later paper sets another day."""
    try:
        document = base64.b64decode(body.document, validate=True)
    except (binascii.Error, ValueError):
        fault = FieldProblem("/document", "not-base64", "must be text in base64")
        raise InvalidInput("the document cannot be read", (fault,)) from None
    return give_notice.delay_notice(house, asker, body.demand, body.until, body.ground, document)


@router.get("/v1/demands/{demand_id}/notice", responses=statuses(404))
def show(house: TheHouse, asker: Asker, demand_id: Id) -> dict[str, Any]:
    """Say how notice of a demand stands, and why the provider may not tell where that is so."""
    return give_notice.notice_of(house, asker, demand_id)


@router.post("/v1/demands/{demand_id}/notice-drafts", responses=statuses(404, 409, 410))
def draft(house: TheHouse, asker: Asker, demand_id: Id) -> dict[str, Any]:
    """Draft what to say to each person a demand is about: a reading. Sending is the provider's own."""
    return draft_notice.draft_notice(house, asker, demand_id)


@router.post("/v1/demands/{demand_id}/notices", responses=statuses(404, 409), openapi_extra=takes(Notice))
def give(
    house: TheHouse, asker: Asker, demand_id: Id, body: Annotated[Notice, Depends(posted(Notice))]
) -> dict[str, Any]:
    """Enter that the subject was told."""
    return give_notice.give_notice(house, asker, demand_id, body.by, body.how)
