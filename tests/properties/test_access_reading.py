"""Whatever comes in, reading it keeps every record, and reads the same however it came."""

from __future__ import annotations

import json
from ipaddress import ip_address
from itertools import pairwise
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from access_samples import RECEIPT, any_json
from gatebook.record.events import own
from gatebook.record.events.address import read_address
from gatebook.record.events.columns import from_columns, to_columns
from gatebook.record.events.fast import read_columns
from gatebook.record.events.finish import finish
from gatebook.record.events.form import JsonForm
from gatebook.record.events.forms import FORMS
from gatebook.record.events.lines import read_lines
from gatebook.record.events.nth import Repeats
from gatebook.record.events.reader import read_events
from gatebook.record.events.times import read_time, write_time
from gatebook.terms.access_event import MARKS, AccessEvent, AddressKind, Outcome

KEYS = [
    *("at", "event", "message", "log", "Records", "items", "records", "properties", "data", "oslo.message", "payload"),
    *("event_type", "typeURI", "initiator", "host", "address", "outcome", "type", "timestamp", "metadata", "requestor"),
    *("kind", "apiVersion", "auditID", "verb", "user", "sourceIPs", "objectRef", "eventName", "userIdentity", "nth"),
    *(
        "eventTime",
        "sourceIPAddress",
        "responseElements",
        "resources",
        "principal",
        "marks",
        "address_kind",
        "eventname",
    ),
]
ADDRESSES = st.one_of(
    st.ip_addresses().map(str),
    st.sampled_from(["203.0.113.7", "203.0.113.7:80", "203.0.113.7, 10.0.0.1", "::", "@", "AWS Internal", "-", "x"]),
    st.text(max_size=12),
)
TIMES = st.one_of(
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    st.integers(0, 59).map(lambda second: f"2026-11-24T10:00:{second:02d}Z"),
    st.sampled_from(
        ["2026-11-24T10:00:00", "2026-11-24T10:00:00.123456789Z", "2026-11-24T10:00:00+23:59", "2017-01-01T00:00:60Z"]
    ),
    st.sampled_from(
        ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59-10:00", "2026-11-24 10:00:00.5Z", "2026-11-24", "", "1795460349"]
    ),
)
TEXTS = st.one_of(st.sampled_from(["", "alice", "x" * 5_000, "a\x00b", "é😀"]), st.text(max_size=6))
PLAIN = st.fixed_dictionaries(
    {"at": TIMES},
    optional={
        **{name: st.one_of(st.none(), TEXTS) for name in ("principal", "act", "session", "user_agent", "fingerprint")},
        **{name: st.one_of(st.none(), TEXTS) for name in ("target", "id", "source", "unknown key")},
        "outcome": st.sampled_from(["success", "failure", "pending", "unknown", "Success", "", None]),
        "address": ADDRESSES,
    },
)
SIMPLE = st.fixed_dictionaries(
    {"at": st.integers(0, 3).map(lambda second: f"2026-11-24T10:00:0{second}Z")},
    optional={"principal": st.sampled_from(["alice", "bob", None]), "address": st.sampled_from(["203.0.113.7", "::1"])},
)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def by_columns(chunks: bytes | list[bytes]) -> list[AccessEvent]:
    return [event for batch in read_columns(chunks, RECEIPT) for event in from_columns(batch)]


def same_both_ways(data: bytes, places: list[int]) -> None:
    events = list(read_events(read_lines(data), RECEIPT))
    assert by_columns(data) == events
    assert by_columns(cut(data, places)) == events
    assert list(read_events(read_lines(cut(data, places)), RECEIPT)) == events


@given(st.lists(st.one_of(PLAIN, SIMPLE), max_size=8), st.lists(st.integers(0, 10_000), max_size=3), st.booleans())
def test_the_fast_way_reads_as_the_slow_one(records: list[dict[str, Any]], places: list[int], ascii_only: bool) -> None:
    # Breaks when a block read by columns differs in any field from its lines read one by one, or by where it was cut.
    text = "".join(json.dumps(record, ensure_ascii=ascii_only) + "\n" for record in records)
    same_both_ways(text.encode("utf-8", "surrogatepass"), places)


@given(st.lists(SIMPLE, min_size=1, max_size=40), st.lists(st.integers(0, 10_000), max_size=3))
def test_numbers_of_equal_rows_agree(records: list[dict[str, Any]], places: list[int]) -> None:
    # Breaks when equal rows get other numbers by columns, or by where the stream was cut.
    same_both_ways("".join(json.dumps(record) + "\r\n" for record in records).encode(), places)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=4))
@example(b'{"at":\n"2026-11-24T10:00:00Z"}{"at":1}\n', [])
@example(b'{"at":"2026-11-24T10:00:00Z"}{"at":"2026-11-24T10:00:00Z"}\n', [])
@example(b'{"at":"2026-11-24T10:00:00Z","x":"\xff"}\n', [])
@example(b'{"at":"2026-11-24T10:00:00Z","x":[}\n{]}\n', [])
@example(b"{\n1}\n]\n", [3])
def test_any_bytes_are_kept_however_they_are_cut(data: bytes, places: list[int]) -> None:
    # Breaks when bytes stop the reading, or the record depends on how they were cut.
    same_both_ways(data, places)


@given(st.lists(any_json(KEYS), max_size=4))
def test_any_json_is_read_or_kept(records: list[object]) -> None:
    # Breaks when JSON of an odd shape stops the reading, leaves no event, or one that cannot be stored.
    for record in records:
        line = json.dumps(record)
        events = list(read_events([line], RECEIPT))
        assert events or "[]" in line  # a list of no records is none
        assert from_columns(to_columns(events)) == events
        assert all(set(event.marks) <= set(MARKS) for event in events)


@given(any_json(KEYS))
def test_no_form_stumbles(record: object) -> None:
    # Breaks when a form raises on an object it should have left alone.
    if isinstance(record, dict):
        for form in FORMS:
            if isinstance(form, JsonForm):
                form.is_one(record)
                form.read(record, RECEIPT) if form.is_one(record) else None


@given(st.one_of(ADDRESSES, st.text(), st.lists(ADDRESSES, max_size=4).map(", ".join)))
def test_any_text_is_read_as_an_address_or_not(raw: str) -> None:
    # Breaks when a text raises, or an address is not in its one canonical form.
    address, kind = read_address(raw, ())
    if address:
        assert kind in {AddressKind.ADDRESS, AddressKind.LIST}
        assert str(ip_address(address)) == address
        assert not address.startswith("::ffff:")
    else:
        assert kind is not AddressKind.ADDRESS


@given(st.one_of(st.text(), TIMES, st.integers(), st.floats(), st.none()))
def test_any_time_is_read_or_stood_in_for(value: object) -> None:
    # Breaks when a time raises, or one is made that cannot be written again.
    at, _ = read_time(value, RECEIPT)
    assert read_time(write_time(at), RECEIPT)[0] == at


TEXT = st.text(max_size=20)


@st.composite
def events(draw: st.DrawFn) -> AccessEvent:
    at = draw(st.integers(-(10**16), 10**17))
    raw = draw(ADDRESSES)
    address, kind = read_address(raw, ())
    marks = draw(st.sets(st.sampled_from(sorted(set(MARKS) - {"unmapped"}))))
    event = AccessEvent(
        at=at,
        source=draw(TEXT.filter(bool)),
        principal=draw(TEXT),
        act=draw(TEXT),
        outcome=draw(st.sampled_from(Outcome)),
        address=address,
        address_kind=kind,
        raw_address=raw,
        session=draw(TEXT),
        user_agent=draw(TEXT),
        fingerprint=draw(TEXT),
        target=draw(TEXT),
        event_id=draw(TEXT),
        nth=draw(st.integers(0, 65_535)),
        marks=(*read_time(write_time(at), RECEIPT)[1], *marks),
        detail=draw(TEXT),
    )
    return finish(event, RECEIPT)


@given(events())
def test_what_is_converted_reads_back_as_the_same_event(event: AccessEvent) -> None:
    # Breaks when a converted file, taken in later, tells other events than its source did.
    line = json.dumps(own.to_plain(event), ensure_ascii=False)
    assert list(read_events([line], RECEIPT)) == [event]


@given(st.lists(events(), max_size=5))
def test_columns_give_back_their_events(kept: list[AccessEvent]) -> None:
    # Breaks when a field is lost or changed on the way into a store and back.
    assert from_columns(to_columns(kept)) == kept


@given(st.lists(st.integers(0, 3), max_size=60), st.integers(0, 60))
def test_counting_can_begin_anywhere(stream: list[int], place: int) -> None:
    # Breaks when the number of an equal event depends on where its reader began.
    kept = [AccessEvent(at=at, source="s") for at in stream]
    lines = [json.dumps(own.to_plain(event) | {"nth": None}) for event in kept]
    whole = list(read_events(lines, RECEIPT))
    repeats = Repeats()
    repeats.prime(whole[:place])
    assert list(read_events(lines[place:], RECEIPT, repeats=repeats)) == whole[place:]
