"""LXD and Incus events: lifecycle, logging and operation, as the event socket sends them.

The trap guarded against: an act with nobody behind it. What is done over TLS can come without a requestor, and only the
logging event of the same request knows the address: both are kept, and the one without says that it has none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from gatebook.record.events.address import put_address
from gatebook.record.events.fields import dig, first_at, text_at
from gatebook.record.events.form import JsonForm, Receipt
from gatebook.record.events.times import read_time
from gatebook.terms.access_event import AccessEvent, Outcome

NAME = "lxd"

BLIND_SPOTS = (
    "Creating, changing and deleting an instance over TLS comes without a requestor (LXD 5.0).",
    "What is done over the unix socket has the address @: whoever is on the machine stands behind it.",
    "Only logging events hold the address of a request, so all types have to be subscribed to.",
    "A slow listener is dropped and nothing is sent again: state has to be read back after each reconnection.",
    "A refused TLS client makes no lifecycle event.",
    "Use of an instance by its own network address is not seen.",
)

_TYPES = frozenset({"lifecycle", "logging", "operation", "network-acl", "ovn"})
_FINGERPRINT = re.compile(r"[0-9a-f]{12,64}\Z", re.ASCII)


def _is_one(record: Mapping[str, Any]) -> bool:
    kind = record.get("type")
    return (
        isinstance(kind, str)
        and kind in _TYPES
        and isinstance(record.get("metadata"), Mapping)
        and "timestamp" in record
    )


def _read(record: Mapping[str, Any], receipt: Receipt) -> AccessEvent | None:
    metadata = record.get("metadata")
    when, marks = read_time(record.get("timestamp"), receipt)
    parts = _PARTS[record["type"]](metadata, text_at(record, "project")) if record["type"] in _PARTS else None
    if parts is None:
        return None
    act, target, outcome, who, event_id = parts
    principal = text_at(who, "username")
    return AccessEvent(
        at=when,
        source=receipt.source or NAME,
        principal=principal,
        act=act,
        outcome=outcome,
        fingerprint=principal if _FINGERPRINT.match(principal) else "",
        target=target,
        event_id=event_id,
        marks=marks,
        **put_address(first_at(who, "address", "ip"), receipt),
    )


_Parts = tuple[str, str, Outcome, object, str]


def _lifecycle(metadata: object, project: str) -> _Parts | None:
    act = text_at(metadata, "action")
    who = dig(metadata, "requestor")
    return (act, text_at(metadata, "source") or project, Outcome.SUCCESS, who, "") if act else None


def _logging(metadata: object, project: str) -> _Parts | None:
    """Read the logging event of a request; other lines of the log tell of no access."""
    context = dig(metadata, "context")
    method, url = text_at(context, "method"), text_at(context, "url")
    if not url and not text_at(context, "ip"):
        return None
    act = method or text_at(metadata, "message")
    return act, _path(url) or project, Outcome.PENDING, context, ""


def _operation(metadata: object, project: str) -> _Parts | None:
    act, status = text_at(metadata, "description"), dig(metadata, "status_code")
    if not act:
        return None
    operation = text_at(metadata, "id")
    event_id = f"{operation}/{text_at(metadata, 'status_code')}" if operation else ""
    return act, operation or project, _outcome(status), dig(metadata, "requestor"), event_id


def _outcome(status: object) -> Outcome:
    """Tell from LXD's own codes: 100 to 199 go on, 200 is success, 400 and 401 are failure and cancelled."""
    if not isinstance(status, int):
        return Outcome.UNKNOWN
    return Outcome.PENDING if status < 200 else Outcome.SUCCESS if status < 400 else Outcome.FAILURE  # noqa: PLR2004  classes of HTTP


def _path(url: str) -> str:
    """Return the path and the project asked for; an operation's secret stands in the same place and is not kept."""
    path, _, query = url.partition("?")
    project = parse_qs(query[:4096]).get("project", [""])[0] if "project=" in query else ""
    return f"{path}?project={project}" if project else path


_PARTS = {"lifecycle": _lifecycle, "logging": _logging, "operation": _operation}

FORM = JsonForm(NAME, _is_one, _read, BLIND_SPOTS)
