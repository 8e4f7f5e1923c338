"""What clocks, crashes, strangers and other processes do to the sealed record."""

from __future__ import annotations

import json
import random
import shutil
import stat
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from msgspec import structs

from access_rows import SECRETS, event
from gatebook.errors import LedgerError, SettingsError, Unavailable
from gatebook.procedures.house import Operator
from gatebook.procedures.log_access import log_access
from gatebook.procedures.publish_ledger import publish_ledger
from gatebook.record.events.columns import to_columns
from gatebook.record.placing import labelled
from gatebook.record.repeats import RecentRows, identity_of
from gatebook.record.segment_ports import Tenure
from gatebook.store.access_socket import Asker, Listener, Offered
from gatebook.store.columnar.engine import Engine
from gatebook.store.columnar.schema import EVENTS, FORM
from gatebook.store.columnar.store import ColumnarStore
from gatebook.trace.ports import Filter
from gatebook.wiring import keeping
from gatebook.wiring.founding import init_house
from gatebook.wiring.premises import clock, open_premises


def line(at: str, **more: str) -> bytes:
    return (
        json.dumps({"at": at, "principal": "acc_a", "act": "login", "address": "203.0.113.9", **more}).encode() + b"\n"
    )


def kept(access: Any) -> int:
    return len(access.events(Filter(), None, 1000))


@pytest.mark.parametrize(("first", "again"), [(0, 2), (0, 401)])
def test_a_record_sent_again_when_its_time_is_told_otherwise_counts_once(
    tmp_path: Path, premises: Any, operator: Operator, first: int, again: int
) -> None:
    # Breaks when a record that was in the future, or not yet long past, is kept once more a day later.
    day = timedelta(days=1)
    at = premises.now() + (day if again == 2 else timedelta(days=-399))
    body = line(at.isoformat())
    for days in (first, again):
        now = premises.now() + days * day
        with open_premises(premises.folder, lambda now=now: now) as later:
            log_access(later.house, later.access_log, operator, body + b"\n" * days)
            with later.access() as access:
                access.seal()
                assert kept(access) == 1


def test_a_record_without_a_time_is_known_by_its_id(premises: Any, operator: Operator) -> None:
    # Breaks when the time of receipt makes two of one, or two records that differ are one.
    for n, body in enumerate((line("", id="x"), line("", id="x"), line("", id="y"), line(""), line(""))):
        log_access(premises.house, premises.access_log, operator, body + b"\n" * n)
        with premises.access() as access:
            access.seal()
            assert kept(access) == [1, 1, 2, 3, 4][n]


def test_two_acts_of_one_id_are_two(premises: Any, operator: Operator) -> None:
    # Breaks when a source that gives one id to many acts loses all but the first.
    acts = b"".join(line("2026-11-01T00:00:00Z", id="1", act=act) for act in ("a", "b", "c"))
    log_access(premises.house, premises.access_log, operator, acts)
    with premises.access() as access:
        access.seal()
        assert kept(access) == 3


def test_an_older_state_that_was_put_back_throws_nothing_away(tmp_path: Path, operator: Operator) -> None:
    # Breaks when segments the database does not know are taken for what a crash left.
    house, kept_by = tmp_path / "old", tmp_path / "older"
    init_house(house, "t.example/h", operator)
    for n in range(2):
        if n:
            shutil.copytree(house, kept_by, ignore=shutil.ignore_patterns("access", "ledger", "keys", "ring", "socket"))
        with open_premises(house) as found, found.access() as access:
            log_access(found.house, found.access_log, operator, line(f"2026-11-0{n + 1}T00:00:00Z"))
            access.seal()
            publish_ledger(found.house)
    for file in house.glob("state.db*"):
        file.unlink()
    for file in kept_by.glob("state.db*"):
        shutil.copy(file, house)
    with open_premises(house) as found, found.access() as access:
        with pytest.raises(LedgerError):
            access.seal()
        assert kept(access) == 2


def test_nobody_else_on_the_machine_can_look_into_the_record(premises: Any, operator: Operator) -> None:
    # Breaks when a folder made for the log, or by an older version, leaves the record open to others.
    (premises.folder / "access").mkdir(mode=0o755, exist_ok=True)
    log_access(premises.house, premises.access_log, operator, line("2026-11-01T00:00:00Z"))
    for name in ("access", "access/log"):
        assert stat.S_IMODE((premises.folder / name).stat().st_mode) == 0o700
    (premises.folder / "access").chmod(0o755)
    with premises.access():
        assert stat.S_IMODE((premises.folder / "access").stat().st_mode) == 0o700


@pytest.fixture
def store(tmp_path: Path) -> Any:
    engine = Engine(f"chdb://{tmp_path}/engine")
    yield ColumnarStore(engine, SECRETS)
    engine.close()


def rows_of(count: int) -> pa.Table:
    draw = random.Random(count)
    table = pa.Table.from_batches([to_columns([event(draw) for _ in range(count)])])
    return labelled(table.append_column("batch", pa.array([0] * count, pa.uint16())), SECRETS.label_salt)


@pytest.mark.parametrize(
    "spoil", [lambda t: t.slice(1), lambda t: pa.concat_tables([t, t]), lambda t: pa.concat_tables([t, t.slice(0, 1)])]
)
def test_a_segment_that_is_not_what_was_written_is_refused(
    store: Any, monkeypatch: pytest.MonkeyPatch, spoil: Any
) -> None:
    # Breaks when an insert that lost or doubled rows gets a root.
    real = store._engine.insert
    monkeypatch.setattr(
        store._engine, "insert", lambda name, table: real(name, spoil(table) if name == "events" else table)
    )
    with pytest.raises(LedgerError):
        store.add(1, 202609, rows_of(600))


def test_erasing_asks_for_the_principal_and_not_for_its_label_alone(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Breaks when two principals of one label lose their rows together.
    for module in ("gatebook.store.columnar.rows", "gatebook.record.placing"):
        monkeypatch.setattr(f"{module}.label_of", lambda *_: 7)
    store.add(1, 202609, rows_of(300))
    before = {use.principal: use.events for use in store.uses(Filter(), 1000)}
    store.erase([Tenure("acc_a", -(2**62), 2**62)])
    after = {use.principal for use in store.uses(Filter(), 1000)}
    assert after == set(before) - {"acc_a"}


def test_a_record_of_the_former_form_is_not_opened(tmp_path: Path) -> None:
    # Breaks when rows that were committed to in one part are proved in two, and no proof of them holds.
    engine = Engine(f"chdb://{tmp_path}/former")
    engine.command(EVENTS.replace(f"COMMENT '{FORM}'", ""))
    with pytest.raises(SettingsError, match="before rows had two parts"):
        ColumnarStore(engine, SECRETS)
    engine.close()


def test_recent_rows_stay_few_arrays_and_forget_nothing_they_should_know() -> None:
    # Breaks when small segments make each look slower, or a row that was let go of counts as new.
    recent, draw, seen = RecentRows(most_held=2_000), np.random.default_rng(1), []
    recent.begin(202609, -1)
    for n in range(400):
        labels, at = draw.integers(0, 2**63, 20, np.uint64), np.sort(draw.integers(n * 100, n * 100 + 500, 20))
        recent.note(202609, labels, at)
        seen.append((labels, at))
        assert len(recent._young) + len(recent._held) <= 40
    for labels, at in seen:
        assert recent.suspects(202609, labels, at).all()
    new = draw.integers(0, 2**63, 1000, np.uint64)
    assert not recent.suspects(202609, new, np.full(1000, 10**6)).any()


def test_what_was_cut_is_never_called_the_same() -> None:
    # Breaks when two texts that differ only behind what is kept are one.
    one = structs.replace(event(random.Random(1)), marks=("text-cut",))
    assert identity_of(one) is None


def test_a_served_house_has_the_holder_seal(premises: Any, operator: Operator) -> None:
    # Breaks when a long command that holds the record keeps what a server takes in from being found.
    with premises.access() as access:
        log_access(premises.house, premises.access_log, operator, line("2026-11-01T00:00:00Z"))
        with open_premises(premises.folder, lambda: clock() + timedelta(minutes=1)) as server:
            keeping.seal(server)
        assert kept(access) == 1


def test_a_socket_is_reached_by_however_long_a_path_and_leaves_nothing_open(tmp_path: Path) -> None:
    # Breaks when a house in a deep folder cannot be asked, or each asking thread leaves a descriptor behind.
    deep = tmp_path / ("d" * 90) / ("e" * 90)
    deep.mkdir(parents=True)
    offered = {"twice": Offered(tuple[int], int, lambda n: 2 * n)}
    listener = Listener(deep / "socket", offered)
    asker = Asker(deep / "socket", offered)
    before = len(list(Path("/proc/self/fd").iterdir()))
    threads = [threading.Thread(target=lambda: asker.ask("twice", 4)) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asker.ask("twice", 21) == 42
    listener.close()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 2
    with pytest.raises(Unavailable):
        asker.ask("twice", 1)
