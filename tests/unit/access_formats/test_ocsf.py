"""Events of the Open Cybersecurity Schema Framework become ours, and ours become theirs."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_samples import DAY, RECEIPT, any_object, us
from gatebook.record.events import ocsf
from gatebook.record.events.address import read_address
from gatebook.record.events.form import Receipt
from gatebook.terms.access_event import MARKS, AccessEvent, AddressKind, Outcome

LOGON: dict[str, Any] = {
    "class_uid": 3002,
    "category_uid": 3,
    "activity_id": 1,
    "activity_name": "Logon",
    "type_uid": 300201,
    "severity_id": 1,
    "status_id": 2,
    "time": 1795460349843,
    "metadata": {"version": "1.5.0", "product": {"name": "Door"}, "uid": "e-1", "event_code": "4625"},
    "user": {"uid": "u-7", "name": "alice"},
    "actor": {"user": {"name": "system"}},
    "src_endpoint": {"ip": "203.0.113.9", "port": 4711},
    "session": {"uid": "s-77"},
    "http_request": {"user_agent": "curl/8"},
    "service": {"name": "portal"},
    "certificate": {"fingerprints": [{"algorithm_id": 3, "value": "ab12"}], "serial_number": "1"},
}
CALL: dict[str, Any] = {
    "class_uid": 6003,
    "category_uid": 6,
    "activity_id": 1,
    "type_uid": 600301,
    "severity_id": 1,
    "status": "Success",
    "time": 1795460349843,
    "time_dt": "2026-11-23T18:59:09.843565Z",
    "metadata": {"version": "1.8.0", "product": {"name": "Cloud"}},
    "actor": {"user": {"email_addr": "alice@example.com"}, "session": {"uid": "s-78"}},
    "api": {"operation": "RunInstances", "service": {"name": "compute"}},
    "src_endpoint": {"svc_name": "autoscaling.amazonaws.com"},
    "resources": [{"uid": "i-1"}],
}
KEYS = [*LOGON, *CALL, "ip", "uid", "name", "product", "fingerprints", "value", "operation"]


def read(record: dict[str, Any]) -> AccessEvent:
    assert ocsf.is_one(record)
    event = ocsf.read(record, RECEIPT)
    assert event is not None
    return event


def test_an_authentication() -> None:
    # Breaks when the system that wrote a login is told as the one who logged in.
    assert read(LOGON) == AccessEvent(
        at=us("2026-11-23T18:59:09.843Z"),
        source="ocsf",
        principal="u-7",
        act="Logon",
        outcome=Outcome.FAILURE,
        address="203.0.113.9",
        address_kind=AddressKind.ADDRESS,
        raw_address="203.0.113.9",
        session="s-77",
        user_agent="curl/8",
        fingerprint="ab12",
        target="portal",
        event_id="e-1",
    )


def test_a_call() -> None:
    # Breaks when the written time, which holds microseconds, gives way to milliseconds.
    event = read(CALL)
    assert (event.at, event.act, event.target) == (us("2026-11-23T18:59:09.843565Z"), "RunInstances", "i-1")
    assert (event.principal, event.session, event.outcome) == ("alice@example.com", "s-78", Outcome.SUCCESS)
    assert (event.address, event.address_kind) == ("", AddressKind.SERVICE)
    assert read({**CALL, "time_dt": "no time"}).at == us("2026-11-23T18:59:09.843Z")


@pytest.mark.parametrize("class_uid", [3001, 3004, 3005])
def test_changes_of_an_account(class_uid: int) -> None:
    # Breaks when the user whose account was locked is told as who locked it.
    change = {**LOGON, "class_uid": class_uid, "activity_name": "Lock", "service": None}
    event = read(change)
    assert (event.principal, event.target, event.act) == ("system", "u-7", "Lock")
    assert read({**change, "actor": None}).principal == ""


def test_any_other_class_with_an_endpoint() -> None:
    # Breaks when a class we have no rule for is dropped although it says from where.
    other = {
        "class_uid": 4002,
        "category_uid": 4,
        "activity_id": 3,
        "time": 1795460349843,
        "src_endpoint": {"ip": "2001:db8::9"},
    }
    assert (read(other).address, read(other).act) == ("2001:db8::9", "4002: 3")
    assert ocsf.read({"class_uid": 2001, "category_uid": 2, "time": 1}, RECEIPT) is None


_TEXT = st.text(max_size=12).map(str.strip).filter(lambda text: text != "-")
_RAW = st.one_of(
    st.sampled_from(
        [
            "",
            "-",
            "203.0.113.9",
            "/203.0.113.9:22",
            "::ffff:203.0.113.9",
            "10.0.0.1, 203.0.113.9",
            "AWS Internal",
            "@",
            "a.example",
        ]
    ),
    st.ip_addresses().map(str),
    _TEXT,
)
_ACTS = st.one_of(_TEXT, st.sampled_from(["login", "logout", "ConsoleLogin", "GET /v1/x", "delete pods", "4625"]))


@st.composite
def events(draw: st.DrawFn) -> AccessEvent:
    raw = draw(_RAW)
    address, kind = read_address(raw, ())
    texts = {name: draw(_TEXT) for name in ("principal", "session", "user_agent", "fingerprint", "target", "event_id")}
    return AccessEvent(
        at=draw(st.integers(us("0001-01-02T00:00:00Z"), us("9999-12-30T00:00:00Z"))),
        source=draw(_TEXT),
        act=draw(_ACTS),
        outcome=draw(st.sampled_from(Outcome)),
        address=address,
        address_kind=kind,
        raw_address=raw,
        nth=draw(st.integers(0, 3)),
        marks=tuple(draw(st.lists(st.sampled_from(sorted(MARKS)), max_size=2))),
        detail=draw(_TEXT),
        **texts,
    )


KEPT = ("at", "address", "principal", "act", "outcome", "session", "user_agent", "fingerprint", "target", "event_id")
ANY_TIME = Receipt(received_at=us("2026-11-24T12:00:00Z"), future_us=10_000 * 366 * DAY, past_us=10_000 * 366 * DAY)


@given(events())
def test_out_and_in_again(event: AccessEvent) -> None:
    # Breaks when an event that goes through the framework comes back as another.
    plain = ocsf.to_ocsf(event)
    assert ocsf.is_one(plain)
    again = ocsf.read(plain, ANY_TIME)
    if again is None:
        assert not event.principal and not event.address
        return
    assert {name: getattr(again, name) for name in KEPT} == {name: getattr(event, name) for name in KEPT}
    assert again.marks == ()
    assert plain["time"] == event.at // 1000


@given(st.integers(-(2**63), 2**63 - 1))
def test_any_time_can_be_written(at: int) -> None:
    # Breaks when a time out of the calendar raises instead of going without its written form.
    plain = ocsf.to_ocsf(AccessEvent(at=at, source="x"))
    assert plain["time"] == at // 1000


@lru_cache
def valid(version: str, class_uid: int) -> Any:
    reason = "ocsf-json-schema, which holds the framework's own schemas, is not installed"
    schemas = pytest.importorskip("ocsf_json_schema", reason=reason)
    validator = pytest.importorskip("jsonschema_rs", reason="jsonschema-rs is not installed")
    schema = schemas.OcsfJsonSchemaEmbedded(schemas.get_ocsf_schema(version=version))
    name = schema.lookup_class_name_from_uid(class_uid=class_uid)
    return validator.validator_for(schema.get_class_schema(class_name=name, profiles=["datetime"]))


@pytest.mark.parametrize("version", ["1.5.0", "1.8.0"])
def test_what_we_write_is_of_the_framework(version: str) -> None:
    # Breaks when an event we write is refused by the framework's own schema.
    checks = {class_uid: valid(version, class_uid) for class_uid in (3002, 6003)}

    @given(events())
    def check(event: AccessEvent) -> None:
        plain = ocsf.to_ocsf(event)
        errors = [
            f"{list(error.instance_path)}: {error.message}" for error in checks[plain["class_uid"]].iter_errors(plain)
        ]
        assert not errors

    check()
    refused = {**ocsf.to_ocsf(AccessEvent(at=0, source="x", act="login")), "class_uid": 6003}
    assert not checks[6003].is_valid(refused)  # the check does refuse


@given(any_object(KEYS))
def test_no_object_raises(record: dict[str, Any]) -> None:
    # Breaks when any JSON stands where a form expects another kind of value.
    ocsf.is_one(record)
    ocsf.read(record, RECEIPT)
    ocsf.read({**record, "class_uid": 3002, "metadata": record}, RECEIPT)
