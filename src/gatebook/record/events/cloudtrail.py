"""AWS CloudTrail records, the form that several compatible clouds write as well.

The trap guarded against: sourceIPAddress that is no address. One in eight of the records looked at holds the name of a
service or an impossible number; it is kept as written, and its kind says what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatebook.record.events.address import put_address
from gatebook.record.events.fields import dig, first_at, text_at
from gatebook.record.events.form import JsonForm, Receipt
from gatebook.record.events.times import read_time
from gatebook.terms.access_event import AccessEvent, Outcome

NAME = "cloudtrail"

BLIND_SPOTS = (
    "Acts that a service does for a customer carry the service's name in place of an address, or AWS Internal.",
    "Data events, as reading an object, are written only where they were switched on.",
    "Records arrive minutes late, may come twice and in any order; eventID tells one from another.",
    "A failed login with an unknown user name hides that name.",
    "Use of a machine itself, over SSH or RDP, makes no record.",
)

_KEYS = {
    name.lower(): name
    for name in (
        *("eventName", "eventSource", "eventTime", "eventID", "userIdentity", "sourceIPAddress", "userAgent"),
        *("errorCode", "errorMessage", "responseElements", "recipientAccountId", "serviceEventDetails"),
    )
}
_NAMES = (
    *("arn", "principalId", "principalid", "userName", "username", "onBehalfOf.userId"),
    *("invokedBy", "invokedby", "accountId", "accountid"),
)


def _is_one(record: Mapping[str, Any]) -> bool:
    record = _named(record)
    if not isinstance(record.get("eventName"), str):
        return False
    return "eventSource" in record or "userIdentity" in record or "sourceIPAddress" in record


def _named(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the record with its keys as CloudTrail writes them: some who copy it write them in small letters."""
    if "eventname" not in record:
        return record
    return {_KEYS.get(name, name): value for name, value in record.items()}


def _read(record: Mapping[str, Any], receipt: Receipt) -> AccessEvent | None:
    record = _named(record)
    when, marks = read_time(record.get("eventTime"), receipt)
    identity = record.get("userIdentity")
    return AccessEvent(
        at=when,
        source=receipt.source or NAME,
        principal=_principal(identity),
        act=_act(record),
        outcome=_outcome(record),
        user_agent=text_at(record, "userAgent"),
        fingerprint=first_at(identity, "accessKeyId", "accesskeyid"),
        target=_target(record),
        event_id=text_at(record, "eventID"),
        marks=marks,
        **put_address(record.get("sourceIPAddress"), receipt),
    )


def _principal(identity: object) -> str:
    """Return who acted: the ARN names a user, an assumed role with its session, or the root of an account alike.

    A service has no ARN; it is named by invokedBy.
    """
    return first_at(identity, *_NAMES)


def _act(record: Mapping[str, Any]) -> str:
    service = text_at(record, "eventSource").partition(".")[0]
    name = text_at(record, "eventName")
    return f"{service}:{name}" if service else name


def _outcome(record: Mapping[str, Any]) -> Outcome:
    """A record without an error tells of success, but for logins, whose answer stands in the response."""
    if text_at(record, "errorCode") or text_at(record, "errorMessage"):
        return Outcome.FAILURE
    name = text_at(record, "eventName")
    answer = text_at(record, "responseElements", name) or text_at(record, "serviceEventDetails", name)
    return Outcome.FAILURE if answer.lower().startswith("fail") else Outcome.SUCCESS


def _target(record: Mapping[str, Any]) -> str:
    """Return the first resource named, or the account that was acted in."""
    return first_at(dig(record, "resources", 0), "ARN", "arn") or first_at(
        record, "recipientAccountId", "userIdentity.accountId"
    )


FORM = JsonForm(NAME, _is_one, _read, BLIND_SPOTS)
