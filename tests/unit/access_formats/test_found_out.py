"""The form of every kind of record is found out among all forms."""

from __future__ import annotations

import base64
import json

import pytest

import access_samples
from gatebook.record.events.reader import read_events

GCP = {
    "protoPayload": {"methodName": "m", "authenticationInfo": {"principalEmail": "alice"}},
    "insertId": "1",
    "timestamp": "2026-11-23T18:59:09Z",
}
SIGN_IN = {"createdDateTime": "2026-11-23T18:59:09Z", "userPrincipalName": "alice", "appId": "1", "id": "1"}
ACTIVITY = {"time": "2026-11-23T18:59:09Z", "operationName": "x", "caller": "alice", "correlationId": "1"}
OCSF = {"class_uid": 3002, "metadata": {}, "time": 1795460349000, "user": {"name": "alice"}}
KUBERNETES = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "auditID": "1",
    "stage": "ResponseComplete",
    "verb": "get",
    "user": {"username": "alice"},
    "requestReceivedTimestamp": "2026-11-23T18:59:09Z",
}
PUSHED = {"message": {"data": base64.b64encode(json.dumps(GCP).encode()).decode()}, "subscription": "s"}
CARRIED = {**ACTIVITY, "category": "kube-audit", "properties": {"log": json.dumps(KUBERNETES)}}
CEF = "CEF:0|V|P|1|1|login|3|suser=alice rt=1795460349000"
WEB = '203.0.113.9 - alice [23/Nov/2026:18:59:09 +0000] "GET / HTTP/1.1" 200 1 "-" "curl"'
HEADER = "<38>1 2026-11-23T18:59:09Z web1 app 1 - - "
SSHD = "<38>1 2026-11-23T18:59:09Z web1 sshd 1 - - Accepted password for alice from 203.0.113.9 port 1 ssh2"


@pytest.mark.parametrize(
    ("record", "form"),
    [
        (GCP, "gcp"),
        (PUSHED, "gcp"),
        (SIGN_IN, "azure"),
        (
            {"records": [{"time": "2026-11-23T19:00:00Z", "operationName": "Sign-in activity", "properties": SIGN_IN}]},
            "azure",
        ),
        ({"records": [ACTIVITY]}, "azure"),
        (CARRIED, "kubernetes"),
        (OCSF, "ocsf"),
        (CEF, "cef"),
        (HEADER + CEF, "cef"),
        (WEB, "combined"),
        ("<190>Nov 23 18:59:09 web1 nginx: " + WEB, "combined"),
        (SSHD, "syslog"),
        (HEADER + json.dumps(OCSF), "ocsf"),
        ("Nov 23 18:59:09 web1 app[1]: @cee: " + json.dumps(GCP), "gcp"),
        ('<38>1 2026-11-23T18:59:09Z w a 1 - [x@32473 k="{"] ' + json.dumps(GCP), "gcp"),
    ],
)
def test_the_form_is_found_out(record: object, form: str) -> None:
    # Breaks when another form claims a record before its own does.
    line = record if isinstance(record, str) else json.dumps(record)
    (event,) = read_events([line], access_samples.RECEIPT)
    assert (event.source, event.principal) == (form, "alice")
    assert event.at == access_samples.us("2026-11-23T18:59:09Z")
