"""The gate over HTTP: one small question, answered on bare Starlette and msgspec because it is asked most of all.

The trap guarded against: a question read loosely. Unknown fields, duplicate keys and ids of another form are refused.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gatebook import canonical
from gatebook.api.asking import bearer_of, json_body, known, limits_of
from gatebook.api.schemas import GATE_ANSWER, statuses
from gatebook.errors import FieldProblem, InvalidInput
from gatebook.procedures import ask_gate
from gatebook.wiring.premises import Premises

PATH = "/v1/gate"
_encode = msgspec.json.Encoder().encode


class GateQuestion(msgspec.Struct, forbid_unknown_fields=True):
    """What a control plane asks: an account (or application) id and what it is about to do."""

    account: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    act: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")] = "use"


async def gate(request: Request) -> Response:
    """Answer whether this account may do this now."""
    request.scope["route"] = ROUTE  # which FastAPI notes for its own routes, and logs and metrics read
    raw = await request.body()
    answer = await run_in_threadpool(_answer, request, raw)
    return Response(_encode(answer), media_type="application/json")


def _answer(request: Request, raw: bytes) -> ask_gate.GateAnswer:
    premises: Premises = request.app.state.premises
    operator = known(request, bearer_of(request))
    limits_of(request).asked_gate(operator.operator_id)
    asked = _question(raw)
    return ask_gate.ask_gate(premises.house, operator, asked.account, asked.act)


def _question(raw: bytes) -> GateQuestion:
    try:
        found = msgspec.convert(canonical.decode(raw), GateQuestion)
    except msgspec.ValidationError:
        problem = FieldProblem("", "malformed", "account and act, as short text")
        raise InvalidInput("the gate takes {account, act}", (problem,)) from None
    if "\n" in found.account + found.act:  # a pattern's $ also stands before a last line break
        raise InvalidInput("the gate takes {account, act}", (FieldProblem("", "malformed", "no line breaks"),))
    return found


def operation() -> dict[str, Any]:
    """Return the gate's operation for OpenAPI, which FastAPI cannot see."""
    schema = msgspec.json.schema_components([GateQuestion])[1]["GateQuestion"]
    return {
        "operationId": "ask_gate_v1_gate_post",
        "summary": "Ask Gate",
        "description": "Answer whether this account may do this now.",
        "security": [{"key": []}],
        **json_body(schema, "an account or application id, and the act"),
        "responses": {
            "200": {"description": "The answer", "content": {"application/json": {"schema": GATE_ANSWER}}},
            **{str(k): v for k, v in statuses(401, 403, 408, 413, 422, 429, 500, 503).items()},
        },
    }


ROUTE = Route(PATH, gate, methods=["POST"])
