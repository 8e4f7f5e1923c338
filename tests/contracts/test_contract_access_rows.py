"""Access events in memory and in ClickHouse: one suite, and the same answers to the same questions."""

from __future__ import annotations

import random
from typing import Any

import pytest
from msgspec import structs

from access_rows import SECRETS, START, batch, event
from gatebook.errors import LedgerError
from gatebook.record.row_parts import Hidden
from gatebook.record.segment_ports import NO_MONTH, Tenure
from gatebook.record.segment_tree import range_path
from gatebook.record.segments import RangeProof, verify_range
from gatebook.store.columnar.engine import Engine
from gatebook.store.columnar.lookups import ColumnarLookups
from gatebook.store.columnar.rows import ColumnarRows
from gatebook.store.memory.access_rows import MemoryAccessRows
from gatebook.terms.access_event import Outcome
from gatebook.trace.ports import EARLIEST, LATEST, Filter

MONTH = 202609


class Columnar(ColumnarRows, ColumnarLookups):
    def __init__(self, engine: Any) -> None:
        ColumnarRows.__init__(self, engine, SECRETS)
        ColumnarLookups.__init__(self, engine, SECRETS.label_salt)


@pytest.fixture(params=["memory", "columnar"])
def rows(request: Any, tmp_path: Any) -> Any:
    if request.param == "memory":
        yield MemoryAccessRows(SECRETS)
        return
    engine = Engine(f"chdb://{tmp_path}/access")
    yield Columnar(engine)
    engine.close()


@pytest.fixture
def both(tmp_path: Any) -> Any:
    engine = Engine(f"chdb://{tmp_path}/access")
    yield MemoryAccessRows(SECRETS), Columnar(engine)
    engine.close()


def proof_of(rows: Any, tree: Any, segment: Any, principal: Any) -> Any:
    run, reader = rows.run(segment, principal, tree.size), rows.reader(segment, tree.size)
    last = run.first + len(run.rows)
    before = reader.hidden(run.first - 1) if run.first else None
    after = reader.hidden(last) if last < tree.size else None
    path = range_path(run.first - bool(before), last + bool(after), tree.size, reader.hashes, reader.entry)
    return RangeProof(
        segment, tree.size, tree.root, SECRETS.label_salt, principal, run.first, run.rows, before, after, tuple(path)
    )


def always(principal: Any) -> Any:
    return Tenure(principal, EARLIEST, LATEST)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 700, 1024])
def test_every_principal_has_a_proof_and_so_has_who_is_not_there(rows: Any, size: Any) -> None:
    # Breaks when a tree made by the engine is not the one its rows lead to, or a run misses a row.
    draw = random.Random(size)
    events = [event(draw) for _ in range(size)]
    tree = rows.add(1, MONTH, batch(events, 3))
    assert tree.size == size
    for principal in {e.principal for e in events} | {"nobody", "acc_zzz"}:
        proof = proof_of(rows, tree, 1, principal)
        verify_range(proof)
        shown = sorted((row.event for row in proof.rows), key=repr)
        assert shown == sorted((e for e in events if e.principal == principal), key=repr)
        assert {row.batch for row in proof.rows} <= {3}


def test_what_is_erased_leaves_every_proof_standing(rows: Any) -> None:
    # Breaks when erasing takes the leaf of a row with it, or leaves the row.
    draw = random.Random(5)
    events = [event(draw) for _ in range(600)]
    tree = rows.add(1, MONTH, batch(events))
    gone = sum(e.principal == "acc_a" for e in events)
    assert rows.erase([always("acc_a"), always("nobody")]) == [gone, 0]
    assert rows.erase([always("acc_a")]) == [0]
    proof = proof_of(rows, tree, 1, "acc_a")
    verify_range(proof)
    assert len(proof.rows) == gone
    assert all(isinstance(row, Hidden) for row in proof.rows)
    verify_range(proof_of(rows, tree, 1, "acc_b"))
    assert rows.events(Filter(principals=("acc_a",)), None, 10) == []


def test_a_principal_loses_the_time_of_one_holder_and_keeps_the_others(rows: Any) -> None:
    # Breaks when an instant at a boundary belongs to the wrong holder, or rows of the next one go as well.
    draw = random.Random(15)
    events = [structs.replace(event(draw), at=START + draw.randrange(5)) for _ in range(900)]
    trees = [(n, rows.add(n, MONTH, batch(events[n * 300 - 300 : n * 300]))) for n in (1, 2, 3)]
    tenures = [
        Tenure("acc_a", START + 1, START + 3),
        Tenure("acc_a", START + 2, START + 4),  # counts what the first did not
        Tenure("acc_b", START, START),
        always("acc_ç"),
        *(Tenure(f"acc_{n}", START + 4, LATEST) for n in range(20)),
    ]
    gone = [e for e in events if any(t.holds(e.principal, e.at) for t in tenures)]
    counts = rows.erase(tenures)
    assert sum(counts) == len(gone)
    assert counts[:3] == [
        sum(e.principal == "acc_a" and e.at - START in (1, 2) for e in events),
        sum(e.principal == "acc_a" and e.at - START == 3 for e in events),
        0,
    ]
    assert rows.erase(tenures) == [0] * len(tenures)
    left = sorted(repr(kept.event) for kept in rows.events(Filter(), None, 1000))
    assert left == sorted(repr(e) for e in events if e not in gone)
    for segment, tree in trees:
        for principal in ("acc_a", "acc_b", "acc_ç", "acc_7", "nobody"):
            proof = proof_of(rows, tree, segment, principal)
            verify_range(proof)
            mine = [e for e in events[segment * 300 - 300 : segment * 300] if e.principal == principal]
            assert [isinstance(row, Hidden) for row in proof.rows].count(True) == sum(e in gone for e in mine)


def test_many_tenures_at_once_each_count_for_themselves(rows: Any) -> None:
    # Breaks when a long list is cut and the cuts are mixed up, or is too long for the engine.
    events = [structs.replace(event(random.Random(n)), principal=f"acc_{n}", detail="") for n in range(1200)]
    rows.add(1, MONTH, batch(events))
    assert rows.erase([always(f"acc_{n}") for n in range(0, 2400, 2)]) == [1] * 600 + [0] * 600
    assert len(rows.events(Filter(), None, 2000)) == 600


def test_what_was_never_entered_is_discarded(rows: Any) -> None:
    # Breaks when a segment that was cut off is counted beside the one that takes its number.
    draw = random.Random(6)
    first = [event(draw) for _ in range(300)]
    tree = rows.add(1, MONTH, batch(first))
    rows.add(2, MONTH, batch([event(draw) for _ in range(300)]))
    assert rows.discard(1) == 300
    assert rows.discard(1) == 0
    assert len(rows.events(Filter(), None, 1000)) == 300
    again = [event(draw) for _ in range(400)]
    verify_range(proof_of(rows, rows.add(2, MONTH, batch(again)), 2, "acc_a"))
    verify_range(proof_of(rows, tree, 1, "acc_a"))


def test_a_tree_of_another_size_is_refused(rows: Any) -> None:
    # Breaks when rows that are gone are passed over.
    draw = random.Random(7)
    rows.add(1, MONTH, batch([event(draw) for _ in range(10)]))
    with pytest.raises(LedgerError):
        rows.reader(1, 11).entry(10)


def test_like_finds_the_same_principal_and_time_or_what_the_receipt_dated(rows: Any) -> None:
    # Breaks when a replay is not found, or another's row is; when a time of receipt stands for a time.
    draw = random.Random(8)
    marks = [(), ("time-missing",), ("unmapped",), ("time-in-future",)]
    events = [
        structs.replace(
            event(draw, 50),
            detail=draw.choice(["", "", f"line {n % 7}"]),
            marks=draw.choice(marks),
            event_id=draw.choice(["", f"e{n % 9}"]),
        )
        for n in range(300)
    ]
    rows.add(1, MONTH, batch(events[:150]))
    rows.add(2, NO_MONTH, batch(events[150:]))
    for asked in (events[:5], events[160:163], [structs.replace(events[7], at=START + 90_000_000_000)]):
        times = {(e.principal, e.at) for e in asked}
        told = [e for e in asked if {"time-missing", "unmapped"} & set(e.marks)]
        since = min((e.at for e in told), default=0) - 86_400_000_000
        details, ids = {e.detail for e in told} - {""}, {e.event_id for e in told} - {""}
        who = {e.principal for e in told}
        wanted = {
            repr(e)
            for e in events
            if (e.principal, e.at) in times
            or (e.principal in who and e.at >= since and (e.detail in details or e.event_id in ids))
        }
        assert {repr(e) for e in rows.like(asked, NO_MONTH)} == wanted
        assert {repr(e) for e in rows.like(asked, MONTH)} == wanted
    undetailed = [e for e in events[:50] if not {"time-missing", "unmapped"} & set(e.marks)]
    found = {repr(e) for e in rows.like(undetailed, 202610)}
    assert found == {repr(e) for e in events[150:] if (e.principal, e.at) in {(u.principal, u.at) for u in undetailed}}
    assert rows.latest(MONTH) == max(e.at for e in events[:150])
    assert rows.latest(202610) is None
    assert sorted(rows.ahead()[1].tolist()) == sorted(e.at for e in events[150:] if "time-in-future" in e.marks)


def random_filter(draw: Any) -> Any:
    start = START + draw.randrange(3_000_000_000)
    return Filter(
        from_at=draw.choice([START, start, -(2**62)]),
        until_at=draw.choice([start + draw.randrange(10**9), 2**62]),
        principals=draw.choice([(), (), ("acc_a",), ("acc_ç", "root"), ("",)]),
        networks=draw.choice(
            [(), (), ("203.0.113.9",), ("203.0.113.0/24", "2001:db8::/64"), ("::/0",), ("0.0.0.0/0",)]
        ),
        session=draw.choice(["", "", "s1"]),
        user_agent=draw.choice(["", "", "Mozilla/5.0 «x»"]),
        fingerprint=draw.choice(["", "", "SHA256:abc"]),
        segment=draw.choice([None, None, 2]),
        without_failures=draw.choice([False, False, True]),
    )


def test_questions_have_the_same_answers_in_memory_and_in_columns(both: Any) -> None:
    # Breaks when an engine answers a question in another way than by looking at every row.
    memory, columns = both
    draw = random.Random(9)
    for segment in (1, 2, 3):
        rows = batch([event(draw) for _ in range(400)])
        memory.add(segment, MONTH, rows)
        columns.add(segment, MONTH, rows)
    for _ in range(150):
        asked = random_filter(draw)
        mine, theirs = memory.events(asked, None, 60), columns.events(asked, None, 60)
        assert [(k.event, k.segment, k.batch) for k in mine] == [(k.event, k.segment, k.batch) for k in theirs]
        if theirs:
            after = draw.choice(theirs).place
            assert memory.events(asked, after, 20) == columns.events(asked, after, 20)
        assert memory.uses(asked, 40) == columns.uses(asked, 40)
    for networks in ((), ("203.0.113.0/24",), ("::/0", "0.0.0.0/0")):
        asked = Filter(networks=networks, without_failures=True)
        assert all(kept.event.outcome is not Outcome.FAILURE for kept in columns.events(asked, None, 2000))
        assert memory.uses(asked, 40) == columns.uses(asked, 40)
        assert [k.event for k in memory.events(asked, None, 7)] == [k.event for k in columns.events(asked, None, 7)]
    for principals in (["acc_a"], ["acc_1", "acc_2"], ["nobody"]):
        for least in (1, 2, 5):
            window = (START, START + draw.randrange(10**6, 3 * 10**9))
            assert memory.sharers(principals, *window, least) == columns.sharers(principals, *window, least)
