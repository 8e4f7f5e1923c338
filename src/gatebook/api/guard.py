"""The guard at the door: one request at a time is bounded, answered whatever happens, counted and timed.

The trap guarded against: a body without end, or an error that tells its content to the log or to the caller. An
unexpected error stops here; it is logged by kind and place, and nothing of it travels further.
"""

from __future__ import annotations

import asyncio
import time

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gatebook.api import problems
from gatebook.errors import FieldProblem, TooLarge

_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
_MOST_BODY, _MOST_BODY_S = 1024 * 1024, 30.0


class Guard:
    """Reads each body whole before the app sees it, adds security headers, counts and times, logs no content."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self.app, self.log = app, structlog.get_logger()
        self.seconds = Histogram("gatebook_request_seconds", "Time to answer", ["route"], registry=registry)
        self.answers = Counter("gatebook_requests", "Answers by status", ["route", "status"], registry=registry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, method = time.perf_counter(), str(scope["method"])
        answer = _Answer(scope, send)
        try:
            await self._serve(scope, receive, answer.send)
        except Exception as error:
            self.log.error("failed", exc_info=error)  # noqa: TRY400  the kind and the place, never the traceback
            if not answer.status:
                await problems.unexpected()(scope, receive, answer.send)
        finally:
            route, status = getattr(scope.get("route"), "path", "unknown"), answer.status or 500
            took = time.perf_counter() - began
            self.seconds.labels(route).observe(took)
            self.answers.labels(route, status).inc()
            self.log.info("answered", method=method, route=route, status=status, duration_ms=round(took * 1000, 1))

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            await _options(scope)(scope, receive, send)
            return
        if scope["method"] == "HEAD":  # a GET whose body stays here
            scope["method"] = "GET"
        try:
            async with asyncio.timeout(_MOST_BODY_S):
                body = await _whole_body(receive)
        except TooLarge as error:
            await problems.answer(error)(scope, receive, send)
            return
        except TimeoutError:
            await problems.answer_code("too-slow", {"Connection": "close"})(scope, receive, send)
            return
        if body is not None:
            await self.app(scope, _replayed(body, receive), send)


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


async def _whole_body(receive: Receive) -> bytes | None:
    """Return the body, or None when the client went away. Raises TooLarge."""
    found = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        found += message.get("body", b"")
        if len(found) > _MOST_BODY:
            raise TooLarge("the body is larger than 1 MiB", (FieldProblem("", "too-large", "at most 1 MiB"),))
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
