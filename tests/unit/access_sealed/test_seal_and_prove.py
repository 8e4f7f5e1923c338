"""Sealing what the log holds, and proofs of it that a stranger's verifier checks."""

from __future__ import annotations

import base64
import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from access_rows import START, event
from gatebook.errors import InvalidInput, NotPermitted
from gatebook.procedures.house import Operator
from gatebook.procedures.keep_house import rebuild
from gatebook.procedures.log_access import log_access
from gatebook.procedures.prove_access import prove_access
from gatebook.procedures.seal_access import seal_access
from gatebook.record.enter import enter
from gatebook.record.entered_segments import last_segment
from gatebook.record.entry import Entry
from gatebook.record.events.own import to_plain
from gatebook.record.segment_ports import Tenure
from gatebook.terms.access_event import AccessEvent
from gatebook.trace.asked import Bounds
from gatebook.trace.ports import Filter
from gatebook_verifier.access import check_access
from gatebook_verifier.note import DoesNotHold

ALWAYS = Bounds()


def lines(events: list[AccessEvent]) -> bytes:
    return b"".join(json.dumps(to_plain(one)).encode() + b"\n" for one in events)


def made(seed: int, count: int = 200) -> list[AccessEvent]:
    draw = random.Random(seed)
    # Nothing of the receipt: these are read as they were written, and no two are equal.
    found = [structs.replace(event(draw), detail="", nth=0, event_id=f"{seed}-{n}") for n in range(count)]
    return [structs.replace(one, marks=()) for one in found]


@pytest.fixture
def access(premises: Any) -> Any:
    with premises.access() as found:
        yield found


def logged(premises: Any, operator: Operator, events: list[AccessEvent]) -> str:
    return log_access(premises.house, premises.access_log, operator, lines(events)).batch


def everything(access: Any) -> list[tuple[str, str]]:
    return sorted((k.event.principal, k.event.event_id) for k in access.events(Filter(), None, 100_000))


def test_what_was_acknowledged_is_found_and_entered(premises: Any, operator: Operator, access: Any) -> None:
    # Breaks when a batch is sealed in part, or its root is not in the ledger, or a rebuild forgets it.
    events = made(1)
    batch = logged(premises, operator, events)
    assert access.seal() == 1
    assert access.seal() == 0
    assert everything(access) == sorted((one.principal, one.event_id) for one in events)
    with premises.house.state.read() as work:
        row = work.registers.get("access_batches", batch)
        segments = work.registers.page("access_segments", {}, "", 10)
    assert (row["rows"], row["repeated"]) == (200, 0)
    assert sum(segment["rows"] for segment in segments) == 200
    assert [int(segment["segment"]) for segment in segments] == row["segments"]
    assert rebuild(premises.house, operator, lambda *_: None) == []
    with premises.house.state.read() as work:
        assert work.registers.page("access_segments", {}, "", 10) == segments


def test_rows_that_come_again_are_counted_and_not_kept_twice(premises: Any, operator: Operator, access: Any) -> None:
    # Breaks when a source that sends again, cut in other places, counts twice; or when something new is taken for old.
    events = made(2)
    logged(premises, operator, events[:120])
    access.seal()
    again = logged(premises, operator, events[60:])
    access.seal()
    twice = logged(premises, operator, [*events[:10], *events[:10], *made(3, 5)])
    access.seal()
    assert everything(access) == sorted((one.principal, one.event_id) for one in [*events, *made(3, 5)])
    with premises.house.state.read() as work:
        assert work.registers.get("access_batches", again)["repeated"] == 60
        assert work.registers.get("access_batches", twice)["repeated"] == 20


def test_replays_are_found_by_a_process_that_has_seen_none_of_it(premises: Any, operator: Operator) -> None:
    # Breaks when what was sealed before a restart is no longer known.
    events = made(4)
    logged(premises, operator, events)
    with premises.access() as access:
        access.seal()
    premises.access_place.close()
    logged(premises, operator, events[100:])
    with premises.access() as access:
        access.seal()
        assert everything(access) == sorted((one.principal, one.event_id) for one in events)


def test_equal_records_without_an_id_are_told_by_their_count(premises: Any, operator: Operator, access: Any) -> None:
    # Breaks when two logins of one second are one, or the same two sent again are four.
    one = structs.replace(made(5, 1)[0], event_id="")
    plain = {name: value for name, value in to_plain(one).items() if name not in {"nth", "id"}}
    body = (json.dumps(plain).encode() + b"\n") * 3
    log_access(premises.house, premises.access_log, operator, body)
    access.seal()
    log_access(premises.house, premises.access_log, operator, body + b"\n")
    access.seal()
    assert len(access.events(Filter(), None, 10)) == 3


def test_what_no_form_reads_is_kept_once_as_well(premises: Any, operator: Operator, access: Any) -> None:
    # Breaks when an unmapped record is dropped, or sent again is kept again.
    log_access(premises.house, premises.access_log, operator, b"what is this?\nand this\nwhat is this?\n")
    access.seal()
    log_access(premises.house, premises.access_log, operator, b"and this\nsomething else\n")
    access.seal()
    assert sorted(k.event.detail for k in access.events(Filter(), None, 10)) == [
        *("and this", "something else", "what is this?", "what is this?")
    ]


def test_rows_nobody_entered_are_not_found_after_a_crash(premises: Any, operator: Operator, access: Any) -> None:
    # Breaks when a crash between rows and ledger leaves rows that count beside those sealed again.
    events = made(6)
    logged(premises, operator, events)
    record = access.record

    class Crash(Exception):
        pass

    def crash(*_: Any) -> None:
        raise Crash

    real, record.rows.add = record.rows.add, lambda *given: (real(*given), crash())
    with pytest.raises(Crash):
        seal_access(premises.house, record)
    del record.rows.add
    with premises.house.state.read() as work:
        assert last_segment(work) == 0
    access.seal()
    assert everything(access) == sorted((one.principal, one.event_id) for one in events)


def test_a_time_no_entry_can_hold_stops_nothing(premises: Any, operator: Operator, access: Any) -> None:
    # Breaks when one clock set to the year 9999, or 1, keeps everything behind it from being sealed or proved.
    events = made(8, 20)
    far = [
        structs.replace(events[n], at=at, principal="acc_a") for n, at in ((0, 250_000_000_000_000_000), (1, -(10**16)))
    ]
    logged(premises, operator, [*far, *events[2:]])
    assert access.seal() == 1
    key, folder = premises.house.signer.vkey, premises.folder / "ledger"
    for bounds in (ALWAYS, Bounds(240_000_000_000_000_000, 2**62), Bounds(-(2**62), -(10**15))):
        found = prove_access(premises.house, access, operator, "acc_a", bounds, "audit")
        check_access(json.dumps(found).encode(), key, folder)
        shown = {row["event"]["id"] for segment in found["segments"] for row in segment["rows"]}
        assert shown & {one.event_id for one in far}


def test_a_batch_that_was_entered_and_not_forgotten_is_not_sealed_again(
    premises: Any, operator: Operator, access: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Breaks when a crash between ledger and log seals a batch twice.
    logged(premises, operator, made(7))
    with monkeypatch.context() as patched:
        patched.setattr(type(access.record.log), "forget", lambda *_: None)
        seal_access(premises.house, access.record)
    assert access.record.log.pending(10)
    access.seal()
    assert not access.record.log.pending(10)
    assert len(access.events(Filter(), None, 1000)) == 200


@pytest.fixture
def proof(premises: Any, operator: Operator, access: Any) -> Any:
    """A proof over three segments, its log, and the rows it has to show."""
    shown = []
    for seed in (11, 12, 13):
        events = made(seed, 400)
        shown += [one for one in events if one.principal == "acc_a"]
        logged(premises, operator, events)
        access.seal()
    found = prove_access(premises.house, access, operator, "acc_a", ALWAYS, "legal-process")
    return found, premises.folder / "ledger", shown


def vkey(folder: Path) -> str:
    return (folder / "vkey").read_text() if (folder / "vkey").exists() else ""


def test_a_proof_holds_for_a_stranger(premises: Any, proof: Any) -> None:
    # Breaks when the verifier and the house make another leaf, label or path of one row.
    found, folder, shown = proof
    key = premises.house.signer.vkey
    said = check_access(json.dumps(found).encode(), key, folder)
    assert said.startswith(f"{len(shown)} rows: all that 3 segments hold of 'acc_a' from ever until ever")
    rows = [row["event"]["id"] for segment in found["segments"] for row in segment["rows"]]
    assert sorted(rows) == sorted(one.event_id for one in shown)


def test_rows_left_out_of_a_proof_are_noticed(premises: Any, proof: Any) -> None:
    # Breaks when a row can be withheld from the middle, from either end, or with its whole segment.
    found, folder, _ = proof
    key, draw = premises.house.signer.vkey, random.Random(1)
    for _ in range(150):
        broken = copy.deepcopy(found)
        segment = draw.choice([one for one in broken["segments"] if one["rows"]])
        at = draw.randrange(len(segment["rows"]))
        gone = segment["rows"].pop(at)
        if draw.random() < 0.3 and at == 0:
            segment["first"] += 1
        if draw.random() < 0.3:
            segment["rows"].insert(at, segment["before"] or gone)
        if broken == found:
            continue
        with pytest.raises(DoesNotHold):
            check_access(json.dumps(broken).encode(), key)
    whole = copy.deepcopy(found)
    whole["segments"].pop(draw.randrange(3))
    check_access(json.dumps(whole).encode(), key)
    with pytest.raises(DoesNotHold):
        check_access(json.dumps(whole).encode(), key, folder)


def test_any_change_of_a_proof_is_noticed(premises: Any, proof: Any) -> None:
    # Breaks when some part of a proof is not bound to the signed root.
    found, _, _ = proof
    key, draw = premises.house.signer.vkey, random.Random(2)
    segment = next(one for one in found["segments"] if one["rows"])
    for name, value in segment["rows"][0]["event"].items():
        broken = copy.deepcopy(found)
        row = next(one for one in broken["segments"] if one["rows"])["rows"][0]
        row["event"][name] = f"{value}x" if isinstance(value, str) else 7 if isinstance(value, int) else ["unmapped"]
        with pytest.raises(DoesNotHold):
            check_access(json.dumps(broken).encode(), key)
    for path in ("path", "inclusion"):
        broken = copy.deepcopy(found)
        step = broken["segments"][0][path]
        step[draw.randrange(len(step))] = base64.b64encode(bytes(32)).decode()
        with pytest.raises(DoesNotHold):
            check_access(json.dumps(broken).encode(), key)
    for rubbish in (b"", b"{}", b"[]", b'{"form": "gatebook-access-proof@v2"}', b"\xff"):
        with pytest.raises(DoesNotHold):
            check_access(rubbish, key)


def test_a_proof_of_a_former_form_is_told_apart(premises: Any, proof: Any) -> None:
    # Breaks when a file of rows in one part is called malformed, or is taken.
    with pytest.raises(DoesNotHold, match="of a former form"):
        check_access(changed(proof[0], form="gatebook-access-proof@v1"), premises.house.signer.vkey)


def test_sessions_are_proved_and_nothing_is_told_of_what_was_done(
    premises: Any, operator: Operator, access: Any, proof: Any
) -> None:
    # Breaks when a part that is withheld is in the file, can be guessed from it, or the part that is shown can be changed.
    _, folder, shown = proof
    found = prove_access(premises.house, access, operator, "acc_a", ALWAYS, "legal-process", activity=False)
    key = premises.house.signer.vkey
    said = check_access(json.dumps(found).encode(), key, folder)
    assert said.startswith(f"{len(shown)} rows, {len(shown)} with the session alone: all that 3 segments")
    rows = [row for segment in found["segments"] for row in segment["rows"]]
    for word in ("server.create", "curl/8", "SHA256:abc", "vm-1", "activity_salt"):
        assert word not in json.dumps(rows)
    assert sorted(row["session"]["session"] for row in rows) == sorted(one.session for one in shown)
    for name, value in rows[0]["session"].items():
        for change in ({name: f"{value}x" if isinstance(value, str) else 7}, {"act": "login"}):
            broken = copy.deepcopy(found)
            next(one for one in broken["segments"] if one["rows"])["rows"][0]["session"].update(change)
            with pytest.raises(DoesNotHold):
                check_access(json.dumps(broken).encode(), key)
    for name in ("salt", "activity"):
        broken = copy.deepcopy(found)
        next(one for one in broken["segments"] if one["rows"])["rows"][0][name] = base64.b64encode(bytes(32)).decode()
        with pytest.raises(DoesNotHold):
            check_access(json.dumps(broken).encode(), key)


def test_a_proof_of_nothing_is_a_proof(premises: Any, operator: Operator, access: Any, proof: Any) -> None:
    # Breaks when "there is none" cannot be shown, or what was erased cannot be told from what never was.
    _, folder, shown = proof
    found = prove_access(premises.house, access, operator, "nobody-at-all", ALWAYS, "audit")
    key = premises.house.signer.vkey
    assert check_access(json.dumps(found).encode(), key, folder).startswith("0 rows: all that")
    access.erase([Tenure("acc_a", ALWAYS.from_at, ALWAYS.until_at)])
    found = prove_access(premises.house, access, operator, "acc_a", ALWAYS, "audit")
    said = f"0 rows, and {len(shown)} not shown, which the house calls erased"
    assert check_access(json.dumps(found).encode(), key).startswith(said)
    with pytest.raises(DoesNotHold):  # the log knows of no erasing: these rows were withheld
        check_access(json.dumps(found).encode(), key, folder)
    erased = Entry("access.erased", premises.now(), "opr-test", person="per_1", body={"rows": len(shown)})
    with premises.house.state.transaction() as work:
        enter(work, erased)
    found = prove_access(premises.house, access, operator, "acc_a", ALWAYS, "audit")
    assert check_access(json.dumps(found).encode(), key, folder).startswith(said)


def changed(found: Any, **values: Any) -> bytes:
    return json.dumps({**found, **values}).encode()


def test_a_proof_cannot_be_made_about_another_label_time_or_writing(premises: Any, proof: Any) -> None:
    # Breaks when a salt, an empty time, or a second writing of a row makes a proof of rows that are not there.
    found, folder, _ = proof
    key, draw = premises.house.signer.vkey, random.Random(3)
    for _ in range(20):
        with pytest.raises(DoesNotHold):
            check_access(changed(found, label_salt=draw.randbytes(32).hex()), key)
    for times in ((5, 5), (5, 4), (True, 9), (0.5, 9), ("0", 9), (float("nan"), 9)):
        with pytest.raises(DoesNotHold):
            check_access(changed(found, from_at=times[0], until_at=times[1], segments=[]), key, folder)
    row = next(one["rows"][0] for one in found["segments"] if one["rows"])
    address = row["event"]["address"] or "203.0.113.9"
    for name, value in (("address", f"::ffff:{address}"), ("marks", ""), ("nth", False), ("more", 1), ("detail", "")):
        broken = copy.deepcopy(found)
        next(one["rows"][0] for one in broken["segments"] if one["rows"])["event"][name] = value
        with pytest.raises(DoesNotHold):
            check_access(json.dumps(broken).encode(), key)
    early = check_access(changed(found, from_at=None, until_at=1, segments=[]), key, folder)
    assert early.startswith("0 rows: all that 0 segments hold of 'acc_a' from ever until 1970-01-01T00:00:00.000001Z")


def test_a_proof_is_a_reading(premises: Any, operator: Operator, access: Any) -> None:
    # Breaks when a proof is handed out without a purpose, a scope, or an entry that says so.
    nobody = Operator("opr-x", frozenset({"look"}))
    with pytest.raises(NotPermitted):
        prove_access(premises.house, access, nobody, "acc_a", ALWAYS, "audit")
    with pytest.raises(InvalidInput):
        prove_access(premises.house, access, operator, "acc_a", ALWAYS, "curiosity")
    prove_access(premises.house, access, operator, "acc_a", Bounds(START, START + 1), "audit")
    with premises.house.state.read() as work:
        last = work.ledger.read(work.ledger.size() - 1, work.ledger.size())[0]
    assert b'"trace.asked"' in last
    assert b"acc_a" not in last
