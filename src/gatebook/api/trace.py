"""Traces over HTTP: who held and who used what, each a question in a body, entered before it is answered.

The trap guarded against: an address in a path or a query, where proxies and logs keep it. What is asked about stands
in the body alone, and a trace is posted because it makes an entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import ConfigDict, Field
from starlette.responses import Response

from gatebook.api.asking import Asker, Strict, ThePremises, posted, takes
from gatebook.api.schemas import gives
from gatebook.procedures.house import Operator
from gatebook.procedures.trace import Tracer
from gatebook.procedures.trace_account import IDENTIFIERS, trace_account, trace_identifier, trace_sign
from gatebook.procedures.trace_address import AROUND, trace_address
from gatebook.procedures.trace_shared import DAYS, LEAST, trace_shared
from gatebook.procedures.trace_timeline import draw_timeline, trace_timeline
from gatebook.record.access import PURPOSES
from gatebook.trace.asked import MOST_ITEMS, MOST_TEXT
from gatebook.trace.proposal import ACCOUNT
from gatebook.wiring.premises import Premises

router = APIRouter()
_INSTANT = "RFC 3339 with a zone and at most microseconds, as 2026-10-01T12:00:05Z"
_SVG = "image/svg+xml"
_OBJECTS, _TEXT = {"type": "array", "items": {"type": "object"}}, {"type": "string"}
_TRACED = {
    "type": "object",
    "properties": {
        "question": _TEXT,
        "sealed_until": {
            "type": "object",
            "description": "the answer holds every event sealed until this segment; whether more wait to be sealed",
            "properties": {
                "segment": {"type": "integer"},
                "at": {"type": ["string", "null"]},
                "batches_waiting": {"type": ["boolean", "null"]},
            },
            "required": ["segment", "at", "batches_waiting"],
        },
        **dict.fromkeys(("used", "events", "sharers", "accounts"), _OBJECTS),
        "next": _TEXT,
    },
    "required": ["question", "sealed_until", "accounts"],
}
_AS_DATA_OR_DRAWN: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "As data, or drawn",
        "content": {"application/json": {"schema": _TRACED}, _SVG: {"schema": _TEXT}},
    }
}
_SVG_HEADERS = {"Content-Security-Policy": "default-src 'none'; sandbox"}


class _Asked(Strict):
    """What every trace says: why."""

    purpose: str = Field(max_length=40, description=f"Why this is asked: one of {', '.join(sorted(PURPOSES))}.")


class _Between(_Asked):
    """A trace over a time."""

    model_config = ConfigDict(extra="forbid", strict=True, validate_by_alias=True)

    from_: str = Field(default="", alias="from", description=f"At this instant or later. {_INSTANT}.")
    until: str = Field(default="", description="Before this instant. Without either the whole record is asked.")


class _Paged(_Between):
    """A trace that gives events a page at a time."""

    after: str = Field(default="", max_length=64, description="The next of the page before.")
    limit: int = Field(default=100, description=f"How many events, at most {MOST_ITEMS}.")

    def page(self) -> dict[str, Any]:
        """Return what a procedure takes of it."""
        return {"from_": self.from_, "until": self.until, "after": self.after, "limit": self.limit}


class AddressTrace(_Paged):
    """An address or network, and an instant, or a time between two."""

    address: str = Field(max_length=MOST_TEXT, description="An IP address, or a network in CIDR form.")
    at: str = Field(default="", description=f"Who held it at this instant, and used it around it. {_INSTANT}.")
    window: str = Field(default="", description=f"How far before and after: 90s, 15m, 1h, 2d; {AROUND} if left out.")


class AccountTrace(_Paged):
    """An account."""

    account: str = Field(pattern=f"^{ACCOUNT}$", description="An account id.")


class TextTrace(_Paged):
    """A text that is looked for letter by letter."""

    text: str = Field(min_length=1, max_length=MOST_TEXT)


class IdentifierTrace(TextTrace):
    """Something by which somebody said who they are or how they pay."""

    kind: str = Field(max_length=20, description=f"One of {', '.join(IDENTIFIERS)}.")


class SharedTrace(_Asked):
    """An account, whose addresses others may share."""

    account: str = Field(pattern=f"^{ACCOUNT}$", description="An account id.")
    days: int = Field(default=DAYS, description="How many days, back from the end.")
    least: int = Field(default=LEAST, description="How many addresses at the least.")
    until: str = Field(default="", description=f"The end of the days; now, where it is left out. {_INSTANT}.")


class TimelineTrace(AccountTrace):
    """An account, and whether its timeline is given as data or drawn."""

    form: Literal["json", "svg"] = Field(default="json", description="svg draws all of the time, without pages.")


@contextmanager
def _tracing(premises: Premises, operator: Operator, purpose: str) -> Iterator[Tracer]:
    with premises.access() as rows:
        yield Tracer(premises.house, rows, operator, purpose, waiting=bool(premises.access_log.pending(1)))


@router.post("/v1/traces/address", responses=gives(_TRACED), openapi_extra=takes(AddressTrace))
def address(
    premises: ThePremises, asker: Asker, body: Annotated[AddressTrace, Depends(posted(AddressTrace))]
) -> dict[str, Any]:
    """Say who held an address at an instant and who used it around then: a reading, entered first."""
    with _tracing(premises, asker, body.purpose) as tracer:
        return trace_address(tracer, body.address, body.at, body.window, **body.page())


@router.post("/v1/traces/account", responses=gives(_TRACED), openapi_extra=takes(AccountTrace))
def account(
    premises: ThePremises, asker: Asker, body: Annotated[AccountTrace, Depends(posted(AccountTrace))]
) -> dict[str, Any]:
    """Say what an account did, by every principal within the time it held it: a reading."""
    with _tracing(premises, asker, body.purpose) as tracer:
        return trace_account(tracer, body.account, **body.page())


def _add(name: str, words: str, ask: Callable[..., dict[str, Any]]) -> None:
    """Add a route that traces a text."""

    def by_text(
        premises: ThePremises, asker: Asker, body: Annotated[TextTrace, Depends(posted(TextTrace))]
    ) -> dict[str, Any]:
        with _tracing(premises, asker, body.purpose) as tracer:
            return ask(tracer, name, body.text, **body.page())

    router.post(
        f"/v1/traces/{name}",
        name=name,
        description=f"{words}: a reading, entered first.",
        responses=gives(_TRACED),
        openapi_extra=takes(TextTrace),
    )(by_text)


_add("session", "Say who used a session", trace_sign)
_add("user-agent", "Say who showed exactly this user agent", trace_sign)
_add("fingerprint", "Say who used the key with this fingerprint", trace_sign)
_add("principal", "Say what was done under a name, and which account held it when", trace_sign)
_add("wallet", "Say whose accounts are paid from a virtual-currency address, and what they did", trace_identifier)


@router.post("/v1/traces/identifier", responses=gives(_TRACED), openapi_extra=takes(IdentifierTrace))
def identifier(
    premises: ThePremises, asker: Asker, body: Annotated[IdentifierTrace, Depends(posted(IdentifierTrace))]
) -> dict[str, Any]:
    """Say whose accounts are of who gave a wallet, e-mail address, telephone or other number: a reading."""
    with _tracing(premises, asker, body.purpose) as tracer:
        return trace_identifier(tracer, body.kind, body.text, **body.page())


@router.post("/v1/traces/shared", responses=gives(_TRACED), openapi_extra=takes(SharedTrace))
def shared(
    premises: ThePremises, asker: Asker, body: Annotated[SharedTrace, Depends(posted(SharedTrace))]
) -> dict[str, Any]:
    """Say who was seen at two or more addresses of an account, as leads and no findings: a reading."""
    with _tracing(premises, asker, body.purpose) as tracer:
        return trace_shared(tracer, body.account, body.days, body.least, body.until)


@router.post(
    "/v1/traces/timeline",
    responses=_AS_DATA_OR_DRAWN,
    openapi_extra=takes(TimelineTrace),
    response_model=None,
)
def timeline(
    premises: ThePremises, asker: Asker, body: Annotated[TimelineTrace, Depends(posted(TimelineTrace))]
) -> dict[str, Any] | Response:
    """Give an account's timeline: opening and closing, what it held, accesses, and days without: a reading."""
    with _tracing(premises, asker, body.purpose) as tracer:
        if body.form == "svg":
            drawn = draw_timeline(tracer, body.account, body.from_, body.until)
            return Response(drawn, media_type=_SVG, headers=_SVG_HEADERS)
        return trace_timeline(tracer, body.account, **body.page())
