"""An access record whose process is killed at any moment of ingest, sealing, merging and erasing, and goes on.

Run by the tests in a process of its own: ``-m adversary.killed_access goes-on <folder> <kills>`` and ``... taken-over
<folder> <kills>`` print what they came to as JSON. What a child did it writes down before and after, beyond its death;
the next child looks whether all of that is so, and only then goes on.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import random
import signal
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adversary.killing import OFFICER, forked
from gatebook.errors import Unavailable
from gatebook.procedures.keep_house import rebuild
from gatebook.procedures.log_access import log_access
from gatebook.procedures.prove_access import prove_access
from gatebook.procedures.publish_ledger import publish_ledger
from gatebook.record.segment_ports import Tenure
from gatebook.trace.asked import Bounds
from gatebook.trace.ports import EARLIEST, LATEST, Filter
from gatebook.wiring.access import AskedAccess, HeldAccess
from gatebook.wiring.founding import init_house
from gatebook.wiring.premises import Premises, open_premises
from gatebook_verifier.access import check_access

ROWS, KEPT, _BATCHES_A_SEGMENT = 60, 5, 15
_WORKS_S, _RECOVERS_S = 1.6, 0.9


class Notes:
    """What was done, line by line, each on the disk before the next thing is."""

    def __init__(self, path: Path) -> None:
        self._file, self._turn = path.open("ab", buffering=0), threading.Lock()

    def write(self, what: str, *more: object) -> None:
        with self._turn:
            self._file.write(json.dumps([what, *more]).encode() + b"\n")
            os.fsync(self._file.fileno())

    @staticmethod
    def read(path: Path) -> list[Any]:
        lines = path.read_bytes().split(b"\n") if path.exists() else []
        return [json.loads(line) for line in lines[:-1]]  # the last may have been cut off, and then was not written


def rows_of(turn: int, n: int, g: int) -> list[tuple[str, str]]:
    """(principal, id) of each event of a batch: half of who stays, half of who is to be erased."""
    names = [f"kept-{i % KEPT}" if i % 2 else f"gone-{turn}-{g}" for i in range(ROWS)]
    return [(name, f"{turn}.{n}.{i}") for i, name in enumerate(names)]


def body_of(turn: int, n: int, g: int) -> bytes:
    """The same bytes whenever the batch is sent. Times are of two months, turn by turn, and some are equal."""
    found = list[bytes]()
    for i, (principal, event_id) in enumerate(rows_of(turn, n, g)):
        at = f"2026-{10 + turn % 2}-07T{turn % 24:02d}:{n % 60:02d}:{i % 50:02d}.000000Z"
        event = {"at": at, "principal": principal, "act": "login", "outcome": "success", "id": event_id}
        event |= {"source": "edge-1", "address": f"203.0.113.{i}", "user_agent": "curl/8"}
        found.append(json.dumps(event).encode())
    return b"\n".join(found)


def _send(premises: Premises, notes: Notes, place: tuple[int, int, int]) -> str:
    notes.write("tried", *place)
    batch = log_access(premises.house, premises.access_log, OFFICER, body_of(*place)).batch
    notes.write("told", *place, batch)
    return batch


class Worker:
    """Ingests in one thread; seals, merges, erases and publishes in another."""

    def __init__(self, premises: Premises, held: HeldAccess, notes: Notes, turn: int) -> None:
        self._premises, self._held, self._notes, self._turn = premises, held, notes, turn
        self._gone, self._sent, self._sending = 0, 0, threading.Condition()
        self._draw = random.Random()

    def run(self) -> None:
        threading.Thread(target=_or_die(self._ingest), daemon=True).start()
        acts = (self._seal, self._seal, self._merge, self._erase, self._erase, self._publish)
        while True:
            self._draw.choice(acts)()

    def _ingest(self) -> None:
        for n in itertools.count():
            with self._sending:
                _send(self._premises, self._notes, (self._turn, n, self._gone))
                self._sent = n + 1
                self._sending.notify_all()

    def _seal(self) -> None:
        with self._sending:
            more = self._sent + _BATCHES_A_SEGMENT
            self._sending.wait_for(lambda: self._sent >= more)
        self._held.seal()

    def _merge(self) -> None:
        self._held._engine.command("OPTIMIZE TABLE events FINAL")

    def _publish(self) -> None:
        publish_ledger(self._premises.house)

    def _erase(self) -> None:
        with self._sending:  # nothing is sent of whom from here on
            name, self._gone = f"gone-{self._turn}-{self._gone}", self._gone + 1
            self._notes.write("erasing", name)
        self._held.erase([Tenure(name, EARLIEST, LATEST)])
        self._notes.write("erased", name)


def _or_die(task: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        try:
            task()
        except BaseException:  # noqa: BLE001  the parent is to see it
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)

    return run


def look(premises: Premises, held: HeldAccess, path: Path) -> dict[str, int]:
    """Everything that was told is there once, everything erased is gone, and whatever is proved holds."""
    notes = Notes(path)
    # 1. What was cut off: the last batch is sent again, an erasing is done again, what waits is sealed.
    lines = Notes.read(path)
    if tried := [tuple(line[1:]) for line in lines if line[0] == "tried"]:
        before = {tuple(line[1:4]): line[4] for line in lines if line[0] == "told"}.get(tried[-1])
        assert _send(premises, notes, tried[-1]) == before or before is None, "a batch has two ids"
    held.seal()
    begun, ended = ({line[1] for line in lines if line[0] == kind} for kind in ("erasing", "erased"))
    for name in sorted(begun - ended):
        held.erase([Tenure(name, EARLIEST, LATEST)])
        notes.write("erased", name)
    # 2. Rows, each once.
    told = {tuple(line[1:4]): line[4] for line in Notes.read(path) if line[0] == "told"}
    assert told.keys() == set(tried), "every batch was sent again until it was told"
    wanted = Counter(row for place in told for row in rows_of(*place))
    found = held._engine.ask("SELECT principal, event_id FROM events")
    rows = Counter(zip(found["principal"].to_pylist(), found["event_id"].to_pylist(), strict=True))
    assert rows == Counter({row: n for row, n in wanted.items() if row[0] not in begun}), "rows are lost or twice"
    _registers_hold(premises, held, set(told.values()))
    _proofs_hold(premises, held, rows, wanted, begun)
    return {"batches": len(told), "rows": len(rows), "erased": len(begun)}


def _registers_hold(premises: Premises, held: HeldAccess, batches: set[str]) -> None:
    assert held.record.log.pending(1) == []
    assert held.record.log.damage() == ()
    with premises.house.state.read() as work:
        assert work.registers.present("access_batches", sorted(batches)) == batches
        segments = work.registers.page("access_segments", {}, "", 10_000)
    assert [int(row["segment"]) for row in segments] == list(range(1, len(segments) + 1))
    both = "SELECT segment, position FROM events UNION DISTINCT SELECT segment, position FROM tombstones"
    kept = held._engine.ask(f"SELECT segment, count() AS n FROM ({both}) GROUP BY segment")  # noqa: S608  our own
    counts = dict(zip(kept["segment"].to_pylist(), kept["n"].to_pylist(), strict=True))
    assert counts == {int(row["segment"]): row["rows"] for row in segments}, "a segment is not what was entered"
    assert rebuild(premises.house, OFFICER, lambda *_: None) == []
    for table in ("events", "chunks", "tombstones"):
        checked = held._engine.ask(f"CHECK TABLE {table}", check_query_single_value_result=0)
        assert all(checked["is_passed"].to_pylist())


def _proofs_hold(
    premises: Premises, held: HeldAccess, rows: Counter[Any], wanted: Counter[Any], erased: set[str]
) -> None:
    publish_ledger(premises.house)
    vkey, folder = premises.house.signer.vkey, premises.folder / "ledger"
    here, all_ = (Counter(name for name, _ in one.elements()) for one in (rows, wanted))
    for name in ("kept-0", "nobody", *sorted(erased)[-1:]):
        proof = prove_access(premises.house, held, OFFICER, name, Bounds(), "audit")
        gone = all_[name] - here[name]
        # Rows are erased here by nobody's order: the log knows of none, and would not let it pass.
        said = check_access(json.dumps(proof).encode(), vkey, None if gone else folder)
        hidden = f", and {gone} not shown, which the house calls erased" if gone else ""
        assert said.startswith(f"{here[name]} rows{hidden}: all that"), said
        assert gone or "touch the time: none, of all the log's first" in said


@contextmanager
def _child(task: Callable[[Callable[[], None]], None]) -> Iterator[tuple[int, int]]:
    """A child that does ``task``, and a pipe on which it says when it is ready; it is killed at the end."""
    heard, said = os.pipe()
    child = os.fork()
    if not child:
        os.close(heard)
        _or_die(lambda: task(lambda: os.close(said) if os.write(said, b"r") else None))()
        os._exit(0)
    os.close(said)
    try:
        yield child, heard
    finally:
        os.close(heard)
        os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status), "the child ended by itself before it was killed"


def _go_on(folder: Path, turn: int, ready: Callable[[], None]) -> None:
    with open_premises(folder / "house") as premises:
        held = premises.access_place.take()
        assert held is not None, "a killed process still holds the record"
        look(premises, held, folder / "notes")
        ready()
        Worker(premises, held, Notes(folder / "notes"), turn).run()


def _look_last(folder: Path) -> None:
    with open_premises(folder / "house") as premises:
        held = premises.access_place.take()
        assert held is not None
        (folder / "end").write_text(json.dumps(look(premises, held, folder / "notes")))


def goes_on(folder: Path, kills: int, draw: random.Random) -> dict[str, int]:
    for turn in range(kills):
        with _child(lambda ready, turn=turn: _go_on(folder, turn, ready)) as (_, heard):  # type: ignore[misc]
            if turn % 4 == 3:  # killed while it recovers
                time.sleep(draw.uniform(0.2, _RECOVERS_S))  # the moment of the kill is the subject
                continue
            assert os.read(heard, 1) == b"r", "the child did not come to work"
            time.sleep(draw.uniform(0.05, _WORKS_S))  # as above
    assert forked(lambda: _look_last(folder)) == 0
    found: dict[str, int] = json.loads((folder / "end").read_text())
    return {"kills": kills, **found}


def _own(folder: Path, ready: Callable[[], None]) -> None:
    with open_premises(folder / "house") as premises:
        assert premises.access_place.take() is not None
        ready()
        threading.Event().wait()


def _ask(folder: Path, ready: Callable[[], None]) -> None:
    """Ask whoever holds the record until they are gone, then hold it; the answers are the same."""
    with open_premises(folder / "house") as premises:
        with premises.access() as asked:
            assert isinstance(asked, AskedAccess)
            before = asked.events(Filter(), None, 2_000)
            ready()
            gone_from = "nobody"
            try:
                while True:
                    assert asked.events(Filter(), None, 2_000) == before
            except Unavailable:
                gone_from = "asker"
            assert gone_from == "asker"
        with premises.access() as held:
            assert isinstance(held, HeldAccess), "nobody took over"
            assert held.events(Filter(), None, 2_000) == before
            assert len(before) == 2_000


def _asker(folder: Path, not_ours: int) -> int:
    """A child that asks; return its id once it was answered."""
    heard, said = os.pipe()
    child = os.fork()
    if not child:
        os.close(not_ours)
        _or_die(lambda: _ask(folder, lambda: os.close(said) if os.write(said, b"r") else None))()
        os._exit(0)
    os.close(said)
    assert os.read(heard, 1) == b"r"
    os.close(heard)
    return child


def taken_over(folder: Path, kills: int, draw: random.Random) -> dict[str, int]:
    def fill() -> None:
        with open_premises(folder / "house") as premises, premises.access() as access:
            for n in range(40):
                log_access(premises.house, premises.access_log, OFFICER, body_of(0, n, 0))
            access.seal()

    assert forked(fill) == 0
    for _ in range(kills):
        asker = 0
        with _child(lambda ready: _own(folder, ready)) as (_owner, heard):
            assert os.read(heard, 1) == b"r"
            asker = _asker(folder, heard)
            time.sleep(draw.uniform(0.0, 0.1))  # the moment of the kill is the subject
        assert os.waitstatus_to_exitcode(os.waitpid(asker, 0)[1]) == 0
    return {"kills": kills}


if __name__ == "__main__":
    what, where, times = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    importlib.import_module("pandas")  # asked for by the first batch of a process: loaded once, before any child
    where.mkdir(parents=True)
    init_house(where / "house", "killed.example/house", OFFICER)
    seed = int(os.environ.get("GATEBOOK_TEST_SEED", "0")) or None
    came_to = {"goes-on": goes_on, "taken-over": taken_over}[what](where, times, random.Random(seed))
    print(json.dumps(came_to))  # noqa: T201  the tests read it
