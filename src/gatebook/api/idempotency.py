"""Idempotency: the same key with the same body gives the stored answer, for a day.

The trap guarded against: an application taken twice because the first answer was lost, or because the house was cut
off before it had one. What was entered is remembered in the transaction that enters it; a later request with the key
takes that up. A key in flight answers 409, a key with another body 422 (draft-ietf-httpapi-idempotency-key-header).
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from gatebook import canonical
from gatebook.errors import FieldProblem, GatebookError, InFlight, InvalidInput, KeyReused
from gatebook.procedures import render
from gatebook.procedures.house import House, Operator
from gatebook.procedures.judge_application import take_up
from gatebook.procedures.open_account import Remember
from gatebook.record.ports import Work

_KEY = re.compile(r"[\x21-\x7e]{1,128}")
_KEPT, _IN_FLIGHT = timedelta(hours=24), timedelta(minutes=5)
_SHELF = "idempotency"


@dataclass(frozen=True, slots=True)
class _Record:
    """What is kept of a key. ``holder`` names the one request that may act until ``until``.

    ``application`` is empty until something was entered; ``answer`` is None until there is one.
    """

    digest: str
    holder: str
    until: datetime
    application: str = ""
    answer: dict[str, Any] | None = None

    @staticmethod
    def from_bytes(data: bytes) -> _Record:
        plain = canonical.decode(data)
        assert isinstance(plain, dict)  # noqa: S101  we wrote it
        return _Record(**{**plain, "until": canonical.parse_instant(plain["until"])})


def once(
    house: House, operator: Operator, key: str, route: str, body: bytes, act: Callable[[Remember], dict[str, Any]]
) -> dict[str, Any]:
    """Do ``act`` once for ``key``; answer again what it answered. A key counts for its operator and route.

    ``act`` is given what to call, in the transaction that enters something about an application, with the
    application's id. A failure before that frees the key; after it, the next request with the key takes the
    application up instead of entering another.
    """
    if not key:
        return act(lambda _, __: None)
    if not _KEY.fullmatch(key):
        problem = FieldProblem("/Idempotency-Key", "malformed", "1 to 128 printable ASCII characters")
        raise InvalidInput("the idempotency key is malformed", (problem,))
    name = hashlib.sha256(f"{operator.operator_id}\n{route}\n{key}".encode()).hexdigest()
    held = _claim(house, name, hashlib.sha256(body).hexdigest())
    if held.answer is not None:
        return held.answer
    try:
        answer = (
            render.determined(held.application, take_up(house, operator, held.application))
            if held.application
            else act(lambda work, application_id: _remember(house, work, name, held.holder, application_id))
        )
    except Exception:
        with contextlib.suppress(GatebookError):  # the first failure is the one to tell
            _let_go(house, name, held.holder)
        raise
    _answered(house, name, held.holder, answer)
    return answer


def _claim(house: House, name: str, digest: str) -> _Record:
    """Become the key's holder; or return its answer. Raises InFlight, KeyReused."""
    now = house.now()
    mine = _Record(digest, house.draw(16).hex(), now + _IN_FLIGHT)
    with house.state.transaction() as work:
        work.shelf.expire(now)
        if work.shelf.add(_SHELF, name, canonical.encode(mine), mine.until):
            return mine
        work.ledger.lock()
        held = _get(work, name) or mine
        if held.digest != digest:
            raise KeyReused("this idempotency key was used with another body; use a new key for a new request")
        if held.answer is not None:
            return held
        if held.until > now:
            raise InFlight("the first request with this idempotency key is still being worked on; ask again shortly")
        mine = replace(mine, application=held.application)
        _put(house, work, name, mine)
    return mine


def _remember(house: House, work: Work, name: str, holder: str, application_id: str) -> None:
    """Tie the key to what is being entered; a request that lost the key enters nothing."""
    held = _get(work, name)
    if held is None or held.holder != holder:
        raise InFlight("another request with this idempotency key took over; ask again shortly")
    _put(house, work, name, replace(held, application=application_id))


def _let_go(house: House, name: str, holder: str) -> None:
    """Free the key where nothing was entered; else leave what was entered to the next request with it."""
    with house.state.transaction() as work:
        work.ledger.lock()
        held = _get(work, name)
        if held is None or held.holder != holder:
            return
        if held.application:
            _put(house, work, name, replace(held, until=house.now()))
        else:
            work.shelf.remove(_SHELF, name)


def _answered(house: House, name: str, holder: str, answer: dict[str, Any]) -> None:
    with house.state.transaction() as work:
        work.ledger.lock()
        held = _get(work, name)
        if held is not None and held.holder == holder:
            _put(house, work, name, replace(held, answer=answer))


def _get(work: Work, name: str) -> _Record | None:
    found = work.shelf.get(_SHELF, name)
    return None if found is None else _Record.from_bytes(found)


def _put(house: House, work: Work, name: str, held: _Record) -> None:
    # Until something was entered, a key whose request died is worth nothing beyond its time in flight.
    is_worth_keeping = bool(held.application) or held.answer is not None
    work.shelf.put(_SHELF, name, canonical.encode(held), house.now() + _KEPT if is_worth_keeping else held.until)
