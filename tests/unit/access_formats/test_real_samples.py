"""Real records of ../shared/data/events: every one is accounted for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from conftest import ROOT, absent
from gatebook.record.events.columns import from_columns
from gatebook.record.events.fast import read_columns
from gatebook.record.events.form import Receipt
from gatebook.record.events.lines import read_lines
from gatebook.record.events.reader import read_events
from gatebook.terms.access_event import AccessEvent

RECEIPT = Receipt(received_at=1_795_521_600_000_000)


@pytest.fixture(scope="module")
def samples() -> Path:
    folder = ROOT.parent / "shared" / "data" / "events"
    if not folder.is_dir():
        absent("the real events in ../shared/data are not here")
    return folder


def read(path: Path) -> list[AccessEvent]:
    return list(read_events(read_lines(path.read_bytes()), RECEIPT))


def test_no_record_is_dropped_and_both_ways_agree(samples: Path) -> None:
    # Breaks when a record of a real source goes missing, or the way by columns reads it otherwise.
    for path in sorted(samples.glob("*.jsonl")):
        events = read(path)
        assert len(events) == len(path.read_bytes().splitlines())
        batches = read_columns(path.read_bytes(), RECEIPT)
        assert [event for batch in batches for event in from_columns(batch)] == events


def test_keystone(samples: Path) -> None:
    # Breaks when Keystone's own records lose who, where or how it ended; one has no initiator, one came by a proxy.
    events = read(samples / "keystone-cadf.jsonl")
    assert Counter(event.source for event in events) == {"cadf": 19}
    assert sum(not event.principal for event in events) == 1
    assert sum(event.outcome.value == "failure" for event in events) == 2
    assert (events[-1].address, events[-1].address_kind.value) == ("203.0.113.7", "list")
    assert len({event.event_id for event in events}) == 19


def test_lxd(samples: Path) -> None:
    # Breaks when an act without a requestor is dropped, or one of the socket is given an address.
    events = read(samples / "lxd-lifecycle.jsonl")
    assert [event.address_kind.value for event in events] == ["unknown", "unknown", "socket", "socket"]
    assert [event.principal for event in events] == ["", "", "root", "root"]


def test_cloudtrail(samples: Path) -> None:
    # Breaks when what stands in place of an address is dropped or read as one.
    events = read(samples / "panther-aws_cloudtrail.jsonl")
    assert Counter(event.source for event in events) == {"cloudtrail": 24}
    assert Counter(event.address_kind.value for event in events) == {"address": 18, "service": 3, "unknown": 3}
    assert "06.237.252.245" in {event.raw_address for event in events if "address-unread" in event.marks}
    assert sum(event.outcome.value == "failure" for event in events) == 4


def test_kubernetes(samples: Path) -> None:
    # Breaks when an audit record is not found in a wrapper, or in a cloud's log of it.
    events = read(samples / "panther-kubernetes.jsonl")
    assert Counter(event.source for event in events) == {"kubernetes": 7}
    assert all(event.principal and event.address for event in events)
    assert sum("time-missing" in event.marks for event in events) == 6
