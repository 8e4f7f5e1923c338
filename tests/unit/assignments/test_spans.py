"""Things that are held, in their one form; rows of a lease table, and what is wrong with one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebook.errors import InvalidInput
from gatebook.terms.assignment import OPEN, AssignmentKind, id_of, place_of
from gatebook.trace.proposal import read_instant, read_proposal
from gatebook.trace.spans import span_of, span_of_network

ROW = {"kind": "address", "thing": "203.0.113.9", "account": "acc_a", "from": "2026-10-01T12:00:05Z"}
ALIKE = [
    ("address", "203.0.113.9", ["::ffff:203.0.113.9", "203.0.113.9/32", " 203.0.113.9 ", "::ffff:cb00:7109/128"]),
    ("address", "203.0.113.0/24", ["::ffff:203.0.113.0/120"]),
    ("address", "2001:db8::1", ["2001:0DB8:0:0::1", "2001:db8::1/128"]),
    ("number", "AS64496", ["64496", "as64496"]),
    ("number", "AS65546", ["1.10", "AS1.10"]),
    ("domain", "example.com", ["EXAMPLE.com.", "example.com"]),
    ("domain", "xn--bcher-kva.example", ["bücher.example"]),
    ("principal", "Root", ["Root"]),
]
REFUSED = [
    ("address", "203.0.113.9/24"),
    ("address", "fe80::1%eth0"),
    ("address", "203.0.113.256"),
    ("address", "06.237.252.245"),
    ("address", "example.com"),
    ("number", "AS4294967296"),
    ("number", "1.65536"),
    ("domain", "a..b"),
    ("domain", "-a.example"),
    ("machine", ""),
    ("machine", "a\x00b"),
    ("machine", "x" * 1025),
]


@pytest.mark.parametrize(("kind", "thing", "written"), ALIKE)
def test_one_thing_written_in_many_ways_is_one_thing(kind: str, thing: str, written: list[str]) -> None:
    # Breaks when a thing can be held twice under two spellings.
    spans = {span_of(AssignmentKind(kind), text) for text in [thing, *written]}
    assert {span.thing for span in spans} == {thing}
    assert len(spans) == 1


@pytest.mark.parametrize(("kind", "text"), REFUSED)
def test_what_is_no_such_thing_is_refused_and_not_repeated(kind: str, text: str) -> None:
    # Breaks when an unreadable thing is taken as something else, or a message shows it.
    with pytest.raises(InvalidInput) as refused:
        span_of(AssignmentKind(kind), text)
    said = refused.value.message + refused.value.problems[0].reason
    assert not text.strip() or text not in said


@given(st.ip_addresses(network="10.0.0.0/8"), st.integers(0, 32), st.integers(0, 32))
def test_a_network_covers_what_lies_in_it_and_its_keys_say_so(address: object, one: int, other: int) -> None:
    # Breaks when the keys a lookup asks for are not those of the networks around an address.
    from ipaddress import ip_network

    wide, narrow = sorted((one, other))
    around, inner = (span_of_network(ip_network((str(address), n), strict=False)) for n in (wide, narrow))
    assert around.covers(inner)
    assert around.key in inner.covering_keys(range(33))
    assert inner.covers(around) is (wide == narrow)
    assert wide == narrow or around.inner_keys()[0] <= inner.key <= around.inner_keys()[1]
    elsewhere = span_of(AssignmentKind.ADDRESS, "192.0.2.1")
    assert not inner.covers(elsewhere) or inner.length < 8


def test_a_row_is_read_and_every_fault_of_it_is_told() -> None:
    # Breaks when a fault hides the next one, or a fault is told with the value.
    found = read_proposal(ROW)
    assert (found.span.thing, found.from_at, found.until_at) == ("203.0.113.9", 1790856005000000, OPEN)
    with pytest.raises(InvalidInput) as refused:
        read_proposal({**ROW, "kind": "x", "from": "2026-10-01", "account": "a@b", "under": "7", "note": "n" * 201})
    assert [p.pointer for p in refused.value.problems] == ["/kind", "/from", "/account", "/under", "/note"]
    with pytest.raises(InvalidInput) as refused:
        read_proposal({"thing": 1, "surprise": "x"})
    assert [(p.pointer, p.code) for p in refused.value.problems] == [
        ("/unknown", "unknown-field"), ("/thing", "not-text"), ("/kind", "missing"), ("/account", "missing"), ("/from", "missing"),
    ]  # fmt: skip
    for row in (None, [], "x", 1):
        with pytest.raises(InvalidInput):
            read_proposal(row)


@pytest.mark.parametrize(
    "text",
    ["2026-10-01T12:00:05", "2026-10-01T12:00:05.0000001Z", "2026-10-01", "", "x", "2026-02-30T00:00:00Z", "٢026-10-01T12:00:05Z"],
)  # fmt: skip
def test_a_time_that_is_not_exact_is_refused(text: str) -> None:
    # Breaks when a time is rounded, or a zone is guessed.
    with pytest.raises(InvalidInput):
        read_instant(text, "/at")


def test_times_are_exact_to_the_microsecond_in_every_zone() -> None:
    # Breaks when a boundary moves by a microsecond on its way in.
    one = read_instant("2026-10-01T12:00:05.000001Z", "")
    assert one == read_instant("2026-10-01T14:00:05.000001+02:00", "") == 1790856005000001
    assert read_instant("1969-12-31T23:59:59.999999Z", "") == -1


@given(st.integers(0, 2**61), st.integers(0, 2**31))
def test_an_id_says_where_it_was_noted(position: int, number: int) -> None:
    # Breaks when an id names two assignments.
    assert place_of(id_of(position, number)) == (position, number)


@pytest.mark.parametrize(
    "text", ["asg_1", "asg_01_1", "asg_1_-1", "asg_1_٣", "x_1_1", "", "asg_1_1_1", f"asg_{2**62}_0"]
)
def test_what_is_no_id_has_no_place(text: str) -> None:
    # Breaks when an id that was never given reaches the database.
    assert place_of(text) is None
