"""Logs: JSON lines that can hold ids, slugs, counts and durations, and nothing else.

The trap guarded against: personal data in a log. Keys are allowed one by one; what is not on the list is dropped
and counted, and an exception is logged by its type alone.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
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
        "place",
        "logger",
        "count",
        "size",
        "list_id",
        "digest",
        "port",
        "state",
        "request_id",
    }
)


_OURS = Path(__file__).parents[1]


def keep_allowed(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401  the library's shape
    """Drop every key that is not allowed, and say how many were."""
    error = event.pop("exc_info", None)
    if error and not isinstance(error, BaseException):
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        if error.__traceback__:
            event["place"] = _place(error.__traceback__)
    dropped = [key for key in event if key not in ALLOWED]
    for key in dropped:
        del event[key]
    if dropped:
        event["dropped_keys"] = len(dropped)
    return event


def _place(found: TracebackType) -> str:
    """Return file and line of the innermost frame of ours, or of the innermost frame at all."""
    frames = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(found)]
    ours = [(name, line) for name, line in frames if Path(name).is_relative_to(_OURS)]
    name, line = (ours or frames)[-1]
    return f"{'/'.join(Path(name).parts[-2:])}:{line}"


class _AsJson(logging.Handler):
    """Takes what libraries log: which logger, where and how grave, never the words, which may hold anything."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log one line of a library."""
        place = f"{'/'.join(Path(record.pathname).parts[-2:])}:{record.lineno}"
        error = record.exc_info[1] if record.exc_info else None
        say = structlog.get_logger().error if record.levelno >= logging.ERROR else structlog.get_logger().warning
        say("a library logged", logger=record.name, place=place, error=type(error).__name__ if error else "")


def _thread_failed(args: threading.ExceptHookArgs) -> None:
    structlog.get_logger().error("a thread failed", exc_info=args.exc_value)


def set_up_logging() -> None:
    """Log JSON lines to standard error, and nothing else: libraries and failed threads speak through the same lines.

    The server's own access log, which holds addresses, is off.
    """
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
    logging.basicConfig(level=logging.WARNING, handlers=[_AsJson()], force=True)
    logging.captureWarnings(capture=True)
    threading.excepthook = _thread_failed
