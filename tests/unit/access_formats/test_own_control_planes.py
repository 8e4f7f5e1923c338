"""CADF, LXD, Kubernetes and CloudTrail records: who acted, what they did, from where and how it ended."""

from __future__ import annotations

from typing import Any

import pytest

from gatebook.record.events import cadf, cloudtrail, kubernetes, lxd
from gatebook.record.events.form import JsonForm, Receipt
from gatebook.record.events.forms import BY_NAME
from gatebook.terms.access_event import AccessEvent, Outcome

RECEIPT = Receipt(received_at=1_795_521_600_000_000)
AT = "2026-11-23T18:59:09Z"


def read(form: JsonForm, record: dict[str, Any]) -> AccessEvent:
    assert form.is_one(record)
    event = form.read(record, RECEIPT)
    assert event is not None
    return event


def middleware(outcome: str) -> dict[str, Any]:
    initiator = {
        "id": "alice",
        "project_id": "p1",
        "host": {"address": "203.0.113.7", "agent": "curl"},
        "credential": {"token": "gAAA xxxx 9f2c", "identity_status": "Confirmed"},
    }
    payload = {
        "typeURI": "http://schemas.dmtf.org/cloud/audit/1.0/event",
        "id": "7",
        "eventTime": AT,
        "action": "update/reboot",
        "outcome": outcome,
        "initiator": initiator,
        "requestPath": "/v2.1/servers/1/action?token=secret",
    }
    return {
        "event_type": "audit.http.request",
        "payload": payload,
        "message_id": "m",
        "timestamp": "2026-11-23 18:59:09",
    }


def test_request_and_response_of_one_id_are_two_records_and_no_token_is_kept() -> None:
    # Breaks when the answer overwrites the question, or a piece of a token reaches the record.
    asked, answered = (read(cadf.FORM, middleware(outcome)) for outcome in ("pending", "success"))
    assert (asked.event_id, answered.event_id) == ("7/pending", "7/success")
    assert (asked.outcome, answered.outcome) == (Outcome.PENDING, Outcome.SUCCESS)
    assert (asked.act, asked.principal, asked.user_agent) == ("update/reboot", "alice", "curl")
    assert asked.target == "/v2.1/servers/1/action"
    assert "9f2c" not in repr(asked)
    assert "secret" not in repr(asked)


def test_a_project_stands_in_for_a_target() -> None:
    # Breaks when a CADF record without a target says nothing of where it happened.
    record = middleware("success")["payload"]
    del record["requestPath"]
    assert read(cadf.FORM, record).target == "p1"


def test_a_basic_notification_is_read() -> None:
    # Breaks when Keystone without CADF leaves only unmapped records.
    record = {
        "event_type": "identity.user.created",
        "payload": {"resource_info": "u1"},
        "timestamp": "2026-11-23 18:59:09.1",
    }
    event = read(cadf.FORM, record)
    assert (event.act, event.target, event.marks) == ("identity.user.created", "u1", ("time-no-zone",))


def lxd_event(kind: str, **metadata: Any) -> dict[str, Any]:
    return {"type": kind, "timestamp": "2026-11-23T18:59:09.123456789Z", "project": "p1", "metadata": metadata}


def test_a_certificate_is_principal_and_fingerprint() -> None:
    # Breaks when who acted over TLS cannot be found by the certificate shown.
    print_of = "7d0878b46080" + "0" * 52
    who = {"username": print_of, "protocol": "tls", "address": "203.0.113.7:41234"}
    event = read(lxd.FORM, lxd_event("lifecycle", action="instance-started", source="/1.0/instances/c1", requestor=who))
    assert (event.principal, event.fingerprint, event.address) == (print_of, print_of, "203.0.113.7")
    assert (event.act, event.target, event.outcome) == ("instance-started", "/1.0/instances/c1", Outcome.SUCCESS)
    assert event.marks == ("time-cut",)


def test_the_logging_event_of_a_request_tells_the_address() -> None:
    # Breaks when the one LXD event with an address is not read, or keeps the secret of a websocket.
    context = {"ip": "203.0.113.7:41234", "method": "GET", "url": "/1.0/operations/1/websocket?secret=s3&project=p2"}
    event = read(lxd.FORM, lxd_event("logging", message="Handling API request", context=context))
    assert (event.address, event.act, event.outcome) == ("203.0.113.7", "GET", Outcome.PENDING)
    assert event.target == "/1.0/operations/1/websocket?project=p2"


def test_an_operation_ends_as_its_status_says() -> None:
    # Breaks when a failed operation is taken for done.
    codes = {103: Outcome.PENDING, 200: Outcome.SUCCESS, 400: Outcome.FAILURE, 401: Outcome.FAILURE}
    for code, outcome in codes.items():
        event = read(lxd.FORM, lxd_event("operation", id="o1", description="Starting instance", status_code=code))
        assert (event.outcome, event.event_id) == (outcome, f"o1/{code}")


def audit(**more: Any) -> dict[str, Any]:
    return {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "auditID": "a", "verb": "create", **more}


def test_kubernetes_names_who_really_acted() -> None:
    # Breaks when an assumed name hides the one behind it, or a command's arguments reach the target.
    event = read(
        kubernetes.FORM,
        audit(
            user={"username": "eve", "extra": {"authentication.kubernetes.io/credential-id": ["JTI=1"]}},
            impersonatedUser={"username": "system:admin"},
            objectRef={"resource": "pods", "subresource": "exec", "namespace": "n", "name": "p"},
            sourceIPs=["192.0.2.1", "203.0.113.7", "10.0.0.1"],
            requestURI="/api/v1/namespaces/n/pods/p/exec?command=cat",
        ),
    )
    assert (event.principal, event.act) == ("eve", "create pods/exec as system:admin")
    assert (event.target, event.fingerprint, event.address) == ("n/p", "JTI=1", "203.0.113.7")
    assert "cat" not in repr(event)


@pytest.mark.parametrize(
    ("stage", "code", "outcome"),
    [
        ("RequestReceived", None, Outcome.PENDING),
        ("ResponseStarted", 200, Outcome.PENDING),
        ("ResponseComplete", 101, Outcome.SUCCESS),
        ("ResponseComplete", 403, Outcome.FAILURE),
        ("Panic", 500, Outcome.FAILURE),
        ("ResponseComplete", None, Outcome.UNKNOWN),
    ],
)
def test_kubernetes_stages(stage: str, code: int | None, outcome: Outcome) -> None:
    # Breaks when a request that has only come in is taken for done, or a refused one for granted.
    event = read(kubernetes.FORM, audit(stage=stage, responseStatus={"code": code}, requestReceivedTimestamp=AT))
    assert (event.outcome, event.event_id) == (outcome, f"a/{stage}")


@pytest.mark.parametrize(
    ("identity", "principal"),
    [
        ({"type": "Root", "arn": "arn:aws:iam::1:root", "accountId": "1"}, "arn:aws:iam::1:root"),
        ({"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/R/alice"}, "arn:aws:sts::1:assumed-role/R/alice"),
        ({"type": "AWSService", "invokedBy": "autoscaling.amazonaws.com"}, "autoscaling.amazonaws.com"),
        ({"type": "SAMLUser", "principalId": "x:alice", "userName": "alice"}, "x:alice"),
        ({"type": "IdentityCenterUser", "onBehalfOf": {"userId": "u1"}, "accountId": "1"}, "u1"),
        ({"type": "AWSAccount", "accountId": "2"}, "2"),
        (None, ""),
        ("alice", ""),
    ],
)
def test_cloudtrail_identities(identity: Any, principal: str) -> None:
    # Breaks when one kind of identity leaves nobody behind an act.
    event = read(cloudtrail.FORM, {"eventName": "X", "eventSource": "ec2.amazonaws.com", "userIdentity": identity})
    assert (event.principal, event.act) == (principal, "ec2:X")


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({"errorCode": "AccessDenied"}, Outcome.FAILURE),
        ({"responseElements": {"ConsoleLogin": "Failure"}}, Outcome.FAILURE),
        ({"responseElements": {"ConsoleLogin": "Success"}}, Outcome.SUCCESS),
        ({"responseElements": None}, Outcome.SUCCESS),
    ],
)
def test_cloudtrail_outcomes(more: dict[str, Any], outcome: Outcome) -> None:
    # Breaks when a refused login, which carries no error code, is taken for a login.
    record = {"eventName": "ConsoleLogin", "eventSource": "signin.amazonaws.com", "userIdentity": {"accessKeyId": "AK"}}
    event = read(cloudtrail.FORM, record | more)
    assert (event.outcome, event.fingerprint) == (outcome, "AK")


def test_every_form_says_what_it_cannot_see() -> None:
    # Breaks when a form is added whose gaps nobody wrote down.
    assert all(form.blind_spots and form.name == name for name, form in BY_NAME.items())
