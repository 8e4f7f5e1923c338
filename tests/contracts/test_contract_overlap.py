"""Two at once, over memory, SQLite and a real PostgreSQL: writers take turns, a look sees one state."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gatebook.errors import Conflict, GatebookError, Unavailable, VaultError
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.ports import KeyRing, State, Work
from gatebook.store.memory.key_ring import MemoryKeyRing
from gatebook.store.memory.state import MemoryState
from gatebook.store.sql import engine as engines
from gatebook.store.sql.key_ring import SqlKeyRing
from gatebook.store.sql.state import SqlState, migrate, schema_version

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]
POSTGRES = pytest.param("postgres", marks=pytest.mark.postgres)


def address(request: Any, folder: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{folder / 'state.db'}"
    fresh: Callable[[], str] = request.getfixturevalue("postgres")
    return fresh()


@pytest.fixture(params=["sqlite", POSTGRES])
def url(request: Any, tmp_path: Path) -> str:
    return address(request, tmp_path)


@pytest.fixture(params=["memory", "sqlite", POSTGRES])
def state(request: Any, tmp_path: Path) -> Iterator[State]:
    if request.param == "memory":
        yield MemoryState()
        return
    found = made(address(request, tmp_path))
    yield found
    found.close()


@pytest.fixture(params=["memory", "sqlite", POSTGRES])
def ring(request: Any, tmp_path: Path) -> Iterator[KeyRing]:
    found = MemoryKeyRing() if request.param == "memory" else SqlKeyRing(address(request, tmp_path))
    yield found
    found.close()


def made(address: str) -> SqlState:
    migrate(address)
    return SqlState(address)


def line(n: int = 0) -> Entry:
    return Entry("permission.refused", NOW, f"opr-{n}", body={"act": "try", "scope": "look"})


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run all at once; return what each gave, or raised."""
    found: list[object] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(n: int, act: Callable[[], object]) -> None:
        start.wait(30)
        try:
            found[n] = act()
        except Exception as error:  # noqa: BLE001  a thread's failure is the finding
            found[n] = error

    threads = [threading.Thread(target=run, args=(n, act)) for n, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def overlapping(state: State, first: Callable[[Work], object], second: Callable[[Work], object]) -> list[object]:
    """Begin ``second`` while ``first`` is done and not yet committed."""
    written, ended = threading.Event(), threading.Event()

    def one() -> object:
        with state.transaction() as work:
            found = first(work)
            written.set()
            ended.wait(0.5)  # as long as the other would need if nobody had the turn
            return found

    def two() -> object:
        written.wait(30)
        try:
            with state.transaction() as work:
                return second(work)
        finally:
            ended.set()

    return at_once(one, two)


def test_of_two_values_put_at_once_the_later_stands(state: State) -> None:
    # Breaks when the later of two writers is told its value is kept, and it is not.
    with state.transaction() as work:
        work.shelf.put("code", "k", b"zero", None)
    assert overlapping(
        state, lambda w: w.shelf.put("code", "k", b"first", None), lambda w: w.shelf.put("code", "k", b"second", NOW)
    ) == [None, None]
    with state.read() as work:
        assert work.shelf.get("code", "k") == b"second"


def test_of_two_who_add_one_key_at_once_one_has_it(state: State) -> None:
    # Breaks when two requests under one idempotency key are both told that they are the first.
    def add(value: bytes) -> Callable[[Work], bool]:
        return lambda work: work.shelf.add("idempotency", "k", value, None)

    assert overlapping(state, add(b"1"), add(b"2")) == [True, False]
    assert overlapping(state, lambda w: w.shelf.remove("idempotency", "k"), add(b"3")) == [None, True]
    with state.read() as work:
        assert work.shelf.get("idempotency", "k") == b"3"


def test_a_message_queued_twice_at_once_is_a_conflict_without_values(state: State) -> None:
    # Breaks when the second of two ends in an error of the driver, which repeats what was sent.
    def put(work: Work) -> None:
        work.outbox.put("msg-secret", "t", b"{}", NOW)

    _, error = overlapping(state, put, put)
    assert isinstance(error, Conflict)
    assert "secret" not in error.message
    with state.read() as work:
        assert len(work.outbox.listing("", "", 9)) == 1


def test_two_who_settle_a_message_at_once_are_both_counted(state: State) -> None:
    # Breaks when an attempt is written over a state that is no longer there.
    with state.transaction() as work:
        work.outbox.put("m", "t", b"{}", NOW)
    overlapping(
        state, lambda w: w.outbox.settle("m", "queued", NOW, "one"), lambda w: w.outbox.settle("m", "sent", None, "two")
    )
    with state.read() as work:
        (row,) = work.outbox.listing("", "", 9)
    assert (row["attempt"], row["state"], row["detail"]) == (2, "sent", "two")


def test_two_who_enter_at_once_stand_one_behind_the_other(state: State) -> None:
    # Breaks when what a writer read before it entered was no longer so when it entered.
    def after_looking(work: Work) -> tuple[int, int]:
        before = len(work.ledger.read(0, 99))
        return before, enter(work, line(before))

    assert overlapping(state, after_looking, after_looking) == [(0, 0), (1, 1)]


def test_writers_who_come_to_ledger_and_shelf_from_either_side_both_get_through(state: State) -> None:
    # Breaks when sending a code and answering one wait for each other, and the database ends one of them.
    with state.transaction() as work:
        work.shelf.put("code", "k", b"zero", None)

    def send(work: Work) -> str:
        work.shelf.put("code", "k", b"sent", None)
        meet()
        enter(work, line(1))
        return "sent"

    def answer(work: Work) -> str:
        work.ledger.lock()
        meet()
        work.shelf.put("code", "k", b"answered", None)
        return "answered"

    both = threading.Barrier(2)

    def meet() -> None:
        try:
            both.wait(0.5)  # as long as the other would need if nobody had the turn
        except threading.BrokenBarrierError:
            return

    def run(act: Callable[[Work], str]) -> str:
        with state.transaction() as work:
            return act(work)

    assert at_once(lambda: run(send), lambda: run(answer)) == ["sent", "answered"]


def test_a_look_sees_one_state_and_writes_nothing(state: State) -> None:
    # Breaks when a look is cut across by a writer, or can change what it looks at.
    with state.read() as look:
        before = look.ledger.size()
        with state.transaction() as work:
            enter(work, line())
            work.shelf.put("k", "a", b"1", None)
        assert (look.ledger.size(), look.ledger.read(0, 9), look.shelf.get("k", "a")) == (before, [], None)
    for write in (
        lambda w: w.shelf.put("k", "b", b"2", None),
        lambda w: enter(w, line()),
        lambda w: w.registers.clear(),
    ):
        with pytest.raises(Unavailable), state.read() as look:
            write(look)
    with state.transaction() as work:  # and what a look was refused is not held against the next writer
        assert (work.ledger.size(), work.shelf.get("k", "b")) == (1, None)
        work.shelf.put("k", "c", b"3", None)


def test_a_house_full_of_lookers_has_room(state: State) -> None:
    # Breaks when forty requests at once wait half a minute for a connection and then fail.
    with ExitStack() as stack:
        looks = [stack.enter_context(state.read()) for _ in range(42)]
        assert {look.ledger.size() for look in looks} == {0}
        with state.transaction() as work:
            enter(work, line())


def test_no_room_left_is_said_in_words(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Breaks when too many at once end in an error nobody maps to an answer.
    monkeypatch.setattr(engines, "LONGEST_WAIT", 0.05)
    found = made(url)
    with ExitStack() as stack, pytest.raises(Unavailable, match="connection"):
        for _ in range(200):
            stack.enter_context(found.read()).ledger.size()
    found.close()


@pytest.mark.postgres
def test_how_the_server_is_set_up_changes_nothing(postgres: Callable[[], str]) -> None:
    # Breaks when a server whose transactions are serializable or read-only by default has another idea of turns.
    url = postgres()
    engine, name = sa.create_engine(url, isolation_level="AUTOCOMMIT"), sa.make_url(url).database
    with engine.connect() as connection:
        for setting in ("default_transaction_isolation = 'serializable'", "default_transaction_read_only = on"):
            connection.execute(sa.text(f"ALTER DATABASE {name} SET {setting}"))
    engine.dispose()
    state = made(url)
    test_of_two_values_put_at_once_the_later_stands(state)
    test_two_who_enter_at_once_stand_one_behind_the_other(state)
    state.close()
    ring = SqlKeyRing(url)
    ring.put("per_1", "k", b"w")
    ring.destroy("per_1")
    ring.close()


def test_a_key_destroyed_by_many_at_once_is_destroyed(ring: KeyRing) -> None:
    # Breaks when expiry and an operator come to one subject at the same time and one of them fails.
    for n in range(12):
        ring.put(f"per_{n}", "kek", b"w" * 40)
        assert at_once(*[lambda n=n: ring.destroy(f"per_{n}")] * 4) == [None] * 4
    assert ring.subjects("", "", 99) == []


def test_of_many_keys_put_at_once_one_is_kept(ring: KeyRing) -> None:
    # Breaks when two keys of one subject are both said to be kept, or the driver's own error gets out.
    for n in range(12):
        said = at_once(*[lambda n=n, k=k: ring.put(f"per_{n}", "kek", b"%d" % k) for k in range(4)])
        assert [type(error) for error in said if error is not None] == [VaultError] * 3
        assert ring.get(f"per_{n}") == ("kek", b"%d" % said.index(None))


def test_a_key_put_while_it_is_destroyed_does_not_outlive_it(ring: KeyRing) -> None:
    # Breaks when a subject whose key was destroyed has one all the same, or the driver's own error gets out.
    for n in range(12):
        subject = f"per_{n}"
        said = at_once(*[lambda s=subject: ring.put(s, "kek", b"w"), lambda s=subject: ring.destroy(s)] * 2)
        assert all(error is None or isinstance(error, GatebookError) for error in said)
        assert ring.subjects("", "", 99) == []


STARTER = """
import sys
from gatebook.store.sql.state import migrate
print("ready", flush=True)
sys.stdin.readline()
migrate(sys.argv[1])
"""


def test_processes_and_threads_that_start_at_once_on_a_fresh_database_all_come_up(
    request: Any, url: str, tmp_path: Path
) -> None:
    # Breaks when the second of two starts stops because the first is just making the tables.
    for turn in range(3):
        fresh = (
            f"sqlite:///{tmp_path / f'fresh{turn}.db'}"
            if url.startswith("sqlite")
            else request.getfixturevalue("postgres")()
        )
        started = [
            subprocess.Popen(
                [sys.executable, "-c", STARTER, fresh],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={"PYTHONPATH": str(ROOT / "src")},
            )
            for _ in range(2)
        ]
        for one in started:
            assert one.stdout is not None and one.stdin is not None
            assert one.stdout.readline() == "ready\n"
        for one in started:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        assert at_once(*[lambda url=fresh: migrate(url)] * 3) == [None] * 3
        ends = [one.communicate() for one in started]
        assert [one.returncode for one in started] == [0, 0], ends
        assert schema_version(fresh) == "0005"


@pytest.mark.postgres
def test_a_page_of_a_large_register_is_read_by_its_key(postgres: Callable[[], str]) -> None:
    # Breaks when every page sorts the whole register, because the key lies in another order than the cursor asks for.
    state = made(postgres())
    engine = state._engine
    asked: list[tuple[str, Any]] = []
    sa.event.listen(engine, "before_cursor_execute", lambda _c, _k, said, values, *_: asked.append((said, values)))
    with engine.begin() as connection:
        made_up = "SELECT 'per_' || md5(i::text) FROM generate_series(1, 20000) i"
        connection.exec_driver_sql(f"INSERT INTO persons (person_id) {made_up}")
        connection.exec_driver_sql("ANALYZE persons")
    with state.read() as work:
        keys = [row["person_id"] for row in work.registers.page("persons", {}, "per_8", 500)]
    assert keys == sorted(keys) and len(keys) == 500
    said, values = asked[-1]
    with engine.connect() as connection:
        plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {said}", values))
        held = sa.text(
            "SELECT collation_name FROM information_schema.columns WHERE (table_name, column_name) = (:t, :c)"
        )
        keyed = {name: table.primary_key.columns.keys()[0] for name, table in engines_tables().items()}
        found = {name: connection.execute(held, {"t": name, "c": key}).scalar() for name, key in keyed.items()}
    assert "persons_pkey" in plan and "Sort" not in plan, plan
    assert set(found.values()) == {"C"}, found
    state.close()


def engines_tables() -> dict[str, sa.Table]:
    from gatebook.store.sql.tables import BY_REGISTER

    return BY_REGISTER
