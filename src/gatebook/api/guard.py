"""The guard at the door: one request at a time is bounded, answered whatever happens, counted and timed.

The trap guarded against: a body without end, one from nobody known, or an error that tells its content to the log or
to the caller. An unexpected error stops here; it is logged by kind and place, and nothing of it travels further.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gatebook.api import problems
from gatebook.api.asking import bearer_of, known, limits_of
from gatebook.errors import FieldProblem, NotAuthenticated, TooLarge, TooMany

_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
_WITH_BODY = frozenset({"PATCH", "POST", "PUT"})
_UNITS, _MOST_BODY_S = {"KiB": 1024, "MiB": 1024 * 1024}, 30.0
_MOST_BODY = "1 MiB"  # where nothing else was said of a route
_MOST_AT_ONCE = 1000


class Guard:
    """Reads each body whole before the app sees it, adds security headers, counts and times, logs no content.

    ``body_mib`` says for paths how many MiB a body may have; for all others it is one. ``open_kib`` says it in KiB for
    paths whose body is taken from anybody, so often a minute from one address.
    """

    def __init__(
        self,
        app: ASGIApp,
        registry: CollectorRegistry,
        body_mib: Mapping[str, int] | None = None,
        open_kib: Mapping[str, int] | None = None,
    ) -> None:
        self.app, self.log, self.under_way = app, structlog.get_logger(), 0
        self.most = {path: f"{mib} MiB" for path, mib in (body_mib or {}).items()}
        self.most_open = {path: f"{kib} KiB" for path, kib in (open_kib or {}).items()}
        self.seconds = Histogram("gatebook_request_seconds", "Time to answer", ["route"], registry=registry)
        self.answers = Counter("gatebook_requests", "Answers by status", ["route", "status"], registry=registry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, method = time.perf_counter(), str(scope["method"])
        answer = _Answer(scope, send)
        self.under_way += 1
        try:
            await self._serve(scope, receive, answer.send)
        except Exception as error:
            self.log.error("failed", exc_info=error)  # noqa: TRY400  the kind and the place, never the traceback
            if not answer.status:
                await problems.unexpected()(scope, receive, answer.send)
        finally:
            self.under_way -= 1
            route, status = getattr(scope.get("route"), "path", "unknown"), answer.status or 500
            took = time.perf_counter() - began
            self.seconds.labels(route).observe(took)
            self.answers.labels(route, status).inc()
            self.log.info("answered", method=method, route=route, status=status, duration_ms=round(took * 1000, 1))

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.under_way > _MOST_AT_ONCE:
            await problems.answer_code("busy", {"Connection": "close", "Retry-After": "1"})(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            await _options(scope)(scope, receive, send)
            return
        if scope["method"] == "HEAD":  # a GET whose body stays here
            scope["method"] = "GET"
        try:
            async with asyncio.timeout(_MOST_BODY_S):
                body = await self._read(scope, receive)
        except (NotAuthenticated, TooMany) as error:
            await problems.answer(error, {"Connection": "close"})(scope, receive, send)
            return
        except TooLarge as error:
            await problems.answer(error)(scope, receive, send)
            return
        except TimeoutError:
            await problems.answer_code("too-slow", {"Connection": "close"})(scope, receive, send)
            return
        if body is not None:
            await self.app(scope, _replayed(body, receive), send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        most = self.most_open.get(scope["path"])
        if most is None:
            return await _body(scope, receive, self.most.get(scope["path"], _MOST_BODY))
        request = Request(scope)
        limits_of(request).asked_witness(request.client.host if request.client else "")
        return await _whole_body(receive, None, most, is_kept=scope["method"] in _WITH_BODY)


class _Answer:
    """An answer on its way out: its status is noted and its headers are completed; HEAD gets no body."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.status, self._send = 0, send
        self._is_head, self._is_private = scope["method"] == "HEAD", scope["path"].startswith("/v1")
        self._scope = scope

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Content-Type-Options"] = "nosniff"
            if self._is_private:
                headers["Cache-Control"] = "no-store"
            if self.status == 405:  # noqa: PLR2004  the framework names the methods of one route, not of the path
                headers["Allow"] = ", ".join(_methods(self._scope))
        elif self._is_head:
            message = {**message, "body": b""}
        await self._send(message)


async def _body(scope: Scope, receive: Receive, most: str) -> bytes | None:
    """Return the body, or None when the client went away. Raises TooLarge; NotAuthenticated, TooMany as ``known`` does.

    A body that is here already is small and costs nothing, and its route asks for the key. Any other is waited for
    only once the headers said who asks. Where a route takes none, it is let go by as it comes.
    """
    is_kept = scope["method"] in _WITH_BODY and scope["path"].startswith("/v1/")
    first = await _at_hand(scope, receive)
    if is_kept and (first is None or first.get("more_body", False)):
        request = Request(scope)
        await run_in_threadpool(known, request, bearer_of(request))
    return await _whole_body(receive, first, most, is_kept=is_kept)


async def _at_hand(scope: Scope, receive: Receive) -> Message | None:
    """Return what came with the headers, or None. To ask is to tell a client that waits for a word to go on."""
    if any(name == b"expect" for name, _ in scope["headers"]):
        return None
    try:
        async with asyncio.timeout(0):
            return await receive()
    except TimeoutError:
        return None


async def _whole_body(receive: Receive, first: Message | None, most: str, *, is_kept: bool) -> bytes | None:
    found, size = bytearray(), 0
    number, _, unit = most.partition(" ")
    limit = int(number) * _UNITS[unit]
    while True:
        message = first or await receive()
        first = None
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise TooLarge(f"the body is larger than {most}", (FieldProblem("", "too-large", f"at most {most}"),))
        if is_kept:
            found += part
        if not message.get("more_body", False):
            return bytes(found)


def _replayed(body: bytes, receive: Receive) -> Receive:
    given: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return given.pop() if given else await receive()

    return again


def _methods(scope: Scope) -> list[str]:
    """Return the methods a path takes, by asking the routes themselves about each."""
    routes: list[BaseRoute] = scope["app"].routes

    def takes(method: str) -> bool:
        return any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)

    found = {method for method in _METHODS if takes(method)}
    return sorted(found | {"OPTIONS"} | ({"HEAD"} if "GET" in found else set())) if found else []


def _options(scope: Scope) -> Response:
    methods = _methods(scope)
    return (
        Response(status_code=204, headers={"Allow": ", ".join(methods)})
        if methods
        else problems.answer_code("not-found")
    )
