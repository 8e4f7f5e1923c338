"""Runs as bytes: whatever is shown of a row leads to one root, and no changed byte does; two engines, one writing."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from access_rows import SECRETS, START, batch, event
from gatebook.errors import LedgerError
from gatebook.record import segment_tree
from gatebook.record.packed_runs import (
    EVERYTHING,
    WHOLE,
    PackedRun,
    Shown,
    pack_rows,
    verify_packed,
    walk,
)
from gatebook.record.proving import prove_packed, with_rows
from gatebook.record.row_parts import Hidden, Row, ShownRow, without_activity
from gatebook.record.segment_ports import Tenure
from gatebook.record.segments import label_of
from gatebook.store.columnar.engine import Engine
from gatebook.store.columnar.store import ColumnarStore
from gatebook.store.memory.access_rows import MemoryAccessRows
from gatebook_verifier import rows as stranger
from gatebook_verifier.note import DoesNotHold
from packed_rows import read_activity, read_session, root_of_run
from packed_rows import walk as walk_file

MONTH = 202609
LATER = Shown(START + 1_000_000_000, START + 2_000_000_000)
ASKED = [EVERYTHING, Shown(activity=False), LATER, structs.replace(LATER, activity=False)]
WHOSE = ["acc_a", "acc_ç", "", "acc_7", "nobody"]


def proved(store: Any, tree: Any, principal: str, shown: Shown = EVERYTHING) -> PackedRun:
    run = prove_packed(store, store.reader(1, tree.size), SECRETS.label_salt, 1, principal, tree.size, tree.root)
    return with_rows(run, lambda start, stop: store.packed(1, principal, start, stop, shown))


def as_stranger(run: PackedRun, data: bytes | None = None) -> bytes:
    """Return the root as the verifier finds it."""

    def told(row: Hidden | None) -> tuple[bytes, bytes] | None:
        return row and (row.label.to_bytes(8, "big"), row.commitment)

    label = label_of(run.label_salt, run.principal).to_bytes(8, "big")
    beside = (told(run.before), told(run.after))
    place = stranger.Run(run.principal, label, run.first, run.size, *beside, run.path)
    return root_of_run(b"".join(run.rows) if data is None else data, place)


@pytest.fixture(params=["memory", "columnar"])
def store(request: Any, tmp_path: Any) -> Iterator[Any]:
    if request.param == "memory":
        yield MemoryAccessRows(SECRETS)
        return
    engine = Engine(f"chdb://{tmp_path}/access")
    yield ColumnarStore(engine, SECRETS)
    engine.close()


@pytest.mark.parametrize("size", [1, 3, 255, 258, 700])
def test_a_packed_run_leads_to_the_root_whatever_is_shown_of_it(
    store: Any, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Breaks when the engine writes a row otherwise than it committed to it, or the oracle does; when pieces lose a row.
    monkeypatch.setattr("gatebook.record.proving.PIECE_ROWS", 10)
    draw = random.Random(size)
    tree = store.add(1, MONTH, batch([event(draw) for _ in range(size)], 3))
    store.erase([Tenure("acc_a", START, START + 1_500_000_000)])
    for principal in WHOSE:
        kept = store.run(1, principal, size)
        for shown in ASKED:
            run = proved(store, tree, principal, shown)
            verify_packed(run)
            assert as_stranger(run) == tree.root
            assert (run.first, run.count) == (kept.first, len(kept.rows))
            assert list(walk(run.rows)) == list(walk([pack_rows(kept.rows, shown)]))
            if not shown.activity:
                assert not [kind for kind, _, _ in walk(run.rows) if kind == WHOLE]


def test_hashes_that_end_in_zeros_keep_them(store: Any) -> None:
    # Breaks when the engine takes zero bytes at the end of a hash for the end of a text: one in 256 does.
    draw = random.Random(3)
    events = [structs.replace(event(draw), principal="acc_a") for _ in range(1500)]
    tree = store.add(1, MONTH, batch(events))
    for shown in (Shown(activity=False), Shown(START - 2, START - 1)):
        verify_packed(proved(store, tree, "acc_a", shown))
    store.erase([Tenure("acc_a", START, START + 10**12)])
    verify_packed(proved(store, tree, "acc_a"))


def test_what_is_read_from_bytes_is_what_was_taken_in(store: Any) -> None:
    # Breaks when a stranger reads another address, time or text than the row has.
    draw = random.Random(4)
    tree = store.add(1, MONTH, batch([event(draw) for _ in range(300)], 2))
    run, kept = proved(store, tree, "acc_b"), store.run(1, "acc_b", 300)
    for (kind, session, activity), row in zip(walk_file(b"".join(run.rows)), kept.rows, strict=True):
        told = {**read_session(session), **read_activity(activity)}
        one = row.event
        assert kind == stranger.WHOLE
        assert (told["at"], told["nth"], told["batch"]) == (one.at, one.nth, 2)
        assert (told["address"] or "", told["raw_address"]) == (one.address, one.raw_address)
        assert (told["id"], told["marks"]) == (one.event_id, ",".join(one.marks))
        for name in ("outcome", "address_kind", "session", "source", "act", "user_agent", "target", "detail"):
            assert told[name] == getattr(one, name)


def test_rows_that_are_gone_or_beside_a_changed_tree_are_refused(tmp_path: Any) -> None:
    # Breaks when a run is handed out whose boundaries are not those that were sealed.
    engine = Engine(f"chdb://{tmp_path}/access")
    store = ColumnarStore(engine, SECRETS)
    draw = random.Random(5)
    tree = store.add(1, MONTH, batch([event(draw) for _ in range(900)]))
    with pytest.raises(LedgerError):
        proved(store, of_root(tree, bytes(32)), "acc_a")
    run = proved(store, tree, "acc_a")
    assert run.before
    engine.command(
        "ALTER TABLE events UPDATE detail = 'x' WHERE position = {n:UInt32}", {"n": run.first - 1}, mutations_sync=1
    )
    with pytest.raises(LedgerError):
        proved(store, tree, "acc_a")
    engine.command("ALTER TABLE events DELETE WHERE position = {n:UInt32}", {"n": run.first + 1}, mutations_sync=1)
    with pytest.raises(LedgerError):
        store.place(1, "acc_a", 900)
    engine.close()


def of_root(tree: Any, root: bytes) -> Any:
    return type(tree)(tree.size, root)


@cache
def segment() -> tuple[MemoryAccessRows, Any]:
    found, draw = MemoryAccessRows(SECRETS), random.Random(6)
    return found, found.add(1, MONTH, batch([event(draw) for _ in range(400)]))


def mixed(rows: Sequence[Row], how: Sequence[int]) -> bytes:
    """Return rows as a piece, each shown as it is said: not at all, in part, or whole."""
    label = label_of(SECRETS.label_salt, "acc_a")
    made: list[Row] = []
    for row, kind in zip(rows, how, strict=True):
        assert isinstance(row, ShownRow)
        made.append([Hidden(label, row.commitment), without_activity(row), row][kind])
    return pack_rows(made, EVERYTHING)


def draw_mix(data: st.DataObject) -> tuple[PackedRun, bytes]:
    found, tree = segment()
    run, kept = proved(found, tree, "acc_a"), found.run(1, "acc_a", tree.size)
    how = data.draw(st.lists(st.integers(0, 2), min_size=run.count, max_size=run.count))
    cut = data.draw(st.integers(1, run.count - 1))
    return run, mixed(kept.rows[:cut], how[:cut]) + mixed(kept.rows[cut:], how[cut:])


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_mix_leads_to_the_root_and_no_changed_byte_does(data: st.DataObject) -> None:
    # Breaks when a part is not bound, or a length, a kind or an order of rows can be another.
    run, packed = draw_mix(data)
    assert as_stranger(run, packed) == run.root
    at, by = data.draw(st.integers(0, len(packed) - 1)), data.draw(st.integers(1, 255))
    broken = packed[:at] + bytes([packed[at] ^ by]) + packed[at + 1 :]
    cut = packed[:at]
    for changed in (broken, cut, packed + packed[:at]):
        if changed == packed:
            continue
        with contextlib.suppress(DoesNotHold):
            assert as_stranger(run, changed) != run.root
        with contextlib.suppress(LedgerError):
            verify_packed(structs.replace(run, rows=(changed,)))
            pytest.fail("a changed byte was taken")


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_changed_step_or_place_leads_to_the_root(data: st.DataObject) -> None:
    # Breaks when a path, a neighbour or a position is not bound, or a step of one kind is taken for the other.
    run, _ = draw_mix(data)
    at = data.draw(st.integers(0, len(run.path) - 1))
    step = data.draw(st.one_of(st.binary(min_size=32, max_size=32), st.just(run.path[at] + bytes(8)), st.just(b"")))
    changes: list[dict[str, Any]] = [
        {"path": (*run.path[:at], step, *run.path[at + 1 :])},
        {"path": run.path[:at] + run.path[at + 1 :]},
        {"path": (*run.path, run.path[at])},
        {"first": run.first + data.draw(st.sampled_from([-1, 1]))},
        {"after": run.before},
        {"before": None},
        {"principal": "acc_b"},
    ]
    for change in changes:
        with pytest.raises(LedgerError):
            verify_packed(structs.replace(run, **change))
        with contextlib.suppress(DoesNotHold):
            assert as_stranger(structs.replace(run, **change)) != run.root


@given(st.integers(1, 40), st.data())
@settings(max_examples=200, deadline=None)
def test_every_range_of_every_small_tree_leads_to_its_root(size: int, data: st.DataObject) -> None:
    # Breaks when a leaf that a run shares with other rows, or one that is not full, is joined in another way.
    entries = [segment_tree.entry_of(n, bytes([n]) * 32) for n in range(size)]
    start = data.draw(st.integers(0, size - 1))
    stop = data.draw(st.integers(start + 1, size))
    read = segment_tree.reader_of(entries)
    path = segment_tree.range_path(start, stop, size, read, entries.__getitem__)
    assert segment_tree.root_from_range(entries[start:stop], start, size, path) == segment_tree.root_of(entries)
    assert sum(len(step) == segment_tree.ENTRY for step in path) <= 2 * (segment_tree.GROUP - 1)


@given(st.binary(max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_piece_or_are_refused(data: bytes) -> None:
    # Breaks when bytes nobody packed end the verifier in another way than by saying so.
    with contextlib.suppress(DoesNotHold):
        list(walk_file(data))
    with contextlib.suppress(LedgerError):
        list(walk([data]))


def test_what_holds_and_what_asks_hand_out_the_same(premises: Any) -> None:
    # Breaks when a run that travels over the socket is another than the one at home.
    with premises.access() as held:
        asked = premises.access_place._asking()
        draw = random.Random(8)
        tree = held._store.add(1, MONTH, batch([event(draw) for _ in range(300)]))
        for shown in ASKED:
            run = held.packed_run(1, "acc_a", tree.size, tree.root, shown)
            assert asked.packed_run(1, "acc_a", tree.size, tree.root, shown) == run
            verify_packed(run)
        held._store.discard(0)
