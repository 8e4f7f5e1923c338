"""Kubernetes audit events (audit.k8s.io), from a webhook, a log file or a cloud's own log of them.

The trap guarded against: the first of sourceIPs. It is what the client claimed wherever a proxy stands before the API
server; the connection that was seen is the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatebook.record.events.address import put_address
from gatebook.record.events.fields import dig, first_at, text_at
from gatebook.record.events.form import JsonForm, Receipt
from gatebook.record.events.times import read_time
from gatebook.terms.access_event import AccessEvent, Outcome

NAME = "kubernetes"

BLIND_SPOTS = (
    "The audit policy decides what is written: what it sets to None leaves no record.",
    "The first of sourceIPs is what the client claimed when a proxy stands before the API server.",
    "What happens inside a pod, and the traffic of an exec or port-forward, is not seen: only that it began.",
    "Access to a node's kubelet or to etcd passes the API server by and makes no event.",
    "A webhook backend in batch mode drops events when its buffer is full.",
)

_TIMES = ("requestReceivedTimestamp", "stageTimestamp", "timestamp")
_PENDING = frozenset({"RequestReceived", "ResponseStarted"})
_CREDENTIAL = "authentication.kubernetes.io/credential-id"


def _is_one(record: Mapping[str, Any]) -> bool:
    if text_at(record, "apiVersion").startswith("audit.k8s.io/"):
        return text_at(record, "kind") in {"", "Event"}
    return "auditID" in record and "verb" in record  # within a list the kind is not said again


def _read(record: Mapping[str, Any], receipt: Receipt) -> AccessEvent | None:
    when, marks = read_time(next((record[name] for name in _TIMES if record.get(name)), None), receipt)
    audit_id, stage = text_at(record, "auditID"), text_at(record, "stage")
    return AccessEvent(
        at=when,
        source=receipt.source or NAME,
        principal=first_at(record, "user.username", "user.uid"),
        act=_act(record),
        outcome=_outcome(stage, dig(record, "responseStatus", "code")),
        user_agent=text_at(record, "userAgent"),
        fingerprint=_credential(record),
        target=_target(record),
        event_id=f"{audit_id}/{stage}" if audit_id and stage else audit_id,
        marks=marks,
        **put_address(record.get("sourceIPs"), receipt),
    )


def _act(record: Mapping[str, Any]) -> str:
    """Return the verb and the kind of thing; the principal is who really acted, so an assumed name stands here."""
    thing = dig(record, "objectRef")
    kind = "/".join(part for part in (text_at(thing, "resource"), text_at(thing, "subresource")) if part)
    act = f"{text_at(record, 'verb')} {kind}".strip()
    assumed = text_at(record, "impersonatedUser", "username")
    return f"{act} as {assumed}" if assumed else act


def _target(record: Mapping[str, Any]) -> str:
    thing = dig(record, "objectRef")
    named = "/".join(part for part in (text_at(thing, "namespace"), text_at(thing, "name")) if part)
    return named or text_at(record, "requestURI").partition("?")[0]


def _outcome(stage: str, code: object) -> Outcome:
    if stage in _PENDING:
        return Outcome.PENDING
    if stage == "Panic":
        return Outcome.FAILURE
    if not isinstance(code, int) or not code:
        return Outcome.UNKNOWN
    return Outcome.SUCCESS if code < 400 else Outcome.FAILURE  # noqa: PLR2004 - HTTP: 400 and above are errors


def _credential(record: Mapping[str, Any]) -> str:
    """Return the id of the token or certificate that was shown, which newer API servers write."""
    return text_at(record, "user", "extra", _CREDENTIAL, 0)


FORM = JsonForm(NAME, _is_one, _read, BLIND_SPOTS)
