"""Google Cloud audit log entries become events."""

from __future__ import annotations

import base64
import json
from typing import Any

from hypothesis import given

from access_samples import RECEIPT, any_object, us
from gatebook.record.events import gcp
from gatebook.terms.access_event import AccessEvent, AddressKind, Outcome

ENTRY: dict[str, Any] = {
    "protoPayload": {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "status": {},
        "authenticationInfo": {
            "principalEmail": "builder@prod.iam.gserviceaccount.com",
            "serviceAccountKeyName": "//iam.googleapis.com/projects/prod/serviceAccounts/builder/keys/0f3a",
        },
        "requestMetadata": {
            "callerIp": "2001:db8:0:0::7",
            "callerSuppliedUserAgent": "google-cloud-sdk gcloud/550.0.0,gzip(gfe)",
            "requestAttributes": {"time": "2026-11-23T18:59:08Z", "auth": {}},
        },
        "serviceName": "compute.googleapis.com",
        "methodName": "v1.compute.instances.insert",
        "authorizationInfo": [{"permission": "compute.instances.create", "granted": True}],
        "resourceName": "projects/prod/zones/europe-west1-b/instances/one",
    },
    "insertId": "-x1y2z3",
    "resource": {"type": "gce_instance", "labels": {"project_id": "prod"}},
    "timestamp": "2026-11-23T18:59:09.843565123Z",
    "severity": "NOTICE",
    "logName": "projects/prod/logs/cloudaudit.googleapis.com%2Factivity",
    "receiveTimestamp": "2026-11-23T18:59:10.5Z",
}
KEYS = [
    *ENTRY,
    *ENTRY["protoPayload"],
    "principalEmail",
    "callerIp",
    "code",
    "first",
    "message",
    "data",
    "subscription",
]


def entry(payload: dict[str, Any] | None = None, **rest: object) -> dict[str, Any]:
    return {**ENTRY, "protoPayload": {**ENTRY["protoPayload"], **(payload or {})}, **rest}


def read(record: dict[str, Any]) -> AccessEvent:
    assert gcp.is_one(record)
    event = gcp.read(record, RECEIPT)
    assert event is not None
    return event


def test_every_field_of_an_entry_is_read() -> None:
    # Breaks when a field is taken from another place, or nanoseconds are lost without a word.
    assert read(ENTRY) == AccessEvent(
        at=us("2026-11-23T18:59:09.843565Z"),
        source="gcp",
        principal="builder@prod.iam.gserviceaccount.com",
        act="v1.compute.instances.insert",
        outcome=Outcome.SUCCESS,
        address="2001:db8::7",
        address_kind=AddressKind.ADDRESS,
        raw_address="2001:db8:0:0::7",
        user_agent="google-cloud-sdk gcloud/550.0.0,gzip(gfe)",
        fingerprint="//iam.googleapis.com/projects/prod/serviceAccounts/builder/keys/0f3a",
        target="projects/prod/zones/europe-west1-b/instances/one",
        event_id="-x1y2z3",
        marks=("time-cut",),
    )


def test_how_an_act_ended() -> None:
    # Breaks when a long operation is told as done at its start, or a refusal as success.
    assert read(entry({"status": {"code": 7, "message": "PERMISSION_DENIED"}})).outcome is Outcome.FAILURE
    assert read(entry({"status": {"code": [7]}})).outcome is Outcome.FAILURE
    assert read(entry(operation={"id": "op", "first": True})).outcome is Outcome.PENDING
    assert read(entry(operation={"id": "op", "last": True})).outcome is Outcome.SUCCESS
    assert read(entry(operation={"id": "op", "first": True, "last": True})).outcome is Outcome.SUCCESS
    assert read(entry({"methodName": "google.login.LoginService.loginFailure"})).outcome is Outcome.FAILURE
    refused = {"status": None, "authorizationInfo": [{"granted": True}, {"granted": False}]}
    assert read(entry(refused)).outcome is Outcome.FAILURE


def test_callers_inside_the_cloud_are_services() -> None:
    # Breaks when "private" is told as a host or as unread.
    for word in ("private", "gce-internal-ip"):
        event = read(entry({"requestMetadata": {"callerIp": word}}))
        assert (event.address, event.address_kind, event.raw_address) == ("", AddressKind.SERVICE, word)


def test_who_acted_without_an_address_of_mail() -> None:
    # Breaks when a federated subject is told as nobody.
    subject = "principal://iam.googleapis.com/locations/global/workforcePools/pool/subject/alice"
    assert read(entry({"authenticationInfo": {"principalEmail": "", "principalSubject": subject}})).principal == subject
    assert read(entry({"authenticationInfo": None})).principal == ""


def test_what_pubsub_pushes() -> None:
    # Breaks when the envelope is taken for the record, or a torn one raises.
    data = base64.b64encode(json.dumps(ENTRY).encode()).decode()
    pushed = {"message": {"data": data, "messageId": "1"}, "subscription": "projects/prod/subscriptions/audit"}
    assert read(pushed) == read(ENTRY)
    for torn in (data[:-5], "%%%", "", base64.b64encode(b"[" * 100_000).decode(), base64.b64encode(b"\xff").decode()):
        assert gcp.read({"message": {"data": torn}, "subscription": "s"}, RECEIPT) is None


def test_other_logs_are_not_claimed() -> None:
    # Breaks when an entry of an application log is read as an access.
    assert not gcp.is_one({"textPayload": "hello", "timestamp": ENTRY["timestamp"]})
    assert not gcp.is_one({"protoPayload": {"@type": "type.googleapis.com/google.appengine.logging.v1.RequestLog"}})
    assert gcp.read({"protoPayload": {}}, RECEIPT) is None


@given(any_object(KEYS))
def test_no_object_raises(record: dict[str, Any]) -> None:
    # Breaks when any JSON stands where a form expects another kind of value.
    gcp.is_one(record)
    gcp.read(record, RECEIPT)
    gcp.read({**record, "protoPayload": record}, RECEIPT)
