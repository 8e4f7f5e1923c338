"""Records of the Common Event Format become events."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_samples import RECEIPT, damaged, us
from gatebook.record.events import cef
from gatebook.terms.access_event import AccessEvent, AddressKind, Outcome

LINE = (
    r"CEF:0|Example\|Corp|Gate|1.2|login|User \\ logged in|3|rt=1795460349843 src=203.0.113.9 suser=alice\=admin spriv=User"
    r" outcome=success requestClientApplication=Mozilla/5.0 (X11; Linux) deviceExternalId=gate-1 externalId=42"
    r" cs1=s-77 cs1Label=Session ID cs2=SHA256:abc cs2Label=Key Fingerprint request=https://panel.example.com/login?password\=x"
)
SAMPLES = [
    LINE,
    "<134>1 2026-11-23T18:59:09.843Z gate app - - - " + LINE.replace("rt=1795460349843 ", ""),
    "Nov 23 19:54:35 gate CEF:0|V|P|1|4625|Logon failed|5|duser=bob act=blocked c6a2=2001:db8::9",
]


def read(line: str) -> AccessEvent:
    assert cef.is_one(line)
    event = cef.read(line, RECEIPT)
    assert event is not None
    return event


def test_every_field_of_a_record() -> None:
    # Breaks when an escape is not undone, or ends a value where it stands.
    assert read(LINE) == AccessEvent(
        at=us("2026-11-23T18:59:09.843Z"),
        source="cef",
        principal="alice=admin",
        act="User \\ logged in",
        outcome=Outcome.SUCCESS,
        address="203.0.113.9",
        address_kind=AddressKind.ADDRESS,
        raw_address="203.0.113.9",
        session="s-77",
        user_agent="Mozilla/5.0 (X11; Linux)",
        fingerprint="SHA256:abc",
        target="https://panel.example.com/login",
        event_id="gate-1/42",
    )


def test_the_header_stands_in_for_a_time() -> None:
    # Breaks when a record without rt is told as of its receipt although its header has a time.
    assert read(SAMPLES[1]).at == us("2026-11-23T18:59:09.843Z")
    old = read(SAMPLES[2])
    assert (old.at, old.marks) == (us("2026-11-23T19:54:35Z"), ("time-no-year", "time-no-zone"))
    assert read(SAMPLES[2].partition("gate ")[2]).marks == ("time-missing",)


def test_a_failed_login_names_whom_it_was_of() -> None:
    # Breaks when a record without suser is told as nobody's.
    event = read(SAMPLES[2])
    assert (event.principal, event.address, event.outcome) == ("bob", "2001:db8::9", Outcome.FAILURE)


def test_who_acted_upon_whom() -> None:
    # Breaks when source and destination are swapped.
    event = read("CEF:0|V|P|1|1|Password reset|3|suser=alice duser=bob src=203.0.113.9 rt=Nov 23 2026 18:59:09.5 UTC")
    assert (event.principal, event.target, event.at, event.marks) == ("alice", "bob", us("2026-11-23T18:59:09.5Z"), ())


def test_a_zone_in_letters_is_not_guessed() -> None:
    # Breaks when CST is read as one of the zones it names.
    event = read("CEF:0|V|P|1|1|x|3|suser=alice rt=Nov 23 2026 18:59:09 CST")
    assert (event.at, event.marks) == (us("2026-11-23T18:59:09Z"), ("time-no-zone",))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "CEF:",
        "CEF:0|a|b",
        "XCEF:0|a|b|c|d|e|f|",
        "CEF:0|V|P|1|1|disk full|3|cnt=1",
        "CEF:0|V|P|1|1|x|3|spriv=Guest",
    ],
)
def test_what_tells_of_no_access(line: str) -> None:
    # Breaks when a torn record, or one of no person and no address, is told as an access.
    assert cef.read(line, RECEIPT) is None


def test_a_hostile_line_is_read_in_one_pass() -> None:
    # Breaks when a long line is searched from every place in it.
    for tail in (" a=" * 200_000, "\\" * 500_000, " " * 500_000, "a" * 500_000):
        cef.read(LINE + tail, RECEIPT)
    for line in ("CEF:0|" + "\\|" * 300_000, "CEF:0|" * 100_000):
        assert cef.read(line, RECEIPT) is None


@given(st.one_of(st.text(), damaged(SAMPLES)))
def test_no_line_raises(line: str) -> None:
    # Breaks when any text is more than the form can bear.
    event = cef.read(line, RECEIPT)
    assert event is None or cef.is_one(line)
