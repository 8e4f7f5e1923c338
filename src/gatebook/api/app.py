"""The API: management routes on FastAPI, the gate on bare Starlette and msgspec.

The trap guarded against: a body of any size, or one read twice in two ways. Bodies are read once, strictly.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import structlog
import uvicorn
from fastapi import FastAPI, Header, Query
from fastapi.exceptions import RequestValidationError
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from gatebook import __version__, canonical
from gatebook.api import problems
from gatebook.api.idempotency import once
from gatebook.canonical import Plain
from gatebook.errors import FieldProblem, GatebookError, InvalidInput, TooLarge
from gatebook.law.consider import consider
from gatebook.procedures import (
    api_keys,
    ask_gate,
    close_account,
    confirm_contact,
    look,
    open_account,
    publish_ledger,
    render,
    replay,
    rescreen_account,
    review,
    webhooks,
)
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.record.registers import REGISTERS
from gatebook.screen.scan import Query as ScreenQuery
from gatebook.screen.scan import candidate_to_plain
from gatebook.terms.fact import Fact, Facts
from gatebook.wiring import Premises, keep, open_premises, set_up_logging

_MOST_BODY = 1024 * 1024
Key = Header(default="", alias="Authorization", description="Bearer gbk....")
Idem = Header(default="", alias="Idempotency-Key", description="The same key gives the same answer for a day.")


class Strict(BaseModel):
    """A body with no unknown field."""

    model_config = ConfigDict(extra="forbid", strict=True)


class CodeSend(Strict):
    """Where to send a one-time code."""

    channel: str = Field(pattern="^(email|phone)$")
    which: int = Field(default=0, ge=0, le=49)


class CodeAnswer(Strict):
    """The code that came back."""

    channel: str = Field(pattern="^(email|phone)$")
    code: str = Field(min_length=1, max_length=12)


class Disposition(Strict):
    """An officer's word on a review."""

    disposition: str
    match: str = ""
    note: str = ""


class Closing(Strict):
    """Why an account ends."""

    cause: str
    for_cause: bool = False


class Reading(Strict):
    """Why a sealed record is opened."""

    purpose: str


class NewKey(Strict):
    """Scopes and days of a new API key."""

    scopes: list[str]
    days: int = 365


class Endpoint(Strict):
    """Where events go."""

    url: str


class NameCheck(Strict):
    """A name to compare with the lists, kept nowhere."""

    name: str = Field(min_length=1, max_length=200)
    born_on: str = Field(default="", pattern=r"^(\d{4}(-\d{2}(-\d{2})?)?)?$")
    country: str = Field(default="", max_length=2)
    kind: str = Field(default="", pattern="^(individual|entity|)$")


class GateQuestion(msgspec.Struct, forbid_unknown_fields=True):
    """What a control plane asks: an account (or application) id and what it is about to do."""

    account: str
    act: str = "use"


class Guard:
    """Refuses a body over the limit before it is read whole, counts and times every request, logs no content."""

    def __init__(self, app: Any, registry: CollectorRegistry) -> None:  # noqa: ANN401  an ASGI app
        self.app, self.log = app, structlog.get_logger()
        self.seconds = Histogram("gatebook_request_seconds", "Time to answer", ["route"], registry=registry)
        self.answers = Counter("gatebook_requests", "Answers by status", ["route", "status"], registry=registry)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  ASGI
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, size = time.perf_counter(), [500], [0]

        async def counted() -> Any:  # noqa: ANN401  ASGI
            message = await receive()
            size[0] += len(message.get("body", b""))
            if size[0] > _MOST_BODY:
                raise TooLarge("the body is larger than 1 MiB", (FieldProblem("", "too-large", "at most 1 MiB"),))
            return message

        async def noted(message: Any) -> None:  # noqa: ANN401  ASGI
            if message["type"] == "http.response.start":
                status[0] = message["status"]
            await send(message)

        try:
            await self.app(scope, counted, noted)
        except TooLarge as error:
            await problems.answer(error)(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "unknown")
            took = time.perf_counter() - began
            self.seconds.labels(route).observe(took)
            self.answers.labels(route, status[0]).inc()
            self.log.info(
                "answered", method=scope["method"], route=route, status=status[0], duration_ms=round(took * 1000, 1)
            )


async def _body(request: Request) -> tuple[bytes, Plain]:
    raw = await request.body()
    return raw, canonical.decode(raw)


def _threaded(act: Callable[[], Any]) -> Awaitable[Any]:
    return run_in_threadpool(act)


def make_app(premises: Premises) -> FastAPI:
    """Return the app over one house."""
    house = premises.house
    app = FastAPI(
        title="Gatebook",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        description="Who rents your machines, how you know, what was decided and why.",
        responses={422: {"description": "Problem (RFC 9457)", "content": {"application/problem+json": {}}}},
    )
    registry = CollectorRegistry()
    app.add_middleware(Guard, registry=registry)
    app.add_exception_handler(GatebookError, problems.on_gatebook_error)
    app.add_exception_handler(HTTPException, problems.on_http_error)
    app.add_exception_handler(RequestValidationError, problems.on_validation_error)
    app.add_exception_handler(Exception, problems.on_anything_else)
    who = functools.partial(_who, house)
    _applications(app, house, who)
    _reviews_and_accounts(app, house, who)
    _law_and_ledger(app, house, who)
    _administration(app, premises, who)
    _health(app, house, registry)
    app.router.routes.append(Route("/v1/gate", _gate(house), methods=["POST"]))
    return app


Who = Callable[[str], Operator]


def _who(house: House, authorization: str) -> Operator:
    return api_keys.who_asks(house, authorization.removeprefix("Bearer ").strip())


def _applications(app: FastAPI, house: House, who: Who) -> None:  # noqa: C901  one closure a route; the count is of routes
    @app.post(
        "/v1/applications",
        status_code=201,
        openapi_extra=_json_body('an application, with "evidence" beside its fields'),
    )
    async def take_application(
        request: Request, authorization: str = Key, idempotency_key: str = Idem
    ) -> dict[str, Any]:
        """Take an application, judge it, and open the account if nothing stands against it."""
        raw, data = await _body(request)
        operator = await _threaded(lambda: who(authorization))

        def act() -> dict[str, Any]:
            if not isinstance(data, dict):
                raise InvalidInput(
                    "an application is an object", (FieldProblem("", "not-an-object", "must be an object"),)
                )
            evidence = data.get("evidence", [])
            if not isinstance(evidence, list):
                raise InvalidInput("evidence is a list", (FieldProblem("/evidence", "not-a-list", "must be a list"),))
            claims = {name: value for name, value in data.items() if name != "evidence"}
            return render.determined(*open_account.open_account(house, operator, claims, evidence))

        found: dict[str, Any] = await _threaded(
            lambda: once(house, operator, idempotency_key, "applications", raw, act)
        )
        return found

    @app.post("/v1/requirements", openapi_extra=_json_body("an application without evidence"))
    async def ask_requirements(request: Request, authorization: str = Key) -> list[dict[str, Any]]:
        """Say what an application like this would still need; nothing of it is kept."""
        _, data = await _body(request)
        found: list[dict[str, Any]] = await _threaded(lambda: look.requirements(house, who(authorization), data))
        return found

    @app.post("/v1/applications/{application_id}/evidence", openapi_extra=_json_body("a list of evidence"))
    async def add_evidence(
        request: Request, application_id: str, authorization: str = Key, idempotency_key: str = Idem
    ) -> dict[str, Any]:
        """Add evidence to an application in review and judge it again."""
        raw, data = await _body(request)
        operator = await _threaded(lambda: who(authorization))
        pieces = data if isinstance(data, list) else [data]

        def act() -> dict[str, Any]:
            return render.determined(
                application_id, open_account.submit_evidence(house, operator, application_id, pieces)
            )

        route = f"evidence/{application_id}"
        found: dict[str, Any] = await _threaded(lambda: once(house, operator, idempotency_key, route, raw, act))
        return found

    @app.post("/v1/applications/{application_id}/determinations")
    def determine_again(application_id: str, authorization: str = Key) -> dict[str, Any]:
        """Judge an application in review again."""
        return render.determined(
            application_id, open_account.determine_again(house, who(authorization), application_id)
        )

    @app.post("/v1/applications/{application_id}/codes", status_code=202)
    def send_code(application_id: str, body: CodeSend, authorization: str = Key) -> dict[str, Any]:
        """Send a one-time code to a claimed contact."""
        confirm_contact.send_code(house, who(authorization), application_id, body.channel, body.which)
        return {"sent": True, "channel": body.channel}

    @app.post("/v1/applications/{application_id}/codes/answers")
    def answer_code(application_id: str, body: CodeAnswer, authorization: str = Key) -> dict[str, Any]:
        """Answer with the code that came back."""
        verdict, found = confirm_contact.answer_code(house, who(authorization), application_id, body.channel, body.code)
        return {"verdict": verdict, "determined": render.determined(application_id, found) if found else None}

    @app.get("/v1/applications/{application_id}/candidates")
    def candidates(application_id: str, authorization: str = Key) -> dict[str, Any]:
        """Open the latest screening: a reading, entered first."""
        return look.candidates(house, who(authorization), application_id)


def _reviews_and_accounts(app: FastAPI, house: House, who: Who) -> None:
    for name in REGISTERS:
        _register_routes(app, house, who, name)

    @app.post("/v1/reviews/{review_id}/dispositions")
    def dispose(review_id: str, body: Disposition, authorization: str = Key) -> dict[str, Any]:
        """Enter an officer's word on a review."""
        found = review.dispose(house, who(authorization), review_id, body.disposition, body.match, body.note)
        return (
            render.determined(found.determination.application_id, found)
            if found
            else {"waiting_for": "a second officer"}
        )

    @app.post("/v1/reviews/{review_id}/approvals")
    def approve(review_id: str, authorization: str = Key) -> dict[str, Any]:
        """Approve what another officer proposed."""
        found = review.approve(house, who(authorization), review_id)
        return render.determined(found.determination.application_id, found)

    @app.post("/v1/accounts/{account_id}/closings")
    def close(account_id: str, body: Closing, authorization: str = Key) -> dict[str, Any]:
        """Close an account."""
        operator = who(authorization)
        close_account.close_account(house, operator, account_id, body.cause, for_cause=body.for_cause)
        with house.state.read() as work:
            return render.row(work.registers.get("accounts", account_id) or {})

    @app.post("/v1/accounts/{account_id}/screenings")
    def rescreen(account_id: str, authorization: str = Key) -> dict[str, Any]:
        """Compare an open account's person with the lists of today."""
        found = rescreen_account.rescreen_account(house, who(authorization), account_id)
        return render.determined(found.determination.application_id, found)

    @app.get("/v1/determinations/{determination_id}/reasons")
    def reasons(determination_id: str, authorization: str = Key) -> dict[str, Any]:
        """Open a determination with every clause considered: a reading, entered first."""
        return look.determination(house, who(authorization), determination_id)

    @app.post("/v1/determinations/{determination_id}/replays")
    def replay_(determination_id: str, authorization: str = Key) -> dict[str, Any]:
        """Put the recorded facts to the law of the recorded day again and compare byte for byte."""
        return canonical.table(replay.replay(house, who(authorization), determination_id))

    @app.post("/v1/records/{record_id}/readings")
    def read_record(record_id: str, body: Reading, authorization: str = Key) -> dict[str, Any]:
        """Open one sealed record for a stated purpose; the reading is entered first."""
        return {"record_id": record_id, "payload": look.read_record(house, who(authorization), record_id, body.purpose)}

    @app.post("/v1/screenings")
    def screen(body: NameCheck, authorization: str = Key) -> dict[str, Any]:
        """Compare a name with the lists loaded; nothing is kept."""
        permit(house, who(authorization), "look", "screen-name")
        found = house.screener().screen(
            ScreenQuery((body.name,), body.kind, body.born_on, (body.country,) if body.country else ())
        )
        lists = [canonical.plain(edition) for edition in found.editions]
        return {"candidates": [candidate_to_plain(c) for c in found.candidates], "lists": lists}


def _register_routes(app: FastAPI, house: House, who: Who, name: str) -> None:
    key = REGISTERS[name].key
    state = "status" if name == "accounts" else "state"

    def list_rows(
        authorization: str = Key, state_: str = Query(default="", alias=state), after: str = "", limit: int = 50
    ) -> dict[str, Any]:
        where = {state: state_} if state in REGISTERS[name].columns else {}
        rows, following = look.page(house, who(authorization), name, where, after, limit)
        return {"items": [render.row(row) for row in rows], "next": following}

    def one_row(row_id: str, authorization: str = Key) -> dict[str, Any]:
        return render.row(look.one(house, who(authorization), name, row_id))

    app.get(f"/v1/{name}", operation_id=f"list_{name}", summary=f"List {name}, a page at a time")(list_rows)
    app.get(f"/v1/{name}/{{row_id}}", operation_id=f"get_{name}", summary=f"One of {name} by its {key}")(one_row)


def _law_and_ledger(app: FastAPI, house: House, who: Who) -> None:
    @app.get("/v1/law")
    def law_of_today(authorization: str = Key) -> dict[str, Any]:
        """Show every clause in force today with its citation and standing."""
        permit(house, who(authorization), "look", "look-at-law")
        law = house.law.on(house.now().date())
        clauses = [
            {
                "clause": c.clause_id,
                "cites": c.cites,
                "rests_on": law.rests_on(c.source),
                "duty": c.duty,
                "begins": c.begins.isoformat(),
                "unmet": c.unmet,
            }
            for c in law.clauses
        ]
        return {"day": law.day.isoformat(), "edition": law.edition, "clauses": clauses}

    @app.post("/v1/law/explanations", openapi_extra=_json_body("facts by name"))
    async def explain(request: Request, authorization: str = Key) -> list[Any]:
        """Put facts to the law of today and show every answer."""
        _, data = await _body(request)
        operator = await _threaded(lambda: who(authorization))
        await _threaded(lambda: permit(house, operator, "look", "explain-law"))
        if not isinstance(data, dict) or not all(isinstance(v, str | int | bool) for v in data.values()):
            raise InvalidInput("facts are an object of plain values", (FieldProblem("", "not-facts", "name to value"),))
        try:
            facts = Facts(tuple(Fact(name, value) for name, value in data.items()))
        except GatebookError:
            raise InvalidInput(
                "a fact is unknown or has no such value", (FieldProblem("", "unknown-fact", "see docs"),)
            ) from None
        return [canonical.plain(reason) for reason in consider(house.law.on(house.now().date()), facts)]

    @app.get("/v1/ledger/checkpoint", response_class=PlainTextResponse)
    def checkpoint() -> Response:
        """Return the signed checkpoint; it holds no secret and needs no key."""
        return PlainTextResponse(house.tiles.read_checkpoint() or b"")

    @app.get("/v1/ledger/entries/{position}/proof", response_class=PlainTextResponse)
    def proof(position: int, authorization: str = Key) -> Response:
        """Return a proof that an entry is in the published ledger."""
        permit(house, who(authorization), "look", "prove-entry")
        return PlainTextResponse(publish_ledger.proof_of(house, position))

    @app.get("/v1/ledger/entries/{position}")
    def entry(position: int, authorization: str = Key) -> Response:
        """Return the exact bytes of an entry."""
        if position >= 2**53:
            raise InvalidInput("there is no such position", (FieldProblem("/position", "out-of-range", "too large"),))
        return Response(look.entry_at(house, who(authorization), position).to_bytes(), media_type="application/json")


def _administration(app: FastAPI, premises: Premises, who: Who) -> None:
    house = premises.house

    @app.post("/v1/api-keys", status_code=201)
    def make_key(body: NewKey, authorization: str = Key) -> dict[str, Any]:
        """Make an API key; its secret is shown this once."""
        key_id, secret = api_keys.make_key(house, who(authorization), body.scopes, body.days)
        return {"key": key_id, "secret": secret}

    @app.delete("/v1/api-keys/{key_id}", status_code=204)
    def revoke_key(key_id: str, authorization: str = Key) -> None:
        """Revoke an API key at once."""
        api_keys.revoke_key(house, who(authorization), key_id)

    @app.post("/v1/webhook-endpoints", status_code=201)
    def add_endpoint(body: Endpoint, authorization: str = Key) -> dict[str, Any]:
        """Register an endpoint; its secret is shown this once."""
        endpoint, secret = webhooks.add_endpoint(house, who(authorization), body.url, premises.webhook_secret)
        return {"endpoint": endpoint, "secret": secret}

    @app.delete("/v1/webhook-endpoints/{endpoint}", status_code=204)
    def remove_endpoint(endpoint: str, authorization: str = Key) -> None:
        """Forget an endpoint."""
        webhooks.remove_endpoint(house, who(authorization), endpoint)

    @app.get("/v1/webhook-messages")
    def messages(authorization: str = Key, state: str = "", after: str = "") -> dict[str, Any]:
        """List events by state (queued, sent, dead) with how often each was tried."""
        permit(house, who(authorization), "admin", "list-messages")
        with house.state.read() as work:
            rows = work.outbox.listing(state, after, 100)
        return {"items": [{k: v for k, v in row.items() if k != "body"} for row in rows]}


def _health(app: FastAPI, house: House, registry: CollectorRegistry) -> None:
    @app.get("/healthz", response_class=PlainTextResponse)
    async def alive() -> str:
        """Say that the process answers."""
        return "alive"

    @app.get("/readyz")
    def ready() -> JSONResponse:
        """Say whether the state answers, how far the ledger is, and which lists are compared with."""
        with house.state.read() as work:
            size, lists = work.ledger.size(), work.registers.page("lists", {}, "", 100)
        ages = {row["list_id"]: (house.now() - canonical.parse_instant(row["loaded_at"])).days for row in lists}
        return JSONResponse({"ready": bool(lists), "ledger_size": size, "list_age_days": ages}, 200 if lists else 503)

    @app.get("/metrics", response_class=PlainTextResponse)
    def metrics() -> Response:
        """Counters and times for Prometheus; nothing personal."""
        return PlainTextResponse(generate_latest(registry))


def _gate(house: House) -> Callable[[Request], Awaitable[Response]]:
    decode, encode = msgspec.json.Decoder(GateQuestion).decode, msgspec.json.Encoder().encode

    async def gate(request: Request) -> Response:
        """Answer whether this account may do this now."""
        raw = await request.body()
        try:
            asked = decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise InvalidInput(
                "the gate takes {account, act}", (FieldProblem("", "malformed", "account and act, as text"),)
            ) from None
        secret = request.headers.get("authorization", "")
        answer = await run_in_threadpool(
            lambda: ask_gate.ask_gate(house, _who(house, secret), asked.account, asked.act)
        )
        return Response(encode(answer), media_type="application/json")

    return gate


def _json_body(what: str) -> dict[str, Any]:
    return {"requestBody": {"required": True, "description": what, "content": {"application/json": {"schema": {}}}}}


def serve(folder: Path, host: str, port: int) -> None:
    """Serve the API; a keeper thread publishes the ledger and delivers events once a second."""
    set_up_logging()
    with open_premises(folder) as premises:
        stop = threading.Event()
        keeper = threading.Thread(target=keep, args=(premises, stop), daemon=True)
        keeper.start()
        try:
            uvicorn.run(
                make_app(premises), host=host, port=port, access_log=False, server_header=False, log_level="warning"
            )
        finally:
            stop.set()
            keeper.join(timeout=20)
