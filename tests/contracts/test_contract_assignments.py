"""One suite over memory, SQLite and a real PostgreSQL: what every store of assignments promises."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gatebook.errors import Conflict
from gatebook.record.registers import Change
from gatebook.store.memory.state import MemoryState
from gatebook.store.sql.engine import begin
from gatebook.store.sql.state import SqlState, migrate
from gatebook.store.sql.tables import ASSIGNMENTS
from gatebook.terms.assignment import OPEN, Assignment, AssignmentKind, End, id_of
from gatebook.trace.assignment_ports import Batch
from gatebook.trace.spans import Span, span_of

KIND = AssignmentKind.ADDRESS


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def state(request: Any, tmp_path: Path) -> Iterator[Any]:
    if request.param == "memory":
        yield MemoryState()
        return
    address = (
        f"sqlite:///{tmp_path / 'state.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres")()
    )
    migrate(address)
    found = SqlState(address)
    yield found
    found.close()


def made(position: int, *rows: tuple[str, str, int, int], kind: AssignmentKind = KIND) -> Batch:
    """A batch of (thing, account, from, until)."""
    found = [
        Assignment(id_of(position, n), kind, span_of(kind, thing).thing, account, from_at, until_at, noted_at=position)
        for n, (thing, account, from_at, until_at) in enumerate(rows)
    ]
    return Batch(position, bytes([position]) * 32, tuple(found), ())


def note(state: Any, batch: Batch) -> None:
    with state.transaction() as work:
        work.assignments.note(batch)


def held(state: Any, thing: str, at: int) -> list[str]:
    with state.read() as work:
        return [a.account for a in work.assignments.holders(span_of(KIND, thing), at)]


def address(thing: str) -> Span:
    return span_of(KIND, thing)


def test_a_holder_holds_from_its_beginning_until_before_its_end(state: Any) -> None:
    # Breaks when the instant of a hand-over belongs to both or to neither.
    note(
        state, made(1, ("203.0.113.9", "a", 100, 200), ("203.0.113.9", "b", 200, 300), ("203.0.113.9", "c", 301, OPEN))
    )
    got = {at: held(state, "::ffff:203.0.113.9", at) for at in (99, 100, 199, 200, 299, 300, 301, 2**61)}
    assert got == {99: [], 100: ["a"], 199: ["a"], 200: ["b"], 299: ["b"], 300: [], 301: ["c"], 2**61: ["c"]}


def test_the_narrowest_comes_first_and_families_stay_apart(state: Any) -> None:
    # Breaks when a block answers for its lease, or an IPv6 network for an IPv4 address.
    note(
        state,
        made(
            1,
            ("10.0.0.0/8", "block", 0, OPEN),
            ("10.1.0.0/16", "part", 0, 50),
            ("10.1.2.3", "one", 10, 20),
            ("::/0", "all", 0, OPEN),
        ),
    )
    assert held(state, "10.1.2.3", 15) == ["one", "part", "block"]
    assert held(state, "10.1.2.3", 30) == ["part", "block"]
    assert held(state, "10.1.2.0/24", 15) == ["part", "block"]
    assert held(state, "10.0.0.0/7", 15) == []
    assert held(state, "2001:db8::1", 15) == ["all"]


def test_one_thing_is_never_kept_with_two_holders(state: Any) -> None:
    # Breaks when a store relies on whoever writes to have looked.
    note(state, made(1, ("203.0.113.9", "a", 100, 200), ("203.0.113.9", "a", 400, OPEN)))
    for from_at, until_at in ((150, 160), (50, 101), (199, 300), (50, OPEN), (100, 200), (500, 600), (100, 400)):
        with pytest.raises(Conflict):
            note(state, made(2, ("203.0.113.9", "b", from_at, until_at)))
    note(state, made(2, ("203.0.113.9", "b", 200, 400), ("203.0.113.9", "b", 0, 100)))
    assert held(state, "203.0.113.9", 399) == ["b"]


def test_of_writers_at_once_one_gets_the_thing(state: Any) -> None:
    # Breaks when two transactions both find a thing free.
    outcomes: list[str] = []

    def write(n: int) -> None:
        try:
            note(state, made(n, ("203.0.113.9", f"acc-{n}", n, OPEN)))
            outcomes.append("kept")
        except Conflict:
            outcomes.append("refused")

    threads = [threading.Thread(target=write, args=(n,)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["kept", *["refused"] * 7]


def test_ends_are_kept_and_a_struck_one_gives_its_place_free(state: Any) -> None:
    # Breaks when an end that was moved leaves nothing of what was said before.
    first = made(1, ("203.0.113.9", "a", 100, OPEN), ("203.0.113.8", "a", 100, OPEN))
    note(state, first)
    name = first.made[0].assignment_id
    note(state, Batch(2, b"s", (), (End(name, 1, OPEN, 500, "gone", 2),)))
    again = made(3, ("203.0.113.9", "b", 100, 300))
    note(state, Batch(3, b"s", again.made, (End(name, 2, 500, 100, "never was", 3),)))
    assert held(state, "203.0.113.9", 150) == ["b"]
    with state.read() as work:
        rows = work.assignments
        assert [(e.nth, e.until_before, e.until_at, e.note) for e in rows.ends([name])] == [
            (1, OPEN, 500, "gone"),
            (2, 500, 100, "never was"),
        ]
        standing = rows.get(name)
        assert (standing.until_at, standing.ends, standing.is_struck) == (100, 2, True)
        assert [a.account for a in rows.covering(address("203.0.113.9"), 0, OPEN)] == ["b"]
        assert [a.account for a in rows.covering(address("203.0.113.9"), 0, OPEN, struck=True)] == ["a", "b"]
        assert rows.batch(1) == first
        assert rows.batch(3) == Batch(3, b"s", again.made, (End(name, 2, 500, 100, "never was", 3),))
        assert (rows.batch(9), rows.get("asg_9_9"), rows.get("x")) == (None, None, None)


def test_pages_go_on_where_the_last_one_ended(state: Any) -> None:
    # Breaks when a page repeats or loses an assignment.
    rows = [(f"10.0.{n % 3}.{n}", "a" if n % 2 else "b", n % 5, 10 + n) for n in range(40)]
    note(state, made(1, *rows, ("10.0.0.0/16", "c", 0, OPEN)))
    with state.read() as work:
        for ask in (
            lambda after: work.assignments.within(address("10.0.0.0/16"), 0, OPEN, after, 7),
            lambda after: work.assignments.of_account("a", 2, 30, after, 7),
        ):
            seen, after = [], ""
            while page := ask(after):
                seen += [a.assignment_id for a in page]
                after = page[-1].assignment_id
            whole = [
                a.assignment_id
                for a in (
                    work.assignments.within(address("10.0.0.0/16"), 0, OPEN, "", 99)
                    if len(seen) == 40
                    else work.assignments.of_account("a", 2, 30, "", 99)
                )
            ]
            assert seen == whole and len(set(seen)) == len(seen) > 14
        assert work.assignments.within(address("10.0.1.0/24"), 0, OPEN, "", 99) == [
            a for a in work.assignments.within(address("10.0.0.0/16"), 0, OPEN, "", 99) if a.thing.startswith("10.0.1.")
        ]


def test_many_are_asked_about_at_once_each_for_its_own_time(state: Any) -> None:
    # Breaks when a lookup of thousands finds what meets another one's time, or misses what reaches into its own.
    rows = [(f"10.0.0.{n}", f"a-{k}", k * 10 + n % 3, k * 10 + 7) for n in range(1, 60) for k in range(8)]
    note(state, made(1, ("10.0.0.0/16", "c", 0, 75), *rows))
    asked = [(address(f"10.0.0.{n % 70}"), n % 90 - 3, n % 90 - 3 + n % 31 + 1) for n in range(2500)]
    with state.read() as work:
        found = {a.assignment_id for a in work.assignments.meeting(asked)}
        one_by_one = {a.assignment_id for one in asked[:300] for a in work.assignments.covering(*one)}
        assert one_by_one <= found
        for one in asked[:40]:
            alone = {a.assignment_id for a in work.assignments.meeting([one])}
            assert alone == {a.assignment_id for a in work.assignments.covering(*one)}
        assert work.assignments.meeting([]) == []


def test_kinds_do_not_meet(state: Any) -> None:
    # Breaks when a machine and a volume of one name are one thing.
    for n, kind in enumerate(
        k for k in AssignmentKind if k not in (KIND, AssignmentKind.NUMBER, AssignmentKind.DOMAIN)
    ):
        note(state, made(n + 1, ("x-1", f"acc-{kind}", 0, OPEN), kind=kind))
        with state.read() as work:
            assert [a.account for a in work.assignments.holders(span_of(kind, "x-1"), 5)] == [f"acc-{kind}"]


def test_the_database_keeps_what_was_noted_from_being_rewritten(state: Any) -> None:
    # Breaks when a row can be given another holder, or a later end, by whoever can write SQL.
    if isinstance(state, MemoryState):
        pytest.skip("memory has no SQL to write")
    note(state, made(1, ("203.0.113.9", "a", 100, 200)))
    for change in ({"account": "b"}, {"until_at": 300}, {"from_at": 50}, {"thing": "x"}):
        with pytest.raises(Conflict), begin(state._engine, writes=True) as connection:
            connection.execute(ASSIGNMENTS.update().values(**change))
    assert held(state, "203.0.113.9", 150) == ["a"]


def test_which_accounts_are_known_is_asked_of_many_at_once(state: Any) -> None:
    # Breaks when an account the house opened is called a stranger, or the other way round.
    names = [f"acc_{n:05d}" for n in range(12_000)]
    with state.transaction() as work:
        work.registers.apply([Change("accounts", name, {"status": "open"}) for name in names[::1000]])
    with state.read() as work:
        assert work.registers.present("accounts", names) == set(names[::1000])
        assert work.registers.present("accounts", []) == set()
