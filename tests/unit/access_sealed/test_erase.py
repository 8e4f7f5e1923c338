"""The end of data in the access record: a person's rows go, to the last byte; everybody else's rows and proofs stay."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from msgspec import structs

import builders as b
from gatebook.errors import Unavailable
from gatebook.procedures import close_account, confirm_contact, open_account
from gatebook.procedures.assign import assign
from gatebook.procedures.keep_house import rebuild
from gatebook.procedures.log_access import log_access
from gatebook.procedures.prove_access import prove_access
from gatebook.procedures.publish_ledger import publish_ledger
from gatebook.procedures.seal_access import seal_access
from gatebook.record.entry import Entry
from gatebook.record.events.own import to_plain
from gatebook.terms.access_event import AccessEvent, AddressKind, Outcome
from gatebook.trace.asked import Bounds
from gatebook.trace.ports import Filter
from gatebook.wiring import keeping
from gatebook_verifier.access import check_access

BEGAN = datetime(2026, 11, 1, 12, tzinfo=UTC)
DAY_S, US = 86_400, 1_000_000
HANDED_OVER = int(datetime(2026, 10, 10, tzinfo=UTC).timestamp()) * US
ALWAYS = Bounds()
RAW, RAW_SHARED, AGENT = "[203.0.113.77]:40123 zq-raw-anna", "[203.0.113.78]:40124 zq-raw-shared", "zq-agent-anna/1"


class Scene:
    """A house in which Anna's data ends while Bo's does not, and both held one principal, one after the other."""

    def __init__(self, premises: Any, operator: Any, at: list[datetime]) -> None:
        self.premises, self.operator, self.at = premises, operator, at
        self.anna = self.opened("Anna", "AHLIN", "X20000001")
        self.bo = self.opened("Bo", "BODIN", "X20000002")

    @property
    def house(self) -> Any:
        return self.premises.house

    def opened(self, given: str, surname: str, number: str) -> str:
        mail = f"{surname.lower()}@example.com"
        who = b.person(f"{given} {surname.title()}", "1973-01-01", emails=[mail], phones=[f"+4670123{number[-4:]}"])
        data = b.application(who, payments=[{"kind": "processor", "processor": "p", "token": number}])
        data["access"]["at"] = self.at[0].strftime("%Y-%m-%dT%H:%M:%SZ")
        papers = [b.passport(surname, given.upper(), "SWE", "730101", number)]
        application, _ = open_account.open_account(self.house, self.operator, data, papers)
        confirm_contact.send_code(self.house, self.operator, application, "email")
        code = self.house.senders["email"].last
        found = confirm_contact.answer_code(self.house, self.operator, application, "email", code)[1].account_id
        assert found
        return str(found)

    def log(self, events: list[AccessEvent]) -> None:
        body = b"".join(json.dumps(to_plain(one)).encode() + b"\n" for one in events)
        log_access(self.house, self.premises.access_log, self.operator, body)

    def end(self) -> None:
        close_account.close_account(self.house, self.operator, self.anna, "asked")
        self.at[0] += timedelta(days=370)

    def expire(self) -> list[str]:
        return keeping.expire(self.premises, self.operator)

    def seen(self) -> set[tuple[str, str]]:
        with self.premises.access() as access:
            return {(k.event.principal, k.event.event_id) for k in access.events(Filter(), None, 10_000)}

    def entries(self, kind: str) -> list[Entry]:
        with self.house.state.read() as work:
            lines = work.ledger.read(0, work.ledger.size())
        return [entry for entry in map(Entry.from_bytes, lines) if entry.kind == kind]

    def proved(self, principal: str) -> str:
        publish_ledger(self.house)
        with self.premises.access() as access:
            found = prove_access(self.house, access, self.operator, principal, ALWAYS, "audit")
        return check_access(json.dumps(found).encode(), self.house.signer.vkey, self.premises.folder / "ledger")


@pytest.fixture
def scene(tmp_path: Path, operator: Any) -> Iterator[Scene]:
    from gatebook.wiring.founding import init_house
    from gatebook.wiring.lists import sample_list
    from gatebook.wiring.premises import CodeBox, open_premises

    at = [BEGAN]
    init_house(tmp_path / "h", "t.example/h", operator, lambda: at[0])
    with open_premises(tmp_path / "h", lambda: at[0], CodeBox()) as premises:
        premises.shelf.put("sample", sample_list(), at[0])
        yield Scene(premises, operator, at)


def event(principal: str, n: int, raw: str, address: str, at: int) -> AccessEvent:
    return AccessEvent(
        at=at,
        source="edge-1",
        principal=principal,
        act="login",
        outcome=Outcome.SUCCESS,
        address=address,
        address_kind=AddressKind.ADDRESS,
        raw_address=raw,
        user_agent=AGENT if "anna" in raw else "curl/8",
        event_id=f"{principal}-{n}",
    )


def happened(scene: Scene) -> tuple[list[AccessEvent], list[AccessEvent]]:
    """Log what Anna did and what others did, part of it sealed, the last still in the log; return both."""
    rows = [("principal", "svc-7", scene.anna, None), ("principal", "svc-7", scene.bo, HANDED_OVER)]
    ends = ["2026-10-10T00:00:00Z", None]
    proposals = [
        {"kind": kind, "thing": thing, "account": account, "from": "2026-09-01T00:00:00Z" if at is None else ends[0]}
        | ({"until": end} if end else {})
        for (kind, thing, account, at), end in zip(rows, ends, strict=True)
    ]
    noted = assign(scene.house, scene.operator, list(enumerate(proposals)))
    assert noted.count("made") == 2
    start = HANDED_OVER - 5 * DAY_S * US
    anna = [event(scene.anna, n, RAW, "203.0.113.77", start + n * US) for n in range(60)]
    anna += [event("svc-7", n, RAW_SHARED, "203.0.113.78", HANDED_OVER - 1 - n) for n in range(40)]
    others = [event("svc-7", 100 + n, "203.0.113.79", "203.0.113.79", HANDED_OVER + n) for n in range(40)]
    others += [event(scene.bo, n, "203.0.113.77", "203.0.113.77", start + n * US) for n in range(300)]
    others += [event(f"acc-{n % 9}", n, "198.51.100.7", "198.51.100.7", start + n * US) for n in range(300)]
    scene.log([*anna[::2], *others[::2]])
    with scene.premises.access() as access:
        access.seal()
    scene.log([*anna[1::2], *others[1::2]])
    return anna, others


def ids(events: list[AccessEvent]) -> set[tuple[str, str]]:
    return {(one.principal, one.event_id) for one in events}


def test_what_a_person_did_goes_and_what_others_did_stays(scene: Scene) -> None:
    # Breaks when a row outlives its person's data, a row of another goes with it, or a proof does.
    anna, others = happened(scene)
    scene.end()
    assert scene.seen() >= ids(anna[::2])
    assert len(scene.expire()) == 1
    assert scene.expire() == []
    assert scene.seen() == ids(others)
    (erased,) = scene.entries("access.erased")
    (shredded,) = scene.entries("record.shredded")
    assert (erased.body, erased.person) == ({"rows": 100}, shredded.person)
    assert [e.person for e in scene.entries("record.expiring")] == [shredded.person]
    assert scene.proved(scene.anna).startswith("0 rows, and 60 not shown, which the house calls erased: all that")
    assert scene.proved("svc-7").startswith("40 rows, and 40 not shown, which the house calls erased: all that")
    assert scene.proved(scene.bo).startswith("300 rows: all that")
    assert scene.proved("nobody").startswith("0 rows: all that")
    assert rebuild(scene.house, scene.operator, lambda *_: None) == []


def blocks(data: bytes) -> Iterator[bytes]:
    """What a compressed file of the engine holds: blocks of a 16-byte checksum, method, two lengths, and bytes."""
    place = 0
    while place + 25 <= len(data):
        method, packed, plain = struct.unpack_from("<BII", data, place + 16)
        if method not in {0x02, 0x82, 0x90, 0x91} or packed < 9 or place + 16 + packed > len(data):
            return
        body = data[place + 25 : place + 16 + packed]
        if method == 0x90:
            yield pa.decompress(body, plain, codec="zstd", asbytes=True)
        elif method == 0x82:
            yield pa.decompress(body, plain, codec="lz4_raw", asbytes=True)
        else:
            yield body
        place += 16 + packed


def files_with(folder: Path, needle: bytes) -> list[str]:
    """Files that hold these bytes, as they are or in a compressed block, of the engine or of the log."""
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_socket():
            continue
        data = path.read_bytes()
        texts = [data, *blocks(data)] if path.suffix != ".log" else [data, *of_log(data)]
        if any(needle in text for text in texts):
            found.append(str(path.relative_to(folder)))
    return found


def of_log(data: bytes) -> Iterator[bytes]:
    from io import BytesIO

    from gatebook.store.log_records import read_batch, scan

    for one in scan(BytesIO(data), "", 0, len(data))[0]:
        batch = read_batch(BytesIO(data), one)
        assert batch is not None
        for column in batch.rows.columns:
            yield repr(column.to_pylist()).encode()


def test_no_byte_of_it_is_left(scene: Scene) -> None:
    # Breaks when a replaced part, the second order, the log, or what a mutation was told keeps a text of the person.
    happened(scene)
    folder = scene.premises.folder / "access"
    gone = [RAW.encode(), RAW_SHARED.encode(), AGENT.encode(), scene.anna.encode()]
    before = {needle: files_with(folder, needle) for needle in gone}
    assert all(any("store" in name for name in found) for found in before.values())
    assert all(any("log" in name for name in found) for found in before.values())
    scene.end()
    scene.expire()
    held = scene.premises.access_place.take()
    old = "SELECT name FROM system.parts WHERE database = 'gatebook' AND table = 'events' AND NOT active"
    assert held._engine.ask(old).num_rows == 0
    assert held._engine.ask("SELECT name FROM system.projection_parts WHERE active").num_rows > 0
    assert {needle: files_with(folder, needle) for needle in gone} == {needle: [] for needle in gone}
    assert files_with(folder, scene.bo.encode())
    with scene.premises.access() as access:
        by_address = access.events(Filter(networks=("203.0.113.78",)), None, 10)
        shared = access.events(Filter(networks=("203.0.113.77",)), None, 1000)
    assert by_address == []
    assert {one.event.principal for one in shared} == {scene.bo}
    # Closed and opened again, nothing comes back.
    scene.premises.access_place.close()
    assert scene.seen() and files_with(folder, RAW.encode()) == []


def test_a_house_without_access_events_opens_no_record(scene: Scene) -> None:
    # Breaks when data cannot end where the engine cannot be opened and nothing was ever kept in it.
    scene.end()
    assert len(scene.expire()) == 1
    assert not (scene.premises.folder / "access").exists()
    assert scene.entries("access.erased") == []


class Cut(Exception):
    """The process ends here."""


def cut_before_burying(store: Any) -> Callable[..., Any]:
    def command(*_: Any, **__: Any) -> None:
        raise Cut

    return command


def cut_before_deleting(store: Any) -> Callable[..., Any]:
    real = store._engine.command

    def command(sql: str, *given: Any, **named: Any) -> None:
        if sql.startswith("ALTER"):
            raise Cut
        real(sql, *given, **named)

    return command


def cut_after_deleting(store: Any) -> Callable[..., Any]:
    real = store._engine.command

    def command(sql: str, *given: Any, **named: Any) -> None:
        real(sql, *given, **named)
        if sql.startswith("ALTER"):
            raise Cut

    return command


@pytest.mark.parametrize("cut", [cut_before_burying, cut_before_deleting, cut_after_deleting])
def test_cut_off_anywhere_the_next_run_finishes(scene: Scene, cut: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # Breaks when an erasing that was begun is never ended, or a half of one breaks a proof.
    anna, others = happened(scene)
    scene.end()
    with scene.premises.access() as access:
        access.seal()
    store = scene.premises.access_place.take()._store
    with monkeypatch.context() as patched:
        patched.setattr(store._engine, "command", cut(store))
        with pytest.raises(Cut):
            scene.expire()
    assert (len(scene.entries("record.expiring")), scene.entries("record.shredded")) == (1, [])
    assert scene.seen() >= ids(others)
    assert "all that" in scene.proved(scene.anna)
    assert "all that" in scene.proved("svc-7")
    scene.premises.access_place.close()
    assert len(scene.expire()) == 1
    assert len(scene.entries("access.erased")) == len(scene.entries("record.shredded")) == 1
    assert scene.seen() == ids(others)
    assert scene.proved(scene.anna).startswith("0 rows, and 60 not shown, which the house calls erased: all that")
    assert scene.proved("svc-7").startswith("40 rows, and 40 not shown, which the house calls erased: all that")
    assert files_with(scene.premises.folder / "access", RAW.encode()) == []
    assert ids(anna).isdisjoint(scene.seen())


def test_without_the_record_data_ends_half_and_the_next_run_ends_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Breaks when an unreachable record lets a person count as erased.
    happened(scene)
    scene.end()
    with monkeypatch.context() as patched:
        patched.setattr(type(scene.premises), "access", lambda _: (_ for _ in ()).throw(Unavailable("busy")))
        with pytest.raises(Unavailable):
            scene.expire()
    assert scene.entries("record.shredded") == []
    assert len(scene.expire()) == 1


def test_rows_of_a_segment_nobody_entered_leave_no_tombstones(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    # Breaks when an erasing right after a crash buries rows that the next sealing writes at other places.
    _, others = happened(scene)
    scene.end()
    record = scene.premises.access_place.take().record
    real = record.rows.add

    def crash(*given: Any) -> None:
        real(*given)
        raise Cut

    with monkeypatch.context() as patched:
        patched.setattr(record.rows, "add", crash)
        with pytest.raises(Cut):
            seal_access(scene.house, record)
    scene.log([structs.replace(others[0], principal=f"new-{n}", event_id=f"new-{n}") for n in range(50)])
    assert len(scene.expire()) == 1
    assert scene.proved("svc-7").startswith("40 rows, and 40 not shown, which the house calls erased: all that")
    assert scene.proved("new-3").startswith("1 rows: all that")


def test_erasing_is_asked_of_the_process_that_holds_the_record(scene: Scene) -> None:
    # Breaks when a command fails, or opens an engine of its own, because a server runs.
    from gatebook.wiring.premises import open_premises

    _, others = happened(scene)
    scene.end()
    assert scene.premises.access_place.take() is not None
    with open_premises(scene.premises.folder, lambda: scene.at[0]) as second:
        assert len(keeping.expire(second, scene.operator)) == 1
        assert second.access_place._held is None
    assert scene.seen() == ids(others)
