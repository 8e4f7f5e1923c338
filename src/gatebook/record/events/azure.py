"""Microsoft Azure and Entra: activity log, sign-ins and directory audit, from APIs and diagnostic settings.

The trap guarded against: one person under three names. A user principal name stands before an object id wherever the
record holds both, so that a sign-in and what follows it tell of the same principal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatebook.record.events.fields import dig, event_from, first_at, first_said, outcome_of, says_who_or_where, text_at
from gatebook.record.events.form import JsonForm, Receipt
from gatebook.terms.access_event import AccessEvent, Outcome

NAME = "azure"
BLIND_SPOTS = (
    "The activity log holds no reads; reading a secret or a blob is in logs of its own, to be switched on.",
    "Callers inside Azure have no address; the one told is the address Azure's front door saw.",
    "The activity log has no user agent; its correlation id, which ties the records of one operation, is the session.",
    "The form that diagnostic settings write has no id of the record.",
    "A refreshed token may be used for hours without another sign-in.",
    "Non-interactive, service and managed identity sign-ins are logs of their own, to be switched on each.",
    "The address of a sign-in through an on-premises agent or a Microsoft service is that of the go-between.",
    "Records arrive minutes to hours late, and may come again with more in them under the same id.",
    "Acts of an application or of the directory itself often have no address.",
    "Only changes of the directory are told; reading it is in the Graph activity log.",
)

_SCHEMAS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_CLAIMS = (_SCHEMAS + "upn", "upn", _SCHEMAS + "name", "http://schemas.microsoft.com/identity/claims/objectidentifier")
_LET_ACT = (
    "identity.authorization.evidence.principalId",
    "authorization.evidence.principalId",
    "identity.requester.upn",
    "identity.requester.objectId",
)
#: Error codes of a sign-in that goes on: another factor, a device or a consent is asked for.
_INTERRUPTED = frozenset({"50055", "50058", "50072", "50074", "50076", "50079", "50097", "50125", "50140", "65001"})
_PENDING_RESULTS = frozenset({"accept", "accepted", "running", "updated"})


def _body(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a diagnostic setting wraps, or the record itself."""
    inner = record.get("properties")
    return inner if isinstance(inner, Mapping) else record


def is_sign_in(record: Mapping[str, Any]) -> bool:
    """Whether it is a sign-in, of the Graph or of a diagnostic setting."""
    body = _body(record)
    return "createdDateTime" in body and ("appId" in body or "userPrincipalName" in body or "ipAddress" in body)


def read_sign_in(record: Mapping[str, Any], receipt: Receipt) -> AccessEvent | None:
    """Return the event of a sign-in."""
    body = _body(record)
    event = event_from(
        receipt,
        NAME,
        first_said((text_at(body, "createdDateTime"), text_at(record, "time"))),
        first_said((text_at(body, "ipAddress"), text_at(record, "callerIpAddress"))),
        principal=_signed_in(body) or text_at(record, "identity"),
        act="login",
        outcome=_sign_in_outcome(record, body),
        session=first_at(body, "sessionId", "uniqueTokenIdentifier", "correlationId"),
        user_agent=first_at(body, "userAgent"),
        fingerprint=first_at(body, "servicePrincipalCredentialThumbprint", "servicePrincipalCredentialKeyId"),
        target=first_at(body, "resourceDisplayName", "appDisplayName", "resourceId"),
        event_id=first_at(body, "id"),
    )
    return event if says_who_or_where(event) else None


def _signed_in(body: Mapping[str, Any]) -> str:
    return first_at(body, "userPrincipalName", "userId", "servicePrincipalId", "servicePrincipalName")


def _sign_in_outcome(record: Mapping[str, Any], body: Mapping[str, Any]) -> Outcome:
    code = first_said((text_at(body, "status", "errorCode"), text_at(record, "resultType")))
    if code in _INTERRUPTED:
        return Outcome.PENDING
    if not code:
        return Outcome.UNKNOWN
    return Outcome.SUCCESS if code == "0" else Outcome.FAILURE


def is_audit(record: Mapping[str, Any]) -> bool:
    """Whether it is of the directory audit."""
    body = _body(record)
    return "activityDisplayName" in body and isinstance(body.get("initiatedBy"), Mapping)


def read_audit(record: Mapping[str, Any], receipt: Receipt) -> AccessEvent | None:
    """Return the event of a directory audit record."""
    body = _body(record)
    by = body.get("initiatedBy")
    event = event_from(
        receipt,
        NAME,
        first_said((text_at(body, "activityDateTime"), text_at(record, "time"))),
        first_said((text_at(by, "user", "ipAddress"), text_at(record, "callerIpAddress"))),
        principal=first_at(
            by, "user.userPrincipalName", "user.id", "app.servicePrincipalId", "app.appId", "app.displayName"
        ),
        act=first_at(body, "activityDisplayName"),
        outcome=outcome_of(text_at(body, "result")),
        session=first_at(body, "correlationId"),
        user_agent=_additional(body, "User-Agent"),
        target=_audited(dig(body, "targetResources", 0)),
        event_id=first_at(body, "id"),
    )
    return event if event.act or says_who_or_where(event) else None


def _additional(body: object, key: str) -> str:
    details = dig(body, "additionalDetails")
    found = details if isinstance(details, list) else []
    return next((text_at(one, "value") for one in found if text_at(one, "key") == key), "")


def _audited(resource: object) -> str:
    return first_at(resource, "userPrincipalName", "id", "displayName")


def is_activity(record: Mapping[str, Any]) -> bool:
    """Whether it is of the activity log, from its API or a diagnostic setting, or of a resource's own log like it."""
    if "operationName" not in record or not ("time" in record or "eventTimestamp" in record):
        return False
    if isinstance(dig(record, "properties", "log"), str):
        return False  # a log of another form, as Kubernetes writes it, that Azure only carries
    return any(key in record for key in ("correlationId", "callerIpAddress", "caller", "resourceId", "authorization"))


def read_activity(record: Mapping[str, Any], receipt: Receipt) -> AccessEvent | None:
    """Return the event of an activity log record."""
    claims = dig(record, "claims") or dig(record, "identity", "claims") or dig(record, "identity", "claim")
    address = first_at(record, "callerIpAddress", "httpRequest.clientIpAddress")
    event = event_from(
        receipt,
        NAME,
        first_at(record, "eventTimestamp", "time"),
        address or text_at(claims, "ipaddr"),
        principal=_caller(record, claims),
        act=first_at(record, "operationName.value", "operationName", "operationName.localizedValue"),
        outcome=_activity_outcome(record),
        session=first_at(record, "correlationId", "operationId"),
        user_agent=first_at(record, "properties.userAgentHeader", "properties.clientInfo", "properties.userAgent"),
        target=first_at(record, "resourceId", "authorization.scope", "identity.authorization.scope"),
        event_id=first_at(record, "eventDataId", "properties.eventDataId"),
    )
    return event if event.act or says_who_or_where(event) else None


def _caller(record: Mapping[str, Any], claims: object) -> str:
    """Return who called: a user principal name of the claims, the caller, or the object that was let act."""
    told = [text_at(claims, name) for name in _CLAIMS]
    evidence = first_at(record, *_LET_ACT)
    caller, last = text_at(record, "caller"), (text_at(claims, "appid"), text_at(record, "identity"))
    return first_said((*told[:2], caller, *told[2:], evidence, *last))


def _activity_outcome(record: Mapping[str, Any]) -> Outcome:
    word = first_at(record, "resultType", "status.value", "status", "statusText").lower()
    if word in _PENDING_RESULTS:
        return Outcome.PENDING
    return Outcome.SUCCESS if word == "0" else outcome_of(word)


_KINDS = ((is_sign_in, read_sign_in), (is_audit, read_audit), (is_activity, read_activity))


def is_one(record: Mapping[str, Any]) -> bool:
    """Whether it is of any of the three logs."""
    return any(is_kind(record) for is_kind, _ in _KINDS)


def read(record: Mapping[str, Any], receipt: Receipt) -> AccessEvent | None:
    """Return the event of a record of any of the three logs."""
    reader = next((read_kind for is_kind, read_kind in _KINDS if is_kind(record)), None)
    return reader(record, receipt) if reader else None


FORMS = (JsonForm(NAME, is_one, read, BLIND_SPOTS),)
