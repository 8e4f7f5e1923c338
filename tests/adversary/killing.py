"""A house that can be killed at any call of any port, and what has to hold of what is left.

The trap guarded against: a kill test that kills where nothing was happening. Every call of every port is counted, and
the process ends, without any clean-up, before it and again just after it. Times, ids and randomness are drawn in one
fixed order, so two kills that leave the same bytes leave the same house, and it is looked at once.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import shutil
import sqlite3
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from gatebook.errors import Conflict, NotFound, Shredded
from gatebook.outside.key_file import FileKeys
from gatebook.procedures.house import SCOPES, House, Operator
from gatebook.procedures.keep_house import rebuild
from gatebook.procedures.publish_ledger import publish_ledger
from gatebook.procedures.resume_applications import resume_applications
from gatebook.record.access import Door
from gatebook.record.entry import Entry
from gatebook.record.registers import REGISTERS
from gatebook.record.vault import Vault
from gatebook.settings import read_settings
from gatebook.store.law_folder import LawFolder
from gatebook.wiring.premises import CodeBox, Premises
from gatebook_verifier.checks import check_log

OFFICER, OTHER = Operator("opr-test", SCOPES), Operator("opr-other", SCOPES)
BEGAN = datetime(2026, 11, 1, 12, 5, tzinfo=UTC)
KILLED, FAILED = 9, 1
_KEYS_LAST = timedelta(days=30)
_PORTS = ("ledger", "registers", "records", "outbox", "shelf")
#: The law as read once before any child is made; a law is only read, and the same for all of them.
_LAW: list[LawFolder] = []


class Steps:
    """Counts calls, and ends the process at the one it was told."""

    def __init__(self, last: int) -> None:
        self.count, self._last = 0, last

    def tick(self) -> None:
        self.count += 1
        if self.count == self._last:
            os._exit(KILLED)


class Deadly:
    """A port each of whose calls may be the last thing this process does."""

    def __init__(self, inner: Any, steps: Steps) -> None:
        self._inner, self._steps = inner, steps

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name in _PORTS:
            return Deadly(found, self._steps)
        return deadly_call(found, self._steps) if callable(found) else found


def deadly_call(inner: Callable[..., Any], steps: Steps) -> Callable[..., Any]:
    def call(*given: Any, **named: Any) -> Any:
        steps.tick()
        found = inner(*given, **named)
        steps.tick()
        return found

    return call


class DeadlyState(Deadly):
    """A state that may die before a transaction, in it, before its commit, and after."""

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        self._steps.tick()
        with self._inner.transaction() as work:
            yield Deadly(work, self._steps)
            self._steps.tick()
        self._steps.tick()

    @contextmanager
    def read(self) -> Iterator[Any]:
        with self._inner.read() as work:
            yield Deadly(work, self._steps)


@dataclass
class Drawn:
    """Times, ids and random bytes in one fixed order."""

    at: datetime
    salt: str
    _count: int = 0

    def now(self) -> datetime:
        self._count += 1
        return self.at + timedelta(microseconds=self._count)

    def draw(self, length: int) -> bytes:
        self._count += 1
        return hashlib.shake_256(f"{self.salt}/{self._count}".encode()).digest(length)

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{self.draw(13).hex()}"


@dataclass(frozen=True)
class Scene:
    """An open house with its ids by name. ``send`` carries events to nowhere and keeps which it carried."""

    premises: Premises
    house: House
    ids: dict[str, str]
    drawn: Drawn

    def send(self, endpoint: str, url: str, message_id: str, body: bytes) -> Any:
        return self.premises.send_event(endpoint, url, message_id, body)


@contextmanager
def opened(folder: Path, at: datetime, salt: str, steps: Steps | None = None) -> Iterator[Scene]:
    """Open the house in ``folder`` at a time; with ``steps`` every port of it is deadly."""
    drawn = Drawn(at, salt)
    premises = Premises(folder, read_settings(folder, ""), drawn.now, CodeBox())
    premises.__dict__["keys"] = FileKeys(folder / "keys", drawn.draw)
    if _LAW:
        premises.__dict__["law"] = _LAW[0]
    plain = replace(premises.house, draw=drawn.draw, new_id=drawn.new_id)
    steps = steps or Steps(0)
    vault = Vault(Deadly(premises.ring, steps), Deadly(premises.keys, steps), drawn.draw)
    house = replace(
        plain,
        state=DeadlyState(plain.state, steps),
        tiles=Deadly(plain.tiles, steps),
        signer=replace(plain.signer, last=Deadly(plain.signer.last, steps)),
        door=Door(vault),
        senders={name: Deadly(sender, steps) for name, sender in plain.senders.items()},
    )
    ids = folder / "ids.json"
    try:
        yield Scene(premises, house, json.loads(ids.read_text()) if ids.exists() else {}, drawn)
    finally:
        premises.close()


def holds(scene: Scene) -> None:
    """Whatever was cut off: nothing half-written stands, and the independent verifier agrees."""
    house = scene.house
    publish_ledger(house)
    assert rebuild(house, OFFICER, lambda _, __: None) == []
    with house.state.read() as work:
        entries = [Entry.from_bytes(line) for line in work.ledger.read(0, work.ledger.size())]
        rows = {name: work.registers.page(name, {}, "", 10_000) for name in REGISTERS}
        sealed = {row["record_id"]: work.records.get(row["record_id"]) for row in rows["records"]}
        keys = {key for key, _ in work.shelf.listing("api-key", "", 1000)}
    _admissions_hold(entries, rows)
    _records_hold(scene, rows, sealed)
    made = {e.body["key"] for e in entries if e.kind == "key.made"}
    left = made - {e.body["key"] for e in entries if e.kind == "key.revoked"}
    assert keys == left or (keys <= left and house.now() > BEGAN + _KEYS_LAST)
    check_log(scene.premises.folder / "ledger", (scene.premises.folder / "ledger" / "vkey").read_text())


def _admissions_hold(entries: list[Entry], rows: dict[str, list[Any]]) -> None:
    judged: dict[str, str] = {}
    of_account: dict[str, str] = {}
    for entry in entries:
        if entry.kind == "determination.made":
            (of_account if entry.account else judged)[entry.account or entry.application] = entry.body["outcome"]
        if entry.kind == "account.opened":
            assert judged[entry.application].startswith("admit"), "an account opened before its determination"
        if entry.kind == "application.declined":
            assert judged[entry.application] == "decline"
        if entry.kind == "account.restored":
            assert of_account[entry.account] != "decline", "restored while something declines"
    once = (("account.opened", "application"), ("account.closed", "account"), ("review.closed", "review"))
    for kind, name in (*once, ("application.withdrawn", "application"), ("application.lapsed", "application")):
        times = Counter(e.body.get(name) or getattr(e, name) for e in entries if e.kind == kind)
        assert max(times.values(), default=1) == 1, f"{kind} twice for one {name}"
    for row in rows["applications"]:
        assert row["state"] in ("review", "admitted", "declined", "withdrawn", "lapsed")
        assert (row["state"] == "admitted") == bool(row["account_id"])
    opened_for = [row["application_id"] for row in rows["accounts"]]
    assert sorted(opened_for) == sorted(r["application_id"] for r in rows["applications"] if r["account_id"])


def _records_hold(scene: Scene, rows: dict[str, list[Any]], sealed: dict[str, Any]) -> None:
    persons = {row["person_id"]: row for row in rows["persons"]}
    persons |= {row["demand_id"]: {"shredded_at": "", "shredding": "", "sealed_under": ""} for row in rows["demands"]}
    for row in rows["records"]:
        person = persons[row["person_id"]]
        if person["shredded_at"]:
            assert sealed[row["record_id"]] is None, "a record outlived its shredding"
            continue
        assert sealed[row["record_id"]] is not None, "a register names a record that is not there"
        vault = scene.house.door.vault
        try:  # of a record some fields of which ended, what is left
            read = vault.unseal_parts if person["sealed_under"] else vault.unseal
            read(sealed[row["record_id"]], row["commitment"])
        except Shredded:
            assert person["shredding"], "a key was destroyed and the ledger knows of no intent"


_TOLD = (
    *(f"account.{end}" for end in ("opened", "closed", "restricted", "restored", "conditioned")),
    *(f"application.{end}" for end in ("declined", "withdrawn", "lapsed")),
    "review.opened",
    "list.rescreened",
)
_ONCE = (*_TOLD, "application.received", "review.disposed", "review.approved", "review.closed", "record.shredded")
_SHOWN = {
    "applications": (
        "account_type",
        "state",
        "outcome",
        "waiting_on",
        "due",
        "conditions",
        "personhood",
        "retain_rule",
    ),
    "accounts": ("account_type", "status", "cause", "for_cause", "conditions", "personhood", "retain_rule"),
    "reviews": ("state", "cause", "disposition", "match", "outcome"),
    "persons": ("was_listed", "shredding", "shred_rule"),
    "lists": ("list_id", "digest"),
}


def summary(scene: Scene) -> dict[str, Any]:
    """What a house comes to, whoever's ids and times it took to get there."""
    with scene.house.state.read() as work:
        entries = [Entry.from_bytes(line) for line in work.ledger.read(0, work.ledger.size())]
        found: dict[str, Any] = {
            name: sorted(json.dumps([row[c] for c in columns]) for row in work.registers.page(name, {}, "", 10_000))
            for name, columns in _SHOWN.items()
        }
        messages = [(json.loads(row["body"])["type"], row["state"]) for row in work.outbox.listing("", "", 10_000)]
        found["codes"] = [key for key, _ in work.shelf.listing("code", "", 1000)]
        found["endpoints"] = len(work.shelf.listing("webhook-endpoint", "", 1000))
    found["told"] = sorted(Counter(m for m in messages if m[0] in _TOLD).items())
    found["entered"] = sorted(Counter(e.kind for e in entries if e.kind in _ONCE).items())
    found["key"] = [e.body["key"] == scene.premises.keys.current() for e in entries if e.kind == "keys.rotated"][-1:]
    found["old keys"] = [
        s for s in scene.premises.ring.subjects("", "", 1000) if scene.premises.ring.get(s)[0] != _current(scene)
    ]
    return found


def _current(scene: Scene) -> str:
    return str(scene.premises.keys.current())


def count(scene: Scene, kind: str) -> int:
    with scene.house.state.read() as work:
        lines = work.ledger.read(0, work.ledger.size())
    return sum(Entry.from_bytes(line).kind == kind for line in lines)


def resumed(scene: Scene) -> list[str]:
    return resume_applications(scene.house, OFFICER, timedelta(0))


@dataclass(frozen=True)
class Procedure:
    """What is killed; and what a caller, or the house itself, does afterwards.

    Once an entry of the kind ``begins`` is there, the house has to come to the end by itself and the caller does not
    ask again; without one, they do.
    """

    act: Callable[[Scene], Any]
    again: Callable[[Scene], Any] | None = None
    begins: str = ""
    seen_after: timedelta = timedelta(minutes=1)
    begins_after: timedelta = timedelta(minutes=2)
    seed: str = "house"

    def finish(self, scene: Scene, begun: int) -> None:
        resumed(scene)
        if not self.begins or count(scene, self.begins) < begun:
            with suppress(Conflict, NotFound):  # done already
                (self.again or self.act)(scene)
        assert resumed(scene) == [], "something was left to resume"


class Ground:
    """Where houses are laid out from a seed, killed in, and cleared away."""

    def __init__(self, seed: Path) -> None:
        self.seed = seed

    def lay(self, folder: Path) -> None:
        shutil.copytree(self.seed, folder)

    def clear(self, folder: Path) -> None:
        shutil.rmtree(folder)

    def fingerprint(self, folder: Path) -> str:
        """The digest of every byte that counts: rows of both databases, tiles, keys, law, lists."""
        found = hashlib.sha256()
        for name in ("state.db", "ring/ring.db"):
            connection = sqlite3.connect(folder / name)
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY 1").fetchall()
            for (table,) in tables:
                rows = sorted(repr(row) for row in connection.execute(f"SELECT * FROM {table}"))  # noqa: S608  our own
                found.update(f"{table}{rows}".encode())
            connection.close()
        for path in sorted(folder.rglob("*")):
            if path.is_file() and ".db" not in path.name and ".part" not in path.name:
                found.update(f"{path.relative_to(folder)}".encode() + path.read_bytes())
        return found.hexdigest()


def forked(task: Callable[[], object]) -> int:
    """Do ``task`` in a child of this process, which has nothing open; return its exit status."""
    child = os.fork()
    if not child:
        status = FAILED
        try:
            task()
            status = 0
        except BaseException:  # noqa: BLE001  whatever it is, the parent is to see it and the child to end
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _run(folder: Path, procedure: Procedure, step: int) -> None:
    steps = Steps(step)
    with opened(folder, BEGAN + procedure.begins_after, "act", steps) as scene:
        procedure.act(scene)
        (folder.parent / f"{folder.name}.steps").write_text(str(steps.count))
        end = {"begun": count(scene, procedure.begins), "summary": summary(scene)}
        (folder.parent / f"{folder.name}.end").write_text(json.dumps(end))


def _look(folder: Path, procedure: Procedure, expected: dict[str, Any]) -> None:
    with opened(folder, BEGAN + procedure.begins_after + procedure.seen_after, "look") as scene:
        holds(scene)
        procedure.finish(scene, expected["begun"])
        found, wanted = json.loads(json.dumps(summary(scene))), expected["summary"]
        different = {name: (found[name], wanted[name]) for name in found if found[name] != wanted[name]}
        assert not different, f"resuming came to another end: {different}"
        holds(scene)


def kill_everywhere(
    ground: Ground, folder: Path, procedure: Procedure, share: Callable[[int], Iterable[int]]
) -> dict[str, int]:
    """Kill at every step ``share`` chooses of them, and look at every house that differs; return how many of each."""
    folder.mkdir(parents=True)
    _LAW.append(LawFolder(ground.seed / "law"))
    ground.lay(folder / "whole")
    _run(folder / "whole", procedure, 0)  # here and not in a child, so that every child finds what it loads loaded
    gc.freeze()
    steps = int((folder / "whole.steps").read_text())
    expected = json.loads((folder / "whole.end").read_text())
    seen: set[str] = set()
    killed = 0
    for step in share(steps):
        house = folder / "house"
        ground.lay(house)
        assert forked(partial(_run, house, procedure, step)) == KILLED, f"step {step} did not end there"
        killed += 1
        left = ground.fingerprint(house)
        if left not in seen:
            seen.add(left)
            assert forked(partial(_look, house, procedure, expected)) == 0, f"killed at step {step} of {steps}"
        ground.clear(house)
    return {"steps": steps, "killed": killed, "houses": len(seen)}
