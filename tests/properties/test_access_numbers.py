"""Numbers of equal records: as a plain counting gives them, wherever the reading was cut and by whichever way it went."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_samples import RECEIPT
from gatebook.record.events import nth
from gatebook.record.events.columns import from_columns
from gatebook.record.events.fast import read_columns
from gatebook.record.events.nth import Repeats, key_of
from gatebook.record.events.reader import read_events
from gatebook.terms.access_event import AccessEvent

SMALL = 12
RECORDS = st.lists(
    st.one_of(
        st.integers(0, 4).map(lambda n: {"at": "2026-11-24T10:00:00Z", "principal": f"p{n}"}),
        st.integers(0, 99).map(lambda n: {"at": "2026-11-24T10:00:00Z", "principal": f"q{n}"}),
        st.integers(0, 1).map(lambda n: {"at": "2026-11-24T10:00:00Z", "principal": f"p{n}", "act": "other"}),
        st.integers(0, 1).map(lambda n: {"at": "2026-11-24T10:00:00Z", "principal": f"p{n}", "id": "an id"}),
        st.sampled_from([{"at": "no time", "principal": "p0"}, {"nobody": "reads this"}]),
    ),
    max_size=70,
)


@pytest.fixture(autouse=True, scope="module")
def small() -> Iterable[None]:
    with pytest.MonkeyPatch.context() as patched:
        for name, value in (("WINDOW", SMALL), ("_READ_AGAIN", 4), ("_SLACK", 3), ("_MOST_PASSED", 3)):
            patched.setattr(nth, name, value)
        yield


def lines_of(records: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def counted(events: list[AccessEvent]) -> list[int]:
    """Count as the definition says: one more than the last equal one among the records before."""
    keys, found = [key_of(event) for event in events], list[int]()
    for n, key in enumerate(keys):
        before = [m for m in range(max(0, n - SMALL), n) if keys[m] == key]
        found.append(found[before[-1]] + 1 if before and not events[n].event_id else 0)
    return found


def read_in(pieces: Iterable[list[dict[str, Any]]], repeats: Repeats) -> list[AccessEvent]:
    batches = (batch for piece in pieces for batch in read_columns(lines_of(piece), RECEIPT, repeats=repeats))
    return [event for batch in batches for event in from_columns(batch)]


@given(RECORDS, st.lists(st.integers(1, 20), min_size=1))
def test_each_goes_on_from_the_last_equal_one(records: list[dict[str, Any]], sizes: list[int]) -> None:
    # Breaks when a long run of equal records stands still at one number, or columns count otherwise than lines.
    whole = list(read_events(map(json.dumps, records), RECEIPT))
    assert [event.nth for event in whole] == counted(whole)
    pieces, at = list[list[dict[str, Any]]](), 0
    while at < len(records):
        pieces.append(records[at : at + sizes[len(pieces) % len(sizes)]])
        at += len(pieces[-1])
    assert read_in(pieces, Repeats()) == whole


@given(RECORDS, st.lists(st.integers(0, 70), max_size=3))
def test_who_goes_on_later_reads_the_window_and_what_was_carried(
    records: list[dict[str, Any]], cuts: list[int]
) -> None:
    # Breaks when a run longer than what is read again begins anew after a restart, so that its records are taken for
    # those kept before.
    whole, found = list(read_events(map(json.dumps, records), RECEIPT)), list[AccessEvent]()
    repeats, edges = Repeats(), [*sorted(min(cut, len(records)) for cut in cuts), len(records)]
    for edge in edges:
        found += read_in([records[len(found) : edge]], repeats)
        carried, repeats = repeats.carried(), Repeats()
        read_in([records[max(0, edge - SMALL) : edge]], repeats)
        repeats.go_on(json.loads(json.dumps(carried)))
    assert found == whole


def test_what_was_carried_counts_where_nothing_can_be_read_again() -> None:
    # Breaks when a run goes on from a lower number because its records were too large to be read again.
    run, repeats, again = [{"at": "2026-11-24T10:00:00Z"}] * 30, Repeats(), Repeats()
    read_in([run], repeats)
    again.go_on(repeats.carried())
    assert [event.nth for event in read_in([run], again)] == list(range(30, 60))


def test_a_number_stays_at_the_most_that_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    # Breaks when a number runs over what its column holds.
    monkeypatch.setattr(nth, "MOST", 5)
    found = read_events([json.dumps({"at": "2026-11-24T10:00:00Z"})] * 9, RECEIPT)
    assert [event.nth for event in found] == [0, 1, 2, 3, 4, 5, 5, 5, 5]
