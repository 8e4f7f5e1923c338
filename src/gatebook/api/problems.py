"""Problems: the one file where an error becomes a status code and an RFC 9457 answer, and where each is explained.

The trap guarded against: two routes that answer the same mistake with two codes, or a ``type`` that leads nowhere.
``docs/problems.md`` and the served page ``/docs/problems`` are made from the table here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse

from gatebook import errors

PAGE = "/docs/problems"
MEDIA_TYPE = "application/problem+json"
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Problem:
    """One type of problem: the code that names its anchor, its status, its title and what to do about it."""

    code: str
    status: int
    title: str
    explanation: str


_TABLE = (
    Problem("invalid-input", 422, "What was sent cannot be taken", "Something sent cannot be taken."),
    Problem(
        "too-large",
        413,
        "Too large",
        "The body is larger than its route takes: 1 MiB, for access events what the setting `access_body_mib` says; or"
        " it unfolds into too much.",
    ),
    Problem(
        "unknown-encoding",
        415,
        "Compressed in an unknown way",
        "Access events may come with the `Content-Encoding` gzip or zstd, or as they are.",
    ),
    Problem("busy", 503, "Too many at once", "More requests at once than this house works on; come back in a moment."),
    Problem("too-slow", 408, "Too slow", "The body did not arrive within 30 seconds; send it again."),
    Problem(
        "not-authenticated",
        401,
        "Nobody is known to be asking",
        "No valid API key: `Authorization: Bearer gbk....`",
    ),
    Problem(
        "not-permitted",
        403,
        "Not permitted",
        "The key lacks a scope, or four eyes ask for another officer. The refusal was entered in the ledger.",
    ),
    Problem("not-found", 404, "Not found", "Nothing under this id, or no such route."),
    Problem(
        "method-not-allowed",
        405,
        "This method is not taken here",
        "This route does not take this method; `Allow` names those it takes.",
    ),
    Problem(
        "conflict",
        409,
        "Conflict",
        "It is not in a state where this can be done, for instance an application already settled.",
    ),
    Problem(
        "idempotency-in-flight",
        409,
        "Still being worked on",
        "The first request with this key is still being worked on. After a crash the key is free again within five"
        " minutes.",
    ),
    Problem("idempotency-key-reused", 422, "The key was used before", "The key was used with another body."),
    Problem(
        "too-many",
        429,
        "Asked too often",
        "Asked too often; `Retry-After` says when to come back. The limits are settings of the house and count per"
        " process.",
    ),
    Problem("shredded", 410, "Destroyed", "The record was destroyed when its time was over."),
    Problem(
        "unavailable",
        503,
        "Something outside did not answer",
        "Something outside (mail, database, list publisher) did not answer; trying again may help.",
    ),
    Problem("law", 500, "The law tree is wrong", "The law tree is wrong: a gap, a clash, a missing citation."),
    Problem("list", 500, "A list cannot be read", "A list cannot be read, or was refused; the old edition stays."),
    Problem("ledger", 500, "The ledger does not hold", "The ledger or a proof does not hold."),
    Problem("vault", 500, "A record cannot be opened", "A sealed record cannot be opened."),
    Problem("settings", 500, "The house is set up wrongly", "The house is set up wrongly."),
    Problem(
        "error",
        500,
        "The house could not do this",
        "Something unexpected; it was logged by its kind and place, without its content.",
    ),
)
PROBLEMS = {problem.code: problem for problem in _TABLE}


def problem_of(error: errors.GatebookError) -> Problem:
    """Return the problem of an error, or of its nearest ancestor in the table."""
    codes = (getattr(kind, "code", "") for kind in type(error).__mro__)
    return next(PROBLEMS[code] for code in codes if code in PROBLEMS)


def status_of(error: errors.GatebookError) -> int:
    """Return the status an error is answered with."""
    return problem_of(error).status


def document(problem: Problem, detail: str = "") -> dict[str, Any]:
    """Return the problem document without its errors."""
    found: dict[str, Any] = {"type": f"{PAGE}#{problem.code}", "title": problem.title, "status": problem.status}
    return {**found, "detail": detail} if detail else found


def body_of(error: errors.GatebookError) -> dict[str, Any]:
    """Return the problem document: type, title, status, detail and every field at fault."""
    found = document(problem_of(error), error.message)
    faults = error.problems if isinstance(error, errors.InvalidInput) else ()
    if faults:
        found["errors"] = [{"pointer": p.pointer, "code": p.code, "reason": p.reason} for p in faults]
    return found


def answer(error: errors.GatebookError, more: dict[str, str] | None = None) -> JSONResponse:
    """Return the HTTP answer for an error, with ``more`` headers."""
    headers = dict(more or {})
    if isinstance(error, errors.TooMany):
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, errors.NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body_of(error), status_of(error), headers, media_type=MEDIA_TYPE)


def answer_code(code: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return the HTTP answer for a problem the shell itself finds."""
    problem = PROBLEMS[code]
    return JSONResponse(document(problem), problem.status, headers, media_type=MEDIA_TYPE)


def unexpected() -> JSONResponse:
    """Answer a bug without telling anything of its content."""
    return answer(errors.GatebookError("an unexpected error; it was logged without its content"))


async def on_gatebook_error(_: Request, error: Exception) -> JSONResponse:
    """Answer an error of ours."""
    assert isinstance(error, errors.GatebookError)  # noqa: S101  registered for this type only
    return answer(error)


async def on_http_error(_: Request, error: Exception) -> JSONResponse:
    """Answer what the framework refused: an unknown route or method."""
    code = {404: "not-found", 405: "method-not-allowed"}.get(getattr(error, "status_code", 500), "error")
    return answer_code(code, getattr(error, "headers", None))


async def on_validation_error(_: Request, error: Exception) -> JSONResponse:
    """Answer what pydantic refused of a path or query: every field at once, never its value."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered for this type only
    return answer(refusal([(e["loc"][1:], e) for e in error.errors()]))


def refusal(faults: list[tuple[tuple[int | str, ...], Any]]) -> errors.InvalidInput:
    """Return the error for what pydantic refused, from (where, fault) pairs."""
    found = tuple(
        errors.FieldProblem(
            "".join(f"/{_escaped(part)}" for part in where), str(e["type"]).replace("_", "-"), str(e["msg"])
        )
        for where, e in faults
    )
    return errors.InvalidInput("some fields cannot be taken", found)


def _escaped(part: int | str) -> str:
    # An unknown field's name came from outside: only a short plain word is repeated.
    text = str(part)
    is_plain = text.isascii() and text.replace("_", "").replace("-", "").isalnum() and len(text) <= _LONGEST_NAME
    return text if is_plain else "unknown"
