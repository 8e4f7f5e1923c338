"""Problems: the one file where an error becomes a status code and an RFC 9457 answer.

The trap guarded against: two routes that answer the same mistake with two codes.
"""

from __future__ import annotations

from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse

from gatebook import errors

STATUS: dict[type[errors.GatebookError], int] = {
    errors.TooLarge: 413,
    errors.InvalidInput: 422,
    errors.NotAuthenticated: 401,
    errors.NotPermitted: 403,
    errors.NotFound: 404,
    errors.InFlight: 409,
    errors.KeyReused: 422,
    errors.Conflict: 409,
    errors.TooMany: 429,
    errors.Shredded: 410,
    errors.Unavailable: 503,
    errors.GatebookError: 500,
}
TITLES = {
    401: "Nobody is known to be asking",
    403: "Not permitted",
    404: "Not found",
    405: "This method is not taken here",
    409: "Conflict",
    410: "Destroyed",
    413: "Too large",
    422: "What was sent cannot be taken",
    429: "Asked too often",
    500: "The house could not do this",
    503: "Something outside did not answer",
}
_DOCS = "/docs/problems#"


def status_of(error: errors.GatebookError) -> int:
    """Return the status of the nearest ancestor in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def body_of(error: errors.GatebookError) -> dict[str, Any]:
    """Return the problem document: type, title, status, detail and every field at fault."""
    status = status_of(error)
    found: dict[str, Any] = {
        "type": _DOCS + error.code,
        "title": TITLES[status],
        "status": status,
        "detail": error.message,
    }
    problems = error.problems if isinstance(error, errors.InvalidInput) else ()
    if problems:
        found["errors"] = [{"pointer": p.pointer, "code": p.code, "reason": p.reason} for p in problems]
    return found


def answer(error: errors.GatebookError) -> JSONResponse:
    """Return the HTTP answer for an error."""
    headers = {}
    if isinstance(error, errors.TooMany):
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, errors.NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body_of(error), status_of(error), headers, media_type="application/problem+json")


async def on_gatebook_error(_: Request, error: Exception) -> JSONResponse:
    """Answer an error of ours."""
    assert isinstance(error, errors.GatebookError)  # noqa: S101  registered for this type only
    return answer(error)


async def on_http_error(_: Request, error: Exception) -> JSONResponse:
    """Answer what the framework refused: unknown route or method."""
    status = getattr(error, "status_code", 500)
    code = {404: "not-found", 405: "method-not-allowed"}.get(status, "error")
    body = {"type": _DOCS + code, "title": TITLES.get(status, "Error"), "status": status}
    headers = getattr(error, "headers", None)
    return JSONResponse(body, status, headers, media_type="application/problem+json")


async def on_validation_error(_: Request, error: Exception) -> JSONResponse:
    """Answer what pydantic refused: every field at once, never its value."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered for this type only
    problems = tuple(
        errors.FieldProblem(
            "/" + "/".join(str(part) for part in e["loc"][1:]), str(e["type"]).replace("_", "-"), str(e["msg"])
        )
        for e in error.errors()
    )
    return answer(errors.InvalidInput("some fields cannot be taken", problems))


async def on_anything_else(_: Request, __: Exception) -> JSONResponse:
    """Answer a bug without telling anything of its content."""
    return answer(errors.GatebookError("an unexpected error; it was logged without its content"))
