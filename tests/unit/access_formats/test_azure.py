"""Azure and Entra records become events."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from access_samples import RECEIPT, any_object, us
from gatebook.record.events import azure
from gatebook.terms.access_event import AccessEvent, AddressKind, Outcome

UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
OBJECT = "http://schemas.microsoft.com/identity/claims/objectidentifier"
MACHINE = "/SUBSCRIPTIONS/5F1E/RESOURCEGROUPS/PROD/PROVIDERS/MICROSOFT.COMPUTE/VIRTUALMACHINES/ONE"
EXPORTED: dict[str, Any] = {
    "time": "2026-11-23T18:59:09.8435651Z",
    "resourceId": MACHINE,
    "operationName": "MICROSOFT.COMPUTE/VIRTUALMACHINES/WRITE",
    "category": "Administrative",
    "resultType": "Start",
    "resultSignature": "Started.",
    "callerIpAddress": "203.0.113.9:50342",
    "correlationId": "1e1f3e9a-0001",
    "identity": {
        "authorization": {"scope": MACHINE, "evidence": {"role": "Owner", "principalId": "0b7c"}},
        "claims": {UPN: "alice@example.com", OBJECT: "0b7c-object", "ipaddr": "198.51.100.4", "appid": "app"},
    },
    "level": "Information",
}
FROM_API: dict[str, Any] = {
    "caller": "alice@example.com",
    "claims": {OBJECT: "0b7c-object"},
    "correlationId": "1e1f3e9a-0001",
    "eventDataId": "8a9b",
    "eventTimestamp": "2026-11-23T18:59:09Z",
    "httpRequest": {"clientIpAddress": "203.0.113.9", "method": "PUT"},
    "operationName": {"value": "Microsoft.Compute/virtualMachines/write", "localizedValue": "Create a machine"},
    "resourceId": "/subscriptions/5f1e",
    "status": {"value": "Succeeded"},
}
SIGN_IN: dict[str, Any] = {
    "id": "66ea54eb-0002",
    "createdDateTime": "2026-11-23T18:59:09Z",
    "userDisplayName": "Alice",
    "userPrincipalName": "alice@example.com",
    "userId": "26be570a",
    "appId": "c44b4083",
    "appDisplayName": "Azure Portal",
    "ipAddress": "2001:db8::9",
    "userAgent": "Mozilla/5.0",
    "correlationId": "a9d2-0003",
    "resourceDisplayName": "Windows Azure Service Management API",
    "status": {"errorCode": 0, "failureReason": "Other."},
}
EXPORTED_SIGN_IN: dict[str, Any] = {
    "time": "2026-11-23T19:04:00Z",
    "operationName": "Sign-in activity",
    "category": "SignInLogs",
    "resultType": "50126",
    "callerIpAddress": "2001:db8::9",
    "correlationId": "a9d2-0003",
    "identity": "Alice",
    "properties": {**SIGN_IN, "status": {"errorCode": 50126}},
}
AUDIT: dict[str, Any] = {
    "id": "Directory_6f2f_0004",
    "category": "UserManagement",
    "correlationId": "a9d2-0005",
    "result": "success",
    "activityDisplayName": "Reset user password",
    "activityDateTime": "2026-11-23T18:59:09.1234567Z",
    "initiatedBy": {
        "user": {"id": "26be570a", "userPrincipalName": "alice@example.com", "ipAddress": "203.0.113.9"},
        "app": None,
    },
    "targetResources": [{"id": "77aa", "userPrincipalName": "bob@example.com"}],
    "additionalDetails": [{"key": "User-Agent", "value": "Mozilla/5.0"}],
}
KEYS = [
    *EXPORTED,
    *FROM_API,
    *SIGN_IN,
    *AUDIT,
    UPN,
    OBJECT,
    "user",
    "app",
    "value",
    "claims",
    "properties",
    "errorCode",
]


def read(record: dict[str, Any]) -> AccessEvent:
    assert azure.is_one(record)
    event = azure.read(record, RECEIPT)
    assert event is not None
    return event


def test_an_exported_activity() -> None:
    # Breaks when the port is kept in the address, or the claims' address is taken before the caller's.
    assert read(EXPORTED) == AccessEvent(
        at=us("2026-11-23T18:59:09.843565Z"),
        source="azure",
        principal="alice@example.com",
        act="MICROSOFT.COMPUTE/VIRTUALMACHINES/WRITE",
        outcome=Outcome.PENDING,
        address="203.0.113.9",
        address_kind=AddressKind.ADDRESS,
        raw_address="203.0.113.9:50342",
        session="1e1f3e9a-0001",
        target=MACHINE,
        marks=("time-cut",),
    )


def test_an_activity_of_the_api() -> None:
    # Breaks when a name in {"value"} is not looked into.
    event = read(FROM_API)
    assert (event.principal, event.act) == ("alice@example.com", "Microsoft.Compute/virtualMachines/write")
    assert (event.address, event.outcome, event.event_id) == ("203.0.113.9", Outcome.SUCCESS, "8a9b")


def test_who_called_by_object_application_or_evidence() -> None:
    # Breaks when a record without a name of a person is told as nobody's.
    def called(identity: object, **rest: object) -> str:
        return read({**EXPORTED, "identity": identity, **rest}).principal

    assert called({"claims": {OBJECT: "0b7c-object"}}) == "0b7c-object"
    assert called({"claims": {"appid": "app"}}) == "app"
    assert called({"authorization": {"evidence": {"principalId": "0b7c"}}}) == "0b7c"
    assert called("Alice") == "Alice"
    assert called({"claims": {OBJECT: "0b7c-object"}}, caller="alice@example.com") == "alice@example.com"
    assert called(["odd"]) == ""


def test_results_of_activities() -> None:
    # Breaks when an accepted request is told as done.
    told = {"Start": "pending", "Accept": "pending", "Accepted": "pending", "Success": "success", "Failure": "failure"}
    for word, outcome in {**told, "Succeeded": "success", "Failed": "failure", "0": "success", "?": "unknown"}.items():
        assert read({**EXPORTED, "resultType": word}).outcome == outcome


def test_a_sign_in_of_the_graph_and_as_exported() -> None:
    # Breaks when the two forms of one sign-in tell of two principals, or the time of export is taken.
    event = read(SIGN_IN)
    assert event == AccessEvent(
        at=us("2026-11-23T18:59:09Z"),
        source="azure",
        principal="alice@example.com",
        act="login",
        outcome=Outcome.SUCCESS,
        address="2001:db8::9",
        address_kind=AddressKind.ADDRESS,
        raw_address="2001:db8::9",
        session="a9d2-0003",
        user_agent="Mozilla/5.0",
        target="Windows Azure Service Management API",
        event_id="66ea54eb-0002",
    )
    exported = read(EXPORTED_SIGN_IN)
    assert (exported.at, exported.principal, exported.event_id) == (event.at, event.principal, event.event_id)
    assert exported.outcome is Outcome.FAILURE


def test_a_sign_in_that_goes_on_is_pending() -> None:
    # Breaks when a second factor that was asked for is told as a failed login.
    assert read({**SIGN_IN, "status": {"errorCode": 50074}}).outcome is Outcome.PENDING
    assert read({**SIGN_IN, "status": {}}).outcome is Outcome.UNKNOWN


def test_a_service_signs_in() -> None:
    # Breaks when the credential of a service is not found again by its key.
    body = {"createdDateTime": "2026-11-23T18:59:09Z", "appId": "c44b", "servicePrincipalId": "5e7f"}
    event = read({"properties": {**body, "servicePrincipalCredentialKeyId": "k1"}, "time": "2026-11-23T19:00:00Z"})
    assert (event.principal, event.fingerprint) == ("5e7f", "k1")


def test_directory_audit() -> None:
    # Breaks when the one acted upon is told as the one who acted.
    for record in (AUDIT, {"time": "2026-11-23T19:00:00Z", "operationName": "x", "properties": AUDIT}):
        event = read(record)
        assert (event.principal, event.target) == ("alice@example.com", "bob@example.com")
        assert (event.address, event.act, event.user_agent) == ("203.0.113.9", "Reset user password", "Mozilla/5.0")
        assert event.at == us("2026-11-23T18:59:09.123456Z") and event.outcome is Outcome.SUCCESS
    by_app = read({**AUDIT, "initiatedBy": {"app": {"servicePrincipalId": "5e7f"}}})
    assert (by_app.principal, by_app.raw_address) == ("5e7f", "")


def test_the_log_of_a_resource() -> None:
    # Breaks when reading a secret or a blob, which the activity log leaves out, is told as nobody's.
    vault = {
        **EXPORTED,
        "operationName": "SecretGet",
        "resultType": "Success",
        "identity": {"claim": {"upn": "a@example.com"}},
    }
    assert (read(vault).principal, read(vault).outcome) == ("a@example.com", Outcome.SUCCESS)
    blob = {
        **EXPORTED,
        "operationName": "GetBlob",
        "identity": {"requester": {"objectId": "0b7c"}},
        "statusText": "Success",
    }
    del blob["resultType"]
    event = read({**blob, "properties": {"userAgentHeader": "azcopy"}})
    assert (event.principal, event.user_agent, event.outcome) == ("0b7c", "azcopy", Outcome.SUCCESS)


def test_a_log_that_azure_only_carries_is_not_claimed() -> None:
    # Breaks when the envelope of a Kubernetes audit event is read as an act of Azure's.
    carried = {**EXPORTED, "category": "kube-audit", "properties": {"log": '{"kind":"Event"}', "stream": "stdout"}}
    assert not azure.is_one(carried) and azure.read(carried, RECEIPT) is None


@given(any_object(KEYS))
def test_no_object_raises(record: dict[str, Any]) -> None:
    # Breaks when any JSON stands where a form expects another kind of value.
    for kind in (azure.read, azure.read_sign_in, azure.read_audit, azure.read_activity):
        kind(record, RECEIPT)
        kind({**record, "properties": record}, RECEIPT)
    azure.is_one(record)
