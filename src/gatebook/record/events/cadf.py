"""CADF events (DMTF DSP0262): Keystone's notifications, keystonemiddleware's audit records, other oslo notifications.

The trap guarded against: the two records of one request. The audit middleware writes the question and the answer with
one id, so the id of a record is that id with its outcome. It also writes a piece of the token, which is never kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatebook.record.events.address import put_address
from gatebook.record.events.fields import dig, first_at, first_said, text_at
from gatebook.record.events.form import JsonForm, Receipt
from gatebook.record.events.times import read_time
from gatebook.terms.access_event import AccessEvent, Outcome

NAME = "cadf"

BLIND_SPOTS = (
    "Keystone leaves successful logins out unless notification_opt_out is set to nothing.",
    "A login to a disabled user, project or domain makes no event: only the access log of the proxy shows it.",
    "Requests that an earlier filter refused never reach the audit middleware and make no event.",
    "initiator.host.address is the last hop of X-Forwarded-For, or all hops when proxy headers are parsed.",
    "An updated user or project is named, not what changed; a change of tags names no initiator.",
    "The audit middleware's actions are coarse, as update/reboot or read/list.",
    "Requests answered from a token's cache, and use of a machine itself, make no identity event.",
)

_OUTCOMES = {"success": Outcome.SUCCESS, "failure": Outcome.FAILURE, "pending": Outcome.PENDING}
_SAYS_NOTHING = {"", "unknown"}
_NOTIFIED = ("resource_info", "instance_id", "uuid", "id", "tenant_id", "project_id")


def _is_cadf(event: object) -> bool:
    return text_at(event, "typeURI").endswith("audit/1.0/event")


def _is_one(record: Mapping[str, Any]) -> bool:
    if _is_cadf(record):
        return True
    return isinstance(record.get("payload"), Mapping) and isinstance(record.get("event_type"), str)


def _read(record: Mapping[str, Any], receipt: Receipt) -> AccessEvent | None:
    if _is_cadf(record):
        return _cadf(record, record, receipt)
    payload = record.get("payload")
    return _cadf(payload, record, receipt) if _is_cadf(payload) else _notification(payload, record, receipt)


def _cadf(event: object, envelope: Mapping[str, Any], receipt: Receipt) -> AccessEvent:
    when, marks = read_time(first_said((text_at(event, "eventTime"), text_at(envelope, "timestamp"))), receipt)
    initiator, outcome = dig(event, "initiator"), text_at(event, "outcome")
    action = text_at(event, "action")
    event_id = text_at(event, "id")
    return AccessEvent(
        at=when,
        source=receipt.source or NAME,
        principal=first_at(initiator, "user_id", "id", "username", "user_name", "name"),
        act=text_at(envelope, "event_type") if action in _SAYS_NOTHING else action,
        outcome=_OUTCOMES.get(outcome, Outcome.UNKNOWN),
        user_agent=text_at(initiator, "host", "agent"),
        target=_target(event, initiator),
        event_id=f"{event_id}/{outcome}" if event_id else text_at(envelope, "message_id"),
        marks=marks,
        **put_address(dig(initiator, "host", "address"), receipt),
    )


def _target(event: object, initiator: object) -> str:
    """Return what was acted upon: of an HTTP request its path, which says more than the name of the service."""
    path = text_at(event, "requestPath").partition("?")[0]  # tokens stand behind it
    return first_said((path, first_at(event, "target.id", "target.name"), text_at(initiator, "project_id")))


def _notification(payload: object, envelope: Mapping[str, Any], receipt: Receipt) -> AccessEvent:
    """Read a notification of another kind, as Keystone's basic ones and Nova's."""
    when, marks = read_time(text_at(envelope, "timestamp"), receipt)
    data = dig(payload, "nova_object.data") or payload
    return AccessEvent(
        at=when,
        source=receipt.source or NAME,
        principal=first_said((first_at(envelope, "_context_user_id", "_context_user"), text_at(data, "user_id"))),
        act=text_at(envelope, "event_type"),
        target=first_at(data, *_NOTIFIED),
        event_id=text_at(envelope, "message_id"),
        marks=marks,
        **put_address(dig(envelope, "_context_remote_address"), receipt),
    )


FORM = JsonForm(NAME, _is_one, _read, BLIND_SPOTS)
