"""The Open Cybersecurity Schema Framework: events of its classes read, and ours written as of version 1.5.0.

The trap guarded against: microseconds lost on the way. The framework's ``time`` is in milliseconds; its profile of
written times keeps the rest, and what the framework has no place for is carried in ``unmapped``.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from gatebook.record.events.fields import dig, event_from, first_at, first_said, outcome_of, says_who_or_where, text_at
from gatebook.record.events.form import JsonForm, Receipt
from gatebook.record.events.times import read_time, write_time
from gatebook.terms.access_event import AccessEvent, AddressKind, Outcome

NAME = "ocsf"
VERSION = "1.5.0"
PRODUCT = "Gatebook"
BLIND_SPOTS = (
    "Whatever the translator before us dropped: an event of the framework is a translation, not the source's record.",
    "Time is in milliseconds where the translator wrote no time_dt.",
    "Only the first resource, and of several addresses only that of the source endpoint.",
    "A class of no access (a finding, a scan) is read as an access where it names a user or a source endpoint.",
)

_AUTHENTICATION, _API_ACTIVITY = 3002, 6003
#: Classes whose ``user`` is the one acted upon, so that it never stands in for who acted.
_ABOUT_A_USER = frozenset({"3001", "3004", "3005"})
_NOBODY = "-"  # where the framework asks for somebody and the event names nobody
_LOGINS = dict.fromkeys(("login", "authenticate", "identity.authenticate", "consolelogin", "logon", "sign-in"), 1)
_LOGOUTS = dict.fromkeys(("logout", "logoff", "sign-out"), 2)
_AUTHENTICATIONS = {**_LOGINS, **_LOGOUTS}
_API_VERBS = {
    **dict.fromkeys(("create", "post", "insert"), 1),
    **dict.fromkeys(("read", "get", "list", "watch", "head"), 2),
    **dict.fromkeys(("update", "put", "patch"), 3),
    "delete": 4,
}
_OTHER = 99
_ACTIVITIES = {
    _AUTHENTICATION: {1: "Logon", 2: "Logoff"},
    _API_ACTIVITY: {1: "Create", 2: "Read", 3: "Update", 4: "Delete"},
}
_STATUS = {Outcome.SUCCESS: (1, "Success"), Outcome.FAILURE: (2, "Failure"), Outcome.PENDING: (99, "pending")}
_USERS = ("user.uid", "user.name", "user.email_addr")
_ACTORS = tuple(f"actor.{user}" for user in _USERS)
_ENDPOINTS = tuple(f"src_endpoint.{key}" for key in ("ip", "hostname", "svc_name", "name", "uid"))


def is_one(record: Mapping[str, Any]) -> bool:
    """Whether it is an event of any class of the framework."""
    return text_at(record, "class_uid").isdigit() and ("metadata" in record or "category_uid" in record)


def read(record: Mapping[str, Any], receipt: Receipt) -> AccessEvent | None:
    """Return the event of one of the framework; a field it has under two names is taken from the better one."""
    ours = text_at(record, "metadata", "product", "name") == PRODUCT
    event = event_from(
        receipt,
        NAME,
        _time(record, receipt),
        first_at(record, *_ENDPOINTS),
        principal=_principal(record),
        act=text_at(record, "metadata", "event_code") if ours else _act(record),
        outcome=_outcome(record),
        session=first_at(record, "session.uid", "actor.session.uid"),
        user_agent=first_at(record, "http_request.user_agent"),
        fingerprint=_fingerprint(record),
        target=_target(record, ours=ours),
        event_id=first_at(record, "metadata.uid"),
    )
    return event if says_who_or_where(event) else None


def _time(record: Mapping[str, Any], receipt: Receipt) -> object:
    written = record.get("time_dt")
    readable = isinstance(written, str) and "time-missing" not in read_time(written, receipt)[1]
    return written if readable else record.get("time")


def _principal(record: Mapping[str, Any]) -> str:
    actor = first_at(record, *_ACTORS)
    user = first_at(record, *_USERS)
    invoker = first_at(record, "actor.invoked_by", "actor.app_uid", "actor.app_name")
    class_uid = text_at(record, "class_uid")
    if class_uid in _ABOUT_A_USER:
        return actor or invoker
    return first_said((user, actor, invoker) if class_uid == str(_AUTHENTICATION) else (actor, user, invoker))


def _act(record: Mapping[str, Any]) -> str:
    told = first_at(record, "api.operation", "activity_name", "type_name")
    if told:
        return told
    class_uid, activity = text_at(record, "class_uid"), text_at(record, "activity_id")
    return f"{first_said((text_at(record, 'class_name'), class_uid))}: {activity or 0}"


def _outcome(record: Mapping[str, Any]) -> Outcome:
    by_id = {"1": Outcome.SUCCESS, "2": Outcome.FAILURE}.get(text_at(record, "status_id"))
    return by_id or outcome_of(text_at(record, "status"))


def _fingerprint(record: Mapping[str, Any]) -> str:
    certified = text_at(dig(record, "certificate", "fingerprints", 0), "value")
    return first_said(
        (certified, first_at(record, "actor.user.credential_uid", "user.credential_uid", "session.credential_uid"))
    )


def _target(record: Mapping[str, Any], *, ours: bool) -> str:
    resource = dig(record, "resources", 0)
    told = first_said((first_at(resource, "uid", "name"), first_at(record, "service.uid")))
    if told or ours:
        return told
    if text_at(record, "class_uid") in _ABOUT_A_USER:
        return first_at(record, *_USERS)
    return first_at(record, "service.name", "dst_endpoint.hostname", "dst_endpoint.ip")


def to_ocsf(event: AccessEvent) -> dict[str, Any]:
    """Return the event as one of the framework: a login as Authentication, all else as API Activity."""
    activity = _AUTHENTICATIONS.get(event.act.lower())
    if activity is not None:
        return {**_head(event, _AUTHENTICATION, activity), **_authentication(event), **_tail(event)}
    verb = event.act.partition(" ")[0].lower()
    return {**_head(event, _API_ACTIVITY, _API_VERBS.get(verb, _OTHER)), **_api_activity(event), **_tail(event)}


def _head(event: AccessEvent, class_uid: int, activity: int) -> dict[str, Any]:
    metadata = {
        "version": VERSION,
        "product": {"name": PRODUCT, "vendor_name": PRODUCT},
        "profiles": ["datetime"],
        "log_name": event.source,
        "uid": event.event_id,
        "event_code": event.act,
    }
    status_id, status = _STATUS.get(event.outcome, (0, "Unknown"))
    return {
        "metadata": _told(metadata),
        "category_uid": class_uid // 1000,
        "class_uid": class_uid,
        "activity_id": activity,
        "activity_name": _ACTIVITIES[class_uid].get(activity) or event.act or "Other",
        "type_uid": class_uid * 100 + activity,
        "severity_id": 1,
        "status_id": status_id,
        "status": status,
        "time": event.at // 1_000,
    }


def _authentication(event: AccessEvent) -> dict[str, Any]:
    service = _told({"name": event.source or NAME, "uid": event.target})
    return {"user": _user(event), "service": service, **_told({"session": _told({"uid": event.session})})}


def _api_activity(event: AccessEvent) -> dict[str, Any]:
    actor = _told({"user": _user(event), "session": _told({"uid": event.session})})
    resources = [{"uid": event.target}] if event.target else []
    return {"actor": actor, "api": {"operation": event.act}, **_told({"resources": resources})}


def _user(event: AccessEvent) -> dict[str, Any]:
    named = {"uid": event.principal} if event.principal else {"name": _NOBODY}
    return named | _told({"credential_uid": event.fingerprint})


def _tail(event: AccessEvent) -> dict[str, Any]:
    """Return what both classes share: where from, with what, and all the framework has no place for."""
    unmapped = {
        "raw_address": event.raw_address if event.raw_address != event.address else "",
        "address_kind": event.address_kind.value,
        "nth": event.nth,
        "marks": list(event.marks),
    }
    tail = _told({"http_request": _told({"user_agent": event.user_agent}), "raw_data": event.detail})
    tail |= {"src_endpoint": _endpoint(event), "unmapped": _told(unmapped)}
    with suppress(OverflowError):
        tail["time_dt"] = write_time(event.at)
    return tail


def _endpoint(event: AccessEvent) -> dict[str, Any]:
    if event.address:
        return {"ip": event.address}
    key = {AddressKind.HOST: "hostname", AddressKind.SERVICE: "svc_name"}.get(event.address_kind, "name")
    return {key: event.raw_address or _NOBODY}


def _told(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that say something."""
    return {key: value for key, value in fields.items() if value}


FORMS = (JsonForm(NAME, is_one, read, BLIND_SPOTS),)
