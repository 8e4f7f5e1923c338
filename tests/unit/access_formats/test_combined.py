"""Lines of web servers' access logs become events."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_samples import RECEIPT, damaged, us
from gatebook.record.events import combined
from gatebook.record.events.form import Receipt
from gatebook.terms.access_event import AccessEvent, AddressKind, Outcome

LINE = (
    '203.0.113.9 - alice [23/Nov/2026:19:54:35 +0100] "POST /v2.1/servers?token=hunter2 HTTP/1.1" 202 512'
    ' "https://panel.example.com/" "Mozilla/5.0 (\\"quoted\\")"'
)
PROXMOX = '::ffff:203.0.113.9 - root@pam [23/11/2026:19:54:35 +0000] "POST /api2/json/nodes/pve/qemu/100/status/start HTTP/1.1" 200 59'
SAMPLES = [
    LINE,
    PROXMOX,
    'panel.example.com:443 2001:db8::9 - - [23/Nov/2026:19:54:35 +0000] "GET / HTTP/2.0" 404 - "-" "-"',
    'cache.example.net - - [23/Nov/2026:19:54:35 +0000] "-" 408 - "-" "-"',
    '203.0.113.9 - "" [23/Nov/2026:19:54:35 +0000] "\\x16\\x03\\x01" 400 226 "-" "-" "198.51.100.7"',
]


def read(line: str, receipt: Receipt = RECEIPT) -> AccessEvent:
    assert combined.is_one(line)
    event = combined.read(line, receipt)
    assert event is not None
    return event


def test_a_combined_line() -> None:
    # Breaks when a query, which may hold secrets, reaches the record, or an escaped quote ends a field.
    assert read(LINE) == AccessEvent(
        at=us("2026-11-23T18:54:35Z"),
        source="combined",
        principal="alice",
        act="POST /v2.1/servers",
        outcome=Outcome.SUCCESS,
        address="203.0.113.9",
        address_kind=AddressKind.ADDRESS,
        raw_address="203.0.113.9",
        user_agent='Mozilla/5.0 ("quoted")',
    )


def test_a_line_of_the_proxmox_proxy() -> None:
    # Breaks when its month in digits or its mapped address is not read.
    event = read(PROXMOX)
    assert (event.at, event.marks) == (us("2026-11-23T19:54:35Z"), ())
    assert (event.principal, event.address, event.raw_address) == ("root@pam", "203.0.113.9", "::ffff:203.0.113.9")
    assert event.act == "POST /api2/json/nodes/pve/qemu/100/status/start"


def test_a_virtual_host_before_and_host_names() -> None:
    # Breaks when the name of the site is taken for who came.
    event = read(SAMPLES[2])
    assert (event.target, event.address, event.outcome) == ("panel.example.com:443", "2001:db8::9", Outcome.FAILURE)
    assert (event.principal, event.user_agent) == ("", "")
    named = read(SAMPLES[3])
    assert (named.address_kind, named.raw_address, named.act) == (AddressKind.HOST, "cache.example.net", "")


def test_a_user_with_a_space_is_one_user() -> None:
    # Breaks when a user name with a space shifts the fields.
    event = read('203.0.113.9 - alice smith [23/Nov/2026:19:54:35 +0000] "GET / HTTP/1.1" 200 1')
    assert (event.principal, event.address, event.target) == ("alice smith", "203.0.113.9", "")
    assert read(SAMPLES[4]).principal == ""


def test_a_forwarded_list_is_read_with_its_peer() -> None:
    # Breaks when what a client claims is believed although its peer is none of our proxies.
    line = '{} - - [23/Nov/2026:19:54:35 +0000] "GET / HTTP/1.1" 200 1 "-" "curl/8" "{}"'
    ours = Receipt(received_at=RECEIPT.received_at, proxies=(ip_network("192.0.2.0/24"),))
    claimed = "198.51.100.66, 203.0.113.9"
    assert read(line.format("192.0.2.1", claimed), ours).address == "203.0.113.9"
    assert read(line.format("192.0.2.1", claimed)).address == "192.0.2.1"
    assert read(line.format("10.0.0.1", claimed)).raw_address == claimed + ", 10.0.0.1"
    assert read(line.format("192.0.2.1", "-"), ours).raw_address == "192.0.2.1"
    not_forwarded = line.format("203.0.113.9", "x").replace("curl/8", "198.51.100.66")
    assert read(not_forwarded).address == "203.0.113.9"  # a user agent may look like an address


@pytest.mark.parametrize(
    ("request_line", "act"),
    [
        ("GET /a;jsessionid=S3CRET?x=1 HTTP/1.1", "GET /a"),
        ("GET http://bob:pw@example.com/x HTTP/1.0", "GET http://example.com/x"),
        ("CONNECT example.com:443 HTTP/1.1", "CONNECT example.com:443"),
        ("GET /a#b", "GET /a"),
        ("-", ""),
        ("", ""),
    ],
)
def test_no_secret_in_the_act(request_line: str, act: str) -> None:
    # Breaks when a secret that travels in a request line is kept.
    assert combined.act_of(request_line) == act


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("200", "success"),
        ("304", "success"),
        ("401", "failure"),
        ("503", "failure"),
        ("101", "unknown"),
        ("-", "unknown"),
    ],
)
def test_status_tells_the_outcome(status: str, outcome: str) -> None:
    # Breaks when a refusal is told as success.
    event = read(f'203.0.113.9 - - [23/Nov/2026:19:54:35 +0000] "GET / HTTP/1.1" {status} 1')
    assert event.outcome == outcome


def test_a_time_that_is_none_is_marked() -> None:
    # Breaks when 30 February is moved into March, or a missing zone is not said.
    assert read(LINE.replace("23/Nov", "30/Feb")).marks == ("time-missing",)
    assert read(LINE.replace("23/Nov", "23/Xyz")).marks == ("time-missing",)
    assert read(LINE.replace(" +0100", "")).marks == ("time-no-zone",)


@pytest.mark.parametrize("line", ["", "hello", "a b c", '203.0.113.9 - - [x] "GET', '1 2 3 [4] "5" 67', "{}"])
def test_other_lines_are_not_claimed(line: str) -> None:
    # Breaks when any line with brackets is told as a request.
    assert not combined.is_one(line) and combined.read(line, RECEIPT) is None


def test_a_hostile_line_is_read_in_one_pass() -> None:
    # Breaks when unclosed quotes are each searched to the end of the line: this would take hours, not a moment.
    for tail in ('\\"' * 300_000, ' "' * 300_000, '"' * 300_001, ' "a" ' * 100_000):
        combined.read(LINE + tail, RECEIPT)
    for line in ("a " * 300_000, "[" * 600_000, "a b c" + " x" * 300_000 + " [", "a.b:" * 200_000):
        assert not combined.is_one(line)


@given(st.one_of(st.text(), damaged(SAMPLES)))
def test_no_line_raises(line: str) -> None:
    # Breaks when any text is more than the form can bear.
    assert combined.is_one(line) == (combined.read(line, RECEIPT) is not None)
