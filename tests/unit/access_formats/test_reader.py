"""Records in all their envelopes, and records nobody can read."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from gatebook.errors import NotFound
from gatebook.record.events import documents, envelope
from gatebook.record.events.fast import BATCH_ROWS, read_columns
from gatebook.record.events.finish import DETAIL_CHARS, TEXT_CHARS
from gatebook.record.events.form import Receipt
from gatebook.record.events.lines import read_lines
from gatebook.record.events.nth import WINDOW, Repeats
from gatebook.record.events.reader import read_events
from gatebook.terms.access_event import AccessEvent

RECEIPT = Receipt(received_at=1_795_521_600_000_000)
CADF = {
    "typeURI": "http://schemas.dmtf.org/cloud/audit/1.0/event",
    "id": "d91a",
    "eventTime": "2026-11-23T18:59:09.843565+0000",
    "action": "authenticate",
    "outcome": "success",
    "initiator": {"user_id": "alice", "host": {"address": "203.0.113.7"}},
    "target": {"id": "t"},
}
NOTIFIED = {
    "message_id": "m",
    "event_type": "identity.authenticate",
    "payload": CADF,
    "timestamp": "2026-11-23 18:59:09",
}
TRAIL = {
    "eventName": "RunInstances",
    "eventSource": "ec2.amazonaws.com",
    "eventTime": "2026-11-23T18:59:09Z",
    "eventID": "1",
    "sourceIPAddress": "203.0.113.7",
    "userIdentity": {"arn": "alice"},
}
AUDIT = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "auditID": "a",
    "stage": "ResponseComplete",
    "verb": "get",
    "requestReceivedTimestamp": "2026-11-23T18:59:09Z",
    "user": {"username": "alice"},
    "sourceIPs": ["203.0.113.7"],
}
OWN = {"at": "2026-11-23T18:59:09Z", "principal": "alice", "address": "203.0.113.7"}


def read(text: str | bytes, form: str = "") -> list[AccessEvent]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(read_events(read_lines(data), RECEIPT, form))


OSLO = "2026-11-23 18:59:09.936 1234 INFO oslo.messaging.notification.identity.authenticate [None req-1 - {x}] "


@pytest.mark.parametrize(
    ("text", "source"),
    [
        (json.dumps(OWN), "own"),
        (json.dumps(CADF), "cadf"),
        (json.dumps(NOTIFIED), "cadf"),
        (json.dumps({"message": json.dumps(NOTIFIED), "asctime": "2026-11-23 18:59:09"}), "cadf"),
        (json.dumps({"oslo.version": "2.0", "oslo.message": json.dumps(NOTIFIED)}), "cadf"),
        (OSLO.replace("{x}", "-") + json.dumps(NOTIFIED), "cadf"),
        ("keystone: INFO " + json.dumps(NOTIFIED), "cadf"),
        (json.dumps({"Records": [TRAIL]}), "cloudtrail"),
        (json.dumps({"Records": [TRAIL]}, indent=2), "cloudtrail"),
        (json.dumps([TRAIL], indent=4), "cloudtrail"),
        (json.dumps({"detail-type": "AWS API Call via CloudTrail", "detail": TRAIL}), "cloudtrail"),
        (
            json.dumps({"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "message": json.dumps(TRAIL)}]}),
            "cloudtrail",
        ),
        (json.dumps({key.lower(): value for key, value in TRAIL.items()}), "cloudtrail"),
        (json.dumps({"_origin": "x", "event": AUDIT}), "kubernetes"),
        (json.dumps({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [AUDIT]}), "kubernetes"),
        (json.dumps({"category": "kube-audit", "properties": {"log": json.dumps(AUDIT)}}), "kubernetes"),
        ("\ufeff" + json.dumps(AUDIT) + "\r\n", "kubernetes"),
    ],
)
def test_a_record_is_found_in_its_envelope(text: str, source: str) -> None:
    # Breaks when a carrier of records hides the records, or a record is taken for one of another form.
    [event] = read(text)
    assert (event.source, event.principal, event.address, event.at // 1_000_000) == (
        source,
        "alice",
        "203.0.113.7",
        1795460349,
    )
    assert "unmapped" not in event.marks


@pytest.mark.parametrize(
    "record",
    [
        "nobody knows what this is",
        "{",
        '{"at":',
        "null",
        "17",
        '"text"',
        "{}",
        '{"a":NaN}',
        '{"at":1e999}',
        '{"eventName":"x","userIdentity":{},"a":' + "9" * 5000 + "}",
        '{"eventName":"x","userIdentity":{},"a":"\\ud800"}',
        "[" * 100_000,
        '{"a":' * 5_000 + "1" + "}" * 5_000,
        '{"type":"logging","timestamp":"2026-11-23T18:59:09Z","metadata":{"message":"started"}}',
        '{"at":"2026-11-23T18:59:09Z","principal":["alice"]}',
    ],
)
def test_what_no_form_reads_is_kept_as_it_came(record: str) -> None:
    # Breaks when a record is dropped, stops the reading, or is not marked.
    before, event, after = read(f"{json.dumps(OWN)}\n{record}\n{json.dumps(OWN)}\n")
    assert event.marks[0] == "unmapped"
    assert event.at == RECEIPT.received_at
    assert event.detail == record[:DETAIL_CHARS]
    assert ("text-cut" in event.marks) == (len(record) > DETAIL_CHARS)
    assert (before.principal, after.principal) == ("alice", "alice")


def test_every_record_of_a_list_is_read_or_kept() -> None:
    # Breaks when one bad record among many takes the others with it, or goes missing itself.
    events = read(json.dumps({"Records": [TRAIL, {"odd": 1}, 7, "text", {**TRAIL, "eventID": "2"}]}))
    assert [event.event_id for event in events] == ["1", "", "", "", "2"]
    assert [event.detail for event in events[1:4]] == ['{"odd":1}', "7", "text"]


def test_an_empty_list_hides_nothing_beside_it() -> None:
    # Breaks when a record is dropped because it holds an empty list under a name that carriers use.
    assert read('{"Records":[]}') == []
    [event] = read('{"items":[],"owner":"alice"}')
    assert event.marks == ("unmapped",)


def test_documents_in_a_row_and_one_that_never_closes() -> None:
    # Breaks when the second of two printed documents is lost, or an open bracket swallows the records behind it.
    two = json.dumps(TRAIL, indent=1) + "\n" + json.dumps({**TRAIL, "eventID": "2"}, indent=1)
    assert [event.event_id for event in read(two)] == ["1", "2"]
    events = read("{\n" + json.dumps(TRAIL) + "\n" + json.dumps(OWN) + "\n")
    assert [event.source for event in events] == ["unmapped", "cloudtrail", "own"]


def test_a_named_form_takes_no_other_record() -> None:
    # Breaks when a feed declared to be of one form is read by another, or a name nobody knows reads nothing silently.
    [own, trail] = read(json.dumps(OWN) + "\n" + json.dumps({"Records": [TRAIL]}), "cloudtrail")
    assert own.marks == ("unmapped",)
    assert trail.source == "cloudtrail"
    with pytest.raises(NotFound):
        read("x", "nosuch")


def test_what_is_missing_is_marked_and_long_texts_are_cut() -> None:
    # Breaks when a form of its own mind decides what is missing, or a text of a megabyte is kept in a field.
    [event] = read(json.dumps({"at": 1795460349, "address": "-", "user_agent": "x" * 10_000}))
    assert event.marks == ("address-missing", "principal-missing", "text-cut")
    assert event.user_agent == "x" * TEXT_CHARS
    [event] = read(json.dumps({"at": 1795460349, "principal": "a\x00b", "address": "06.1.2.3"}))
    assert event.marks == ("address-unread",)
    assert event.principal == "a\\x00b"


def test_what_was_read_by_which_form_is_counted() -> None:
    # Breaks when a feed whose records nobody can read any more looks like one that is well.
    data = (json.dumps(OWN) + "\n" + json.dumps({"Records": [TRAIL, 7]}) + "\nnonsense\n").encode()
    expected = {"own": 1, "cloudtrail": 1, "unmapped": 2}
    for read_by in (lambda forms: read_events(read_lines(data), RECEIPT, forms=forms), _by_columns(data)):
        forms = Counter[str]()
        assert list(read_by(forms))
        assert forms == expected


def _by_columns(data: bytes) -> Any:
    return lambda forms: read_columns([data[:80], data[80:]], RECEIPT, forms=forms)


def test_the_name_of_the_feed_comes_first() -> None:
    # Breaks when a record can say that it is of another feed than the one it came by.
    [event] = read_events([json.dumps({**OWN, "source": "another"})], Receipt(RECEIPT.received_at, source="edge"))
    assert event.source == "edge"
    [event] = read_events([json.dumps({**OWN, "source": "another"})], RECEIPT)
    assert event.source == "another"


def test_equal_records_are_numbered_however_the_stream_is_cut() -> None:
    # Breaks when two equal logins become one, or the numbers depend on where the reading began.
    lines = [json.dumps(OWN), json.dumps(CADF), json.dumps(OWN), json.dumps({**OWN, "id": "1"}), json.dumps(OWN)]
    whole = list(read_events(lines, RECEIPT))
    assert [event.nth for event in whole] == [0, 0, 1, 0, 2]
    repeats = Repeats()
    repeats.prime(whole[:3])
    assert list(read_events(lines[3:], RECEIPT, repeats=repeats)) == whole[3:]
    far = [lines[0]] + [json.dumps({"at": number}) for number in range(1_000, 1_000 + WINDOW)] + [lines[0]]
    assert list(read_events(far, RECEIPT))[-1].nth == 0
    assert list(read_events(far[:1] + far[2:], RECEIPT))[-1].nth == 1


def test_a_long_run_of_equal_records_is_numbered_to_its_end() -> None:
    # Breaks when the numbers stand still where the window is full, so that the rest of a run counts as one record.
    data = (json.dumps({"at": "2026-11-24T10:00:00Z", "principal": "alice", "act": "GET /"}) + "\n").encode()
    for count in (1_002, 2 * WINDOW + 5):
        batches = read_columns(data * count, RECEIPT)
        assert [n for batch in batches for n in batch["nth"].to_pylist()] == list(range(count))


@pytest.mark.parametrize("own_way", [dict, lambda record: {**record, "at": 1795460349}])
def test_a_record_cannot_say_of_itself_that_nobody_could_read_it(own_way: Any) -> None:
    # Breaks when a sender's mark makes three accesses one, since of what nobody could read only the text counts.
    said = {"at": "2026-11-24T10:00:00Z", "principal": "alice", "marks": ["unmapped"]}
    for record in (said, {**said, "detail": "x"}, {**said, "principal": "", "id": "1", "detail": "x"}):
        [event] = read(json.dumps(own_way(record)))
        assert "unmapped" not in event.marks
    [event] = read(json.dumps(own_way({"at": "2026-11-24T10:00:00Z", "marks": ["unmapped"], "detail": "torn {"})))
    assert event.marks == ("unmapped",) and event.detail == "torn {"


def test_equal_lines_nobody_can_read_are_numbered_whenever_they_come() -> None:
    # Breaks when two equal lines of one stream become one because they were taken in at different times.
    repeats, found = Repeats(), list[AccessEvent]()
    for received_at in (RECEIPT.received_at, RECEIPT.received_at + 1):
        found += read_events(["link down", '{"at": "?"}'], Receipt(received_at), repeats=repeats)
    assert [event.nth for event in found] == [0, 0, 1, 1]


def test_records_of_one_document_come_one_by_one() -> None:
    # Breaks when whoever bounds how many records a batch may have is told of them when all were read.
    data = b'{"Records":[' + b",".join([b"{}"] * 100_000) + b"]}"
    forms = Counter[str]()
    first = next(iter(read_columns(data, RECEIPT, forms=forms)))
    assert first.num_rows == BATCH_ROWS == forms["unmapped"]


@pytest.mark.parametrize("data", ["[%s]", '{"Records":[%s]}'])
def test_a_document_of_too_many_things_is_not_read_whole(data: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Breaks when a few megabytes of commas become gigabytes of memory.
    monkeypatch.setattr(envelope, "MOST_COMMAS", 1_000)
    assert len(read(data % ",".join(["1"] * 1_001))) == 1_001
    [event] = read(data % ",".join(["1"] * 1_002))
    assert event.marks == ("unmapped", "text-cut") and event.detail.startswith(data[:1])


def test_a_printed_document_of_too_many_things_is_the_lines_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    # Breaks when a document of many lines is gathered, and read, however many things it holds.
    monkeypatch.setattr(documents, "MOST_COMMAS", 10)
    assert [event.detail for event in read("[\n" + "1,\n" * 12 + "1\n]\n")] == ["[", *["1,"] * 12, "1", "]"]
