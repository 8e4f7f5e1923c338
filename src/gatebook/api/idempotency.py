"""Idempotency: the same key with the same body gives the stored answer, for a day.

The trap guarded against: an application taken twice because the first answer was lost. A key in flight answers
409, a key with another body 422 (draft-ietf-httpapi-idempotency-key-header).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from gatebook import canonical
from gatebook.errors import FieldProblem, GatebookError, InFlight, InvalidInput, KeyReused
from gatebook.procedures.house import House, Operator

_KEY = re.compile(r"[\x21-\x7e]{1,128}")
_KEPT, _IN_FLIGHT = timedelta(hours=24), timedelta(minutes=5)


def once(
    house: House, operator: Operator, key: str, route: str, body: bytes, act: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Do ``act`` once for ``key``; answer again what it answered. A refusal frees the key."""
    if not key:
        return act()
    if not _KEY.fullmatch(key):
        problem = FieldProblem("/Idempotency-Key", "malformed", "1 to 128 printable ASCII characters")
        raise InvalidInput("the idempotency key is malformed", (problem,))
    name = hashlib.sha256(f"{operator.operator_id}\n{key}".encode()).hexdigest()
    digest = hashlib.sha256(route.encode() + b"\n" + body).hexdigest()
    held = _claim(house, name, digest)
    if held is not None:
        return held
    try:
        answer = act()
    except GatebookError:
        with house.state.transaction() as work:
            work.shelf.remove("idempotency", name)
        raise
    _keep(house, name, {"digest": digest, "answer": answer})
    return answer


def _claim(house: House, name: str, digest: str) -> dict[str, Any] | None:
    now = house.now()
    with house.state.transaction() as work:
        work.shelf.expire(now)
        pending = canonical.encode({"digest": digest, "answer": None})
        if work.shelf.add("idempotency", name, pending, now + _IN_FLIGHT):
            return None
        found = canonical.decode(work.shelf.get("idempotency", name) or b"{}")
    assert isinstance(found, dict)  # noqa: S101  we wrote it
    if found.get("digest") != digest:
        raise KeyReused("this idempotency key was used with another body; use a new key for a new request")
    if found["answer"] is None:
        raise InFlight("the first request with this idempotency key is still being worked on; ask again shortly")
    answer: dict[str, Any] = found["answer"]
    return answer


def _keep(house: House, name: str, value: dict[str, Any]) -> None:
    with house.state.transaction() as work:
        work.shelf.put("idempotency", name, canonical.encode(value), house.now() + _KEPT)
