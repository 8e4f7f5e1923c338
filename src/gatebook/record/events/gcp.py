"""Google Cloud audit log entries, plain or as Pub/Sub pushes them.

The trap guarded against: reading a long operation twice. Its first entry asks, and only its last says how it ended.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from gatebook.record.events.fields import dig, event_from, first_at, says_who_or_where, text_at
from gatebook.record.events.form import JsonForm, Receipt
from gatebook.terms.access_event import AccessEvent, Outcome

NAME = "gcp"
BLIND_SPOTS = (
    "Data reads and writes are logged only where Data Access audit logs are switched on.",
    "Callers inside Google appear as 'private' or 'gce-internal-ip', and some addresses are redacted to nothing.",
    "The principal of some denied or cross-project reads is redacted.",
    "A delegation is told by its last identity; who stood behind a service account is in the source's record only.",
    "Logins to the console are in the Workspace or Cloud Identity login audit, to be exported on its own.",
    "There is no session id.",
)
_PRINCIPALS = (
    "authenticationInfo.principalEmail",
    "authenticationInfo.principalSubject",
    "authenticationInfo.serviceAccountKeyName",
)


def is_one(record: Mapping[str, Any]) -> bool:
    """Whether it is a log entry with an audit log inside, or what Pub/Sub pushes."""
    payload = record.get("protoPayload")
    if isinstance(payload, Mapping):
        kind = payload.get("@type")
        return "methodName" in payload or (isinstance(kind, str) and kind.endswith("AuditLog"))
    return "subscription" in record and isinstance(dig(record, "message", "data"), str)


def read(record: Mapping[str, Any], receipt: Receipt) -> AccessEvent | None:
    """Return the event of a log entry."""
    entry = record if "protoPayload" in record else _pushed(dig(record, "message", "data"))
    payload = dig(entry, "protoPayload")
    if not isinstance(payload, Mapping):
        return None
    event = event_from(
        receipt,
        NAME,
        first_at(entry, "timestamp", "protoPayload.requestMetadata.requestAttributes.time", "receiveTimestamp"),
        first_at(payload, "requestMetadata.callerIp"),
        principal=first_at(payload, *_PRINCIPALS),
        act=first_at(payload, "methodName"),
        outcome=_outcome(entry, payload),
        user_agent=first_at(payload, "requestMetadata.callerSuppliedUserAgent"),
        fingerprint=first_at(payload, "authenticationInfo.serviceAccountKeyName"),
        target=first_at(payload, "resourceName", "serviceName"),
        event_id=first_at(entry, "insertId"),
    )
    return event if event.act or says_who_or_where(event) else None


def _outcome(entry: object, payload: object) -> Outcome:
    """Tell the outcome: proto3 leaves a code of 0 out, and a status that is all defaults with it."""
    if text_at(payload, "methodName").endswith("loginFailure"):
        return Outcome.FAILURE  # Workspace tells it by the name alone
    if dig(payload, "status", "code") not in (None, 0, "0", ""):  # a tuple, for a list may stand there
        return Outcome.FAILURE
    if dig(entry, "operation", "first") is True and dig(entry, "operation", "last") is not True:
        return Outcome.PENDING
    granted = dig(payload, "authorizationInfo")
    refused = isinstance(granted, list) and any(dig(one, "granted") is False for one in granted)
    return Outcome.FAILURE if refused else Outcome.SUCCESS


def _pushed(data: object) -> object:
    """Return the entry in a Pub/Sub message, or None where there is none."""
    try:
        return json.loads(base64.b64decode(data, validate=True)) if isinstance(data, str) else None
    except (ValueError, binascii.Error, RecursionError):
        return None


FORMS = (JsonForm(NAME, is_one, read, BLIND_SPOTS),)
