"""Logs: JSON lines that can hold ids, slugs, counts and durations, and nothing else.

The trap guarded against: personal data in a log. Keys are allowed one by one; what is not on the list is dropped
and counted, and an exception is logged by its type alone.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "method",
        "route",
        "status",
        "duration_ms",
        "application_id",
        "account_id",
        "review_id",
        "determination_id",
        "operator_id",
        "position",
        "outcome",
        "code",
        "error",
        "count",
        "size",
        "list_id",
        "digest",
        "port",
        "state",
        "request_id",
    }
)


def keep_allowed(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401  the library's shape
    """Drop every key that is not allowed, and say how many were."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
    elif error:
        event["error"] = getattr(sys.exc_info()[0], "__name__", "")
    dropped = [key for key in event if key not in ALLOWED]
    for key in dropped:
        del event[key]
    if dropped:
        event["dropped_keys"] = len(dropped)
    return event


def set_up_logging() -> None:
    """Log JSON lines to standard error; the server's own access log, which holds addresses, is off."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            keep_allowed,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.getLogger("uvicorn.access").disabled = True
