"""An archive of invented access events with everything odd that a row can have, and random questions to it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from msgspec import structs

from access_rows import SECRETS, START, batch, event
from gatebook.procedures.archive_access import archive_access
from gatebook.procedures.house import SCOPES, Operator
from gatebook.record.archive_ports import Manifest
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.placing import by_month
from gatebook.record.segment_ports import Tenure
from gatebook.store.columnar.archive import ColumnarMonths
from gatebook.store.columnar.archive_folder import ArchiveFolder
from gatebook.store.columnar.engine import Engine
from gatebook.store.columnar.store import ColumnarStore
from gatebook.store.memory.access_rows import MemoryAccessRows
from gatebook.terms.access_event import AccessEvent, AddressKind
from gatebook.trace.ports import EARLIEST, LATEST, AccessRows, Filter, Place
from gatebook.wiring.founding import init_house
from gatebook.wiring.premises import open_premises

WHO = Operator("opr-test", SCOPES)
OCTOBER = 1_790_812_800_000_000  # 2026-10-01T00:00:00Z
#: Instants at which a month, an era or a number begins, and the microsecond on both sides.
EDGES = [at + n for at in (START, OCTOBER, 0, -1_000_000, -86_400_000_000 * 365 * 300) for n in (-1, 0, 1)]
ODD = [
    "it's",
    'say "it"',
    "back\\slash",
    "\\'; DROP TABLE events; --",
    "?",
    "{events}",
    ":name $1 %s",
    "line\nbreak\ttab",
    " blank ",
    "\uffff",
    "\U0001f600",
    "e\u0301",
    "\u00e9",
    "ACC_A",
    "%",
    "_",
    "NULL",
]
ADDRESSES = [
    "0.0.0.0",  # noqa: S104  an address among others
    "255.255.255.255",
    "127.255.255.255",
    "128.0.0.0",
    "::1",
    "::fffe:ffff:ffff",
    "::1:0:0:0",
    "7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "8000::",
    "2001:db8::7fff:ffff:ffff:ffff",
    "2001:db8::8000:0:0:0",
    "2001:db8:0:1::",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
]
NETWORKS = [
    *("203.0.113.9", "203.0.113.0/24", "2001:db8::/64", "2001:db8::/65", "::/0", "0.0.0.0/0", "::/1", "8000::/1"),
    *(
        "::ffff:0:0/96",
        "::ffff:0:0/95",
        "::/80",
        "::/128",
        "128.0.0.0/1",
        "2001:db8::1",
        "2001:db8::/63",
        "255.255.255.255",
    ),
]


@dataclass(frozen=True)
class Archived:
    folder: Path
    memory: AccessRows
    columns: ColumnarStore
    engine: Engine
    premises: Any
    months: tuple[Manifest, ...]


def odd_event(draw: random.Random) -> AccessEvent:
    """Return an event as the other tests have them, often with something odd."""
    made = event(draw)
    changed: dict[str, Any] = {}
    if draw.random() < 0.3:
        changed["at"] = draw.choice(EDGES)
    for name in ("principal", "session", "user_agent", "fingerprint", "detail"):
        if draw.random() < 0.2:
            changed[name] = draw.choice(ODD)
    if draw.random() < 0.3:
        address = draw.choice(ADDRESSES)
        changed |= {"address": address, "raw_address": address, "address_kind": AddressKind.ADDRESS}
    return structs.replace(made, **changed)


def random_question(draw: random.Random) -> Filter:
    """Return a question; about half of them can have an answer."""
    start = draw.choice([START + draw.randrange(3_000_000_000), draw.choice(EDGES)])
    asked = Filter(
        from_at=draw.choice([EARLIEST, EARLIEST, START, start]),
        until_at=draw.choice([LATEST, LATEST, start + draw.choice([0, 1, 10**9]), draw.choice(EDGES)]),
        principals=draw.choice([(), (), ("acc_a",), ("acc_ç", "root"), ("",), (draw.choice(ODD), "nobody")]),
        networks=draw.choice([(), (), (draw.choice(NETWORKS),), tuple(draw.sample(NETWORKS, 3))]),
        without_failures=draw.random() < 0.25,
    )
    name = draw.choice(["session", "user_agent", "fingerprint", "segment", "", "", "", ""])
    values = {
        "session": "s1",
        "user_agent": "Mozilla/5.0 «x»",
        "fingerprint": "SHA256:abc",
        "segment": draw.randrange(9),
    }
    if name:
        value = values[name] if name == "segment" or draw.random() < 0.5 else draw.choice(ODD)
        asked = replace(asked, **{name: value})
    return asked


def answers(rows: AccessRows, seed: int) -> list[object]:
    """Return a store's answers to one random question: rows and those after one of them, uses, or sharers."""
    draw = random.Random(seed)
    asked, limit = random_question(draw), draw.choice([1, 7, 60, 1000])
    kind = seed % 4
    if kind == 0:
        found = rows.events(asked, None, limit)
        after = draw.choice(found).place if found else None
        return [found, rows.events(asked, after, 20) if after else []]
    if kind == 1:
        return [rows.uses(asked, limit)]
    if kind == 2:
        at = draw.choice(EDGES)
        place = Place(at, draw.randrange(9), draw.randrange(300))
        return [rows.events(asked, place, limit)]
    principals = draw.choice([["acc_a"], ["acc_1", "acc_2"], ["nobody"], [draw.choice(ODD)], ["", "root"], []])
    return [rows.sharers(principals, asked.from_at, asked.until_at, draw.choice([1, 2, 5]))]


def enter_sealed(house: Any, segment: int, month: int, rows: Any, tree: Any) -> None:
    """Enter a segment as sealing does."""
    at = rows.column("at").to_numpy()
    body = {"segment": segment, "month": month, "rows": tree.size, "root": tree.root.hex(), "batches": []}
    most = 2**53 - 1  # what JSON bears
    body |= {"first_at": max(int(at.min()), -most), "last_at": min(max(int(at.max()), -most), most)}
    with house.state.transaction() as work:
        enter(work, Entry("access.sealed", house.now(), WHO.operator_id, body=body))


def seal(house: Any, stores: Sequence[Any], first: int, events: list[AccessEvent]) -> int:
    """Seal events month by month in every store, and enter them; return the next number."""
    for month, rows in by_month(batch(events, first)):
        trees = [store.add(first, month, rows) for store in stores]
        enter_sealed(house, first, month, rows, trees[-1])
        first += 1
    return first


@contextmanager
def archived(folder: Path, file_bytes: int = 1, events: int = 300, rounds: int = 1) -> Iterator[Archived]:
    """Give an archive of several months whose files are many and small, and the stores it was made from."""
    init_house(folder / "house", "test.example/house", WHO)
    engine = Engine(f"chdb://{folder}/store")
    try:
        with open_premises(folder / "house") as premises:
            yield _archived(folder, premises, engine, file_bytes, [events // rounds] * rounds)
    finally:
        engine.close()


def _archived(folder: Path, premises: Any, engine: Engine, file_bytes: int, events: Sequence[int]) -> Archived:
    memory, columns, following = MemoryAccessRows(SECRETS), ColumnarStore(engine, SECRETS), 1
    draw = random.Random(31)
    for count in events:
        made = [odd_event(draw) for _ in range(count)]
        following = seal(premises.house, (memory, columns), following, made)
    for store in (memory, columns):
        store.erase([Tenure("acc_7", EARLIEST, LATEST)])
    kept = ArchiveFolder(folder / "archive", file_bytes)
    for month in months_of(premises.house):
        archive_access(premises.house, WHO, ColumnarMonths(engine), kept, month)
    return Archived(folder / "archive", memory, columns, engine, premises, kept.months())


def months_of(house: Any) -> list[int]:
    with house.state.read() as work:
        return sorted({row["month"] for row in work.registers.page("access_segments", {}, "", 1000)})
