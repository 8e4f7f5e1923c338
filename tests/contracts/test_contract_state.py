"""One suite over memory, SQLite and a real PostgreSQL: what every state promises."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from gatebook.errors import LedgerError, Shredded, VaultError
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.ports import SealedRecord, State
from gatebook.record.rebuild import rebuild
from gatebook.record.registers import Change
from gatebook.store.memory.state import MemoryState
from gatebook.store.sql.key_ring import SqlKeyRing
from gatebook.store.sql.state import SqlState, migrate, schema_version
from gatebook.store.sql.tables import METADATA

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: Any, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.db'}"
    fresh: Callable[[], str] = request.getfixturevalue("postgres")
    return fresh()


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def state(request: Any, tmp_path: Path) -> Iterator[State]:
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


def _no_tile(_: str) -> bytes:
    raise LedgerError("nothing was published")


def received(n: int) -> Entry:
    body = {"account_type": "standard", "product": "vps", "is_reseller": False, "is_trial": False}
    return Entry("application.received", NOW, "opr-a", person=f"per_{n:03d}", application=f"app_{n:03d}", record=f"rec_{n:03d}",
                 commitment="00", body=body)  # fmt: skip


def test_migrations_lead_to_the_tables_the_program_writes(url: str) -> None:
    # Breaks when a column is added without a migration.
    migrate(url)
    migrate(url)
    assert schema_version(url) == "0005"
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


def test_a_transaction_that_raises_leaves_nothing(state: State) -> None:
    # Breaks when half a step is kept.
    class Stop(Exception):
        pass

    with pytest.raises(Stop), state.transaction() as work:
        enter(work, received(1))
        work.shelf.put("k", "a", b"1", None)
        work.outbox.put("m", "t", b"{}", NOW)
        raise Stop
    with state.read() as work:
        assert (work.ledger.size(), work.registers.get("applications", "app_001"), work.shelf.get("k", "a")) == (
            0,
            None,
            None,
        )
        assert work.outbox.listing("", "", 9) == []


def test_positions_are_dense_under_writers_at_once(state: State) -> None:
    # Breaks when two writers are given one position.
    got: list[int] = []

    def write(start: int) -> None:
        for n in range(start, start + 10):
            with state.transaction() as work:
                got.append(enter(work, received(n)))

    threads = [threading.Thread(target=write, args=(k * 10,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(got) == list(range(40))
    with state.read() as work:
        assert len(work.ledger.read(0, 99)) == work.ledger.size() == 40


def test_registers_are_pages_of_what_was_entered_and_can_be_rebuilt(state: State) -> None:
    # Breaks when the fold and the stored rows drift apart.
    with state.transaction() as work:
        enter(work, *(received(n) for n in range(30)))
    with state.read() as work:
        page = work.registers.page("applications", {"state": "review"}, "app_009", 5)
        assert [row["application_id"] for row in page] == [f"app_{n:03d}" for n in range(10, 15)]
        assert work.registers.count("applications", {"state": "review"}) == 30
        assert work.registers.count("applications", {"account_id": ""}) == 30
    with state.transaction() as work:
        before, after = rebuild(work, (), _no_tile, lambda _, __: None)
    assert before == after


def test_changes_are_carried_out_in_order(state: State) -> None:
    # Breaks when changes that are sent to the database together overtake one another, or reset what they do not name.
    with state.transaction() as work:
        work.registers.apply(
            [
                Change("accounts", "acc_1", {"status": "open", "position": 1}),
                Change("persons", "per_1"),
                Change("accounts", "acc_1", {"status": "closed"}),
                Change("accounts", "acc_2", {"status": "restricted", "position": 2}),
                Change("persons", "per_1", {"shredding": "r"}),
                Change("accounts", "acc_1", {"status": "open", "position": 3}),
                Change("persons", "per_1"),
                Change("accounts", "acc_2", {"status": "closed", "position": 4}),
                Change("accounts", "acc_2", {"status": "restricted", "position": 5}),
                Change("accounts", "acc_1", {"conditions": ["watch"]}),
            ]
        )
        one, two = (work.registers.get("accounts", key) or {} for key in ("acc_1", "acc_2"))
        assert (one["status"], one["position"], one["conditions"], one["cause"]) == ("open", 3, ["watch"], None)
        assert (two["status"], two["position"]) == ("restricted", 5)
        assert (work.registers.get("persons", "per_1") or {})["shredding"] == "r"


def test_sealed_records_are_written_once_found_by_tag_and_erased(state: State) -> None:
    # Breaks when a sealed record can be overwritten, or an erased subject is still found.
    with state.transaction() as work:
        work.records.put(SealedRecord("rec_1", "per_1", "k", b"xx", NOW), [("email", b"t"), ("email", b"t")])
        work.records.put(SealedRecord("rec_2", "per_2", "k", b"yy", NOW), [("email", b"t")])
    with pytest.raises(VaultError), state.transaction() as work:
        work.records.put(SealedRecord("rec_1", "per_1", "k", b"zz", NOW), [])
    with state.transaction() as work:
        assert work.records.find("email", b"t") == ["per_1", "per_2"]
        assert work.records.erase("per_1") == 1
        assert (work.records.find("email", b"t"), work.records.get("rec_1")) == (["per_2"], None)


def test_a_record_sealed_again_keeps_the_tags_that_did_not_end(state: State) -> None:
    # Breaks when an ended value is still found, another record's tag goes with it, or its old bytes come back.
    with state.transaction() as work:
        work.records.put(SealedRecord("rec_1", "per_1", "k", b"xx", NOW), [("email", b"t"), ("number", b"n")])
        work.records.put(SealedRecord("rec_2", "per_2", "k", b"yy", NOW), [("number", b"n")])
    again = SealedRecord("rec_1", "per_1+1", "k", b"zz", NOW)
    with state.transaction() as work:
        work.records.replace(again, {"number"})
    with state.transaction() as work:
        assert work.records.get("rec_1") == again
        assert (work.records.find("email", b"t"), work.records.find("number", b"n")) == (["per_1+1"], ["per_2"])
        assert (work.records.erase("per_1"), work.records.erase("per_1+1")) == (0, 1)
        assert work.records.find("email", b"t") == []
    with pytest.raises(VaultError), state.transaction() as work:
        work.records.replace(again, ())


def test_outbox_and_shelf_keep_their_times(state: State) -> None:
    # Breaks when a message is sent before it is due or a value outlives its time.
    later = NOW + timedelta(minutes=5)
    with state.transaction() as work:
        work.outbox.put("m1", "t", b"{}", NOW)
        work.outbox.put("m2", "t", b"{}", later)
        assert [m["message_id"] for m in work.outbox.due(NOW, 9)] == ["m1"]
        work.outbox.settle("m1", "queued", later, "status-503")
        assert [(m["message_id"], m["attempt"]) for m in work.outbox.due(later, 9)] == [("m1", 1), ("m2", 0)]
        work.outbox.settle("m1", "dead", None, "gone")
        assert [m["message_id"] for m in work.outbox.listing("dead", "", 9)] == ["m1"]
        assert work.shelf.add("k", "a", b"1", NOW)
        assert not work.shelf.add("k", "a", b"2", NOW)
        assert work.shelf.expire(NOW) == 1
        assert work.shelf.get("k", "a") is None


def test_a_claimed_message_is_nobody_elses_until_its_lease_ends(state: State) -> None:
    # Breaks when two senders are given one message, waiting counts as an attempt, or a lease that ended loses it.
    later = NOW + timedelta(minutes=1)
    with state.transaction() as work:
        for name in ("m1", "m2", "m3"):
            work.outbox.put(name, "t", b"{}", NOW)
        work.outbox.put("other", "u", b"{}", NOW)
    with state.transaction() as work:
        assert [(m["message_id"], m["attempt"]) for m in work.outbox.claim("t", NOW, later, 2)] == [
            ("m1", 0),
            ("m2", 0),
        ]
    with state.transaction() as work:
        assert [m["message_id"] for m in work.outbox.claim("t", NOW, later, 9)] == ["m3"]
        assert work.outbox.claim("t", NOW, later, 9) == []
        assert [m["message_id"] for m in work.outbox.due(NOW, 9)] == ["other"]
        again = work.outbox.claim("t", later, later + timedelta(minutes=1), 9)
        assert [(m["message_id"], m["body"], m["attempt"]) for m in again] == [(f"m{n}", b"{}", 0) for n in (1, 2, 3)]


def test_sent_messages_are_forgotten_after_their_day_and_no_others(state: State) -> None:
    # Breaks when a message is forgotten that was never sent, or one that was stays for ever.
    with state.transaction() as work:
        for name, end, at in (("m1", "sent", NOW), ("m2", "sent", NOW + timedelta(days=1)), ("m3", "dead", NOW)):
            work.outbox.put(name, "t", b"{}", NOW)
            work.outbox.settle(name, end, at, "x")
        work.outbox.put("m4", "t", b"{}", NOW)
        assert work.outbox.forget("sent", NOW) == 1
        assert [m["message_id"] for m in work.outbox.listing("", "", 9)] == ["m2", "m3", "m4"]


def test_a_destroyed_key_is_in_no_file_and_stays_destroyed(tmp_path: Path) -> None:
    # Breaks when a destroyed key lives on in a free page or the write-ahead log.
    ring = SqlKeyRing(f"sqlite:///{tmp_path / 'ring.db'}")
    wrapped = {f"per_{n}": bytes([n]) * 40 + b"needle" for n in range(1, 51)}
    for subject, blob in wrapped.items():
        ring.put(subject, "kek-1", blob)
    assert any(wrapped["per_7"] in p.read_bytes() for p in tmp_path.iterdir())
    for subject in list(wrapped)[:25]:
        ring.destroy(subject)
        ring.destroy(subject)
    files = [p.read_bytes() for p in tmp_path.iterdir()]
    assert not [s for s in list(wrapped)[:25] if any(wrapped[s] in data for data in files)]
    assert ring.get("per_30") == ("kek-1", wrapped["per_30"])
    with pytest.raises(Shredded):
        ring.get("per_1")
    with pytest.raises(VaultError):
        ring.put("per_1", "kek-1", b"again")
    ring.close()
