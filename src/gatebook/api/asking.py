"""What every route takes: which house, who asks, which id, which body.

The trap guarded against: a route that forgets to ask who is asking, or a body read by two parsers in two ways. A key
is looked at before a body is, and every body is decoded by ``canonical.decode`` alone, whatever its media type says.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Path, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from gatebook import canonical
from gatebook.api import problems
from gatebook.api.rate_limits import RateLimits
from gatebook.errors import NotAuthenticated
from gatebook.procedures import api_keys
from gatebook.procedures.house import House, Operator
from gatebook.wiring.premises import Premises

M = TypeVar("M", bound="Strict")
SLUG = r"^[a-z_-]{0,40}$"
_MOST_POSITION = 2**53 - 1
_bearer = HTTPBearer(auto_error=False, scheme_name="key", description="An API key, gbk....")


class Strict(BaseModel):
    """A body with no unknown field and no value turned into another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


async def _premises(request: Request) -> Premises:
    found: Premises = request.app.state.premises
    return found


async def _house(request: Request) -> House:
    found: Premises = request.app.state.premises
    return found.house


async def _raw(request: Request) -> bytes:
    return await request.body()


def _operator(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Operator:
    found = known(request, given.credentials if given else "")
    limits_of(request).asked(found.operator_id)
    return found


def bearer_of(request: Request) -> str:
    """Return the API key a request came with, or nothing."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret if scheme.lower() == "bearer" else ""


def known(request: Request, secret: str) -> Operator:
    """Return who asks. Raises NotAuthenticated, or TooMany when this address failed too often."""
    premises: Premises = request.app.state.premises
    try:
        return api_keys.who_asks(premises.house, secret.strip())
    except NotAuthenticated:
        limits_of(request).failed(request.client.host if request.client else "")
        raise


def limits_of(request: Request) -> RateLimits:
    """Return the rate limits of this process."""
    found: RateLimits = request.app.state.limits
    return found


ThePremises = Annotated[Premises, Depends(_premises)]
TheHouse = Annotated[House, Depends(_house)]
Asker = Annotated[Operator, Depends(_operator)]
Raw = Annotated[bytes, Depends(_raw)]
Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="An id, as this API gave it.")]
Position = Annotated[int, Path(ge=0, le=_MOST_POSITION, description="A position in the ledger, from 0.")]
After = Annotated[str, Query(pattern=r"^[A-Za-z0-9._-]{0,64}$", description="The cursor of the page before.")]
State = Annotated[str, Query(pattern=SLUG, description="Only rows in this state.")]
On = Annotated[
    str, Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$", description="A day, YYYY-MM-DD; today when it is left out.")
]
Idem = Annotated[
    str, Header(alias="Idempotency-Key", description="The same key gives the same answer for a day.", max_length=128)
]


def posted(model: type[M]) -> Callable[[Request], Awaitable[M]]:
    """Return a dependency that reads a body as ``model``. Raises InvalidInput with every field at fault."""

    async def read(request: Request) -> M:
        raw = await request.body()
        try:
            return model.model_validate(canonical.decode(raw or b"{}"))
        except ValidationError as error:
            raise problems.refusal([(e["loc"], e) for e in error.errors(include_input=False)]) from None

    return read


def takes(model: type[Strict], what: str = "") -> dict[str, Any]:
    """Return what OpenAPI is told of a body read by :func:`posted`."""
    schema = model.model_json_schema()
    needed = bool(schema.get("required"))
    return json_body(schema, what or str(schema.get("description", "")), needed=needed)


def json_body(schema: dict[str, Any], what: str, *, needed: bool = True) -> dict[str, Any]:
    """Return what OpenAPI is told of a JSON body."""
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": needed, "description": what, "content": content}}
