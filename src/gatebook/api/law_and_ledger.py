"""Law, lists and ledger over HTTP: what the house goes by, whom it compares with, and the proof of what it did.

The trap guarded against: a change of law or list that only somebody at the machine can make, or that one without the
scope for it can.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import PlainTextResponse, Response

from gatebook import canonical
from gatebook.api.asking import Asker, Id, On, Position, Raw, Strict, TheHouse, ThePremises, json_body, posted, takes
from gatebook.api.schemas import FACTS, statuses
from gatebook.procedures import keep_house, look, look_at_law, look_at_lists, render
from gatebook.procedures import posted as parts
from gatebook.procedures.rescreen_delta import rescreen_delta
from gatebook.screen.described import loaded
from gatebook.screen.screeners import OWN, SCREENERS
from gatebook.wiring.founding import adopt_law
from gatebook.wiring.lists import update_list

router = APIRouter()
Edition = Annotated[
    str, Query(pattern="^[0-9a-f]{0,64}$", description="An edition by its digest, or the first letters of it.")
]


class Adoption(Strict):
    """A source of law to adopt as house policy, and from which day."""

    source: str = Field(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")
    begins: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")


class Update(Strict):
    """Whether a list that shrank by more than a tenth is taken all the same."""

    confirm: bool = False


class NameCheck(Strict):
    """A name to compare with the lists, kept nowhere."""

    name: str = Field(min_length=1, max_length=200)
    born_on: str = Field(default="", pattern=r"^(\d{4}(-\d{2}(-\d{2})?)?)?$")
    country: str = Field(default="", max_length=2)
    kind: str = Field(default="", pattern="^(individual|entity|)$")
    certificate: bool = Field(default=False, description="Say too what was not found, and the bound on the rest.")
    scorer: str = Field(default=OWN, pattern="^[a-z-]{1,32}$", description=f"To look only: {', '.join(SCREENERS)}.")


class Rescreening(Strict):
    """From which edition on; left out, from the one everybody was last compared with."""

    since: str = Field(default="", pattern="^[0-9a-f]{0,64}$")


@router.get("/v1/law")
def law_of_today(house: TheHouse, asker: Asker, on: On = "") -> dict[str, Any]:
    """Show every clause in force on a day with its citation and standing."""
    return look_at_law.law_of(house, asker, parts.day(on, "/on"))


@router.post("/v1/law/explanations", openapi_extra=json_body(FACTS, "facts by name"))
def explain(house: TheHouse, asker: Asker, raw: Raw, on: On = "") -> list[Any]:
    """Put facts to the law of a day and show every answer."""
    return look_at_law.explain(house, asker, parts.facts(canonical.decode(raw)), parts.day(on, "/on"))


@router.post("/v1/law/adoptions", status_code=201, responses=statuses(404, 409), openapi_extra=takes(Adoption))
def adopt(premises: ThePremises, asker: Asker, body: Annotated[Adoption, Depends(posted(Adoption))]) -> dict[str, Any]:
    """Adopt a source of law as house policy from a day."""
    begins = parts.day(body.begins, "/begins")
    assert begins is not None  # noqa: S101  the form refuses an empty day
    adopt_law(premises, asker, body.source, begins)
    return {"adopted": body.source, "from": body.begins}


@router.post("/v1/lists/{list_id}/updates", responses=statuses(404), openapi_extra=takes(Update))
def update(
    premises: ThePremises, asker: Asker, list_id: Id, body: Annotated[Update, Depends(posted(Update))]
) -> dict[str, Any]:
    """Fetch a list from its publisher, which may take a while; on any failure the old edition stays.

    The house then compares everybody with what changed, within a minute and by itself.
    """
    edition = update_list(premises, asker, list_id, lambda _, __: None, confirmed=body.confirm)
    return loaded(edition)


@router.post("/v1/lists/{list_id}/rescreenings", responses=statuses(404, 409), openapi_extra=takes(Rescreening))
def rescreen(
    house: TheHouse, asker: Asker, list_id: Id, body: Annotated[Rescreening, Depends(posted(Rescreening))]
) -> dict[str, Any]:
    """Compare everybody with what changed on a list now, and wait for it; cut off, it goes on when asked again."""
    return render.rescreened(rescreen_delta(house, asker, list_id, body.since))


@router.get("/v1/lists/{list_id}/differences", responses=statuses(404, 409))
def differences(house: TheHouse, asker: Asker, list_id: Id, old: Edition = "", new: Edition = "") -> dict[str, Any]:
    """Say who was added, removed and changed between two editions of a list, field by field and in words."""
    return look_at_lists.differences(house, asker, list_id, old, new)


@router.post("/v1/screenings", openapi_extra=takes(NameCheck))
def screen(house: TheHouse, asker: Asker, body: Annotated[NameCheck, Depends(posted(NameCheck))]) -> dict[str, Any]:
    """Compare a name with the lists loaded; nothing is kept."""
    return look_at_lists.screen_name(
        house,
        asker,
        body.name,
        body.born_on,
        body.country,
        body.kind,
        certificate=body.certificate,
        scorer=body.scorer,
    )


@router.get("/v1/ledger/checkpoint", response_class=PlainTextResponse)
def checkpoint(house: TheHouse) -> Response:
    """Return the signed checkpoint; it holds no secret and needs no key."""
    return PlainTextResponse(look.checkpoint(house))


@router.get("/v1/ledger/entries/{position}/proof", response_class=PlainTextResponse, responses=statuses(404))
def proof(house: TheHouse, asker: Asker, position: Position) -> Response:
    """Return a proof that an entry is in the published ledger."""
    return PlainTextResponse(look.proof_at(house, asker, position))


@router.get("/v1/ledger/sizes/{position}/proof", response_class=PlainTextResponse, responses=statuses(404))
def consistency(house: TheHouse, asker: Asker, position: Position) -> Response:
    """Return a proof that the published ledger begins with the one of an older size."""
    return PlainTextResponse(look.consistency_at(house, asker, position))


@router.get("/v1/ledger/entries/{position}", responses=statuses(404))
def entry(house: TheHouse, asker: Asker, position: Position) -> Response:
    """Return the exact bytes of an entry."""
    return Response(look.entry_at(house, asker, position), media_type="application/json")


@router.post("/v1/ledger/checks")
def check(house: TheHouse, asker: Asker) -> dict[str, Any]:
    """Compare every entry in the database with what was signed; `differing` is 0 in health, and nothing is changed."""
    return canonical.table(keep_house.check_ledger(house, asker, lambda _, __: None))
