"""A production to test with: of a real house, one invented customer, accesses of three segments, everything entered."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import builders as b
from gatebook import canonical
from gatebook.procedures.log_access import log_access
from gatebook.procedures.open_account import open_account
from gatebook.procedures.publish_ledger import inclusions_of, publish_ledger
from gatebook.record import tiles
from gatebook.record.checkpoint import Signature, key_id, note_of
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.fields import Field, hide, parts_to_plain, payload_of
from gatebook.record.packed_runs import PackedRun, Shown
from gatebook.store.production_folder import one_file_verifier
from gatebook.terms.record_class import RecordClass
from gatebook.trace.fields import classes_of
from gatebook.trace.production.bag import Built, write_bag
from gatebook.trace.production.contents import Contents, ProducedRecord, ProducedRun, ProvedEntry, Reason

DEMAND, PRODUCTION = "dem_1", "prd_1"
START = 1_790_000_000_000_000
GIVEN = frozenset(
    {RecordClass.NAME, RecordClass.ADDRESS, RecordClass.CONTACT, RecordClass.NETWORK_ADDRESS, RecordClass.SESSION}
)
AGENTS = ["curl/8.4", '=HYPERLINK("https://example.com")', "Mozilla/5.0 (X11; «Linux», x86_64)", "-", ""]


@dataclass(frozen=True)
class Production:
    """The contents, the bytes they were built into, and what signs them."""

    contents: Contents
    data: bytes
    built: Built
    vkey: str
    sign: Callable[[str], bytes]

    def again(self, **changes: Any) -> bytes:
        """Build other contents, as somebody would who holds the key."""
        return build(replace(self.contents, **changes), self.sign)[0]


def signer_of(house: Any) -> Callable[[str], bytes]:
    """Return what signs a text as the house signs its checkpoints."""
    signer = house.signer
    own = key_id(signer.origin, signer.public_key)
    return lambda text: note_of(text, (Signature(signer.origin, own, signer.sign(text.encode())),))


def build(
    contents: Contents, sign: Callable[[str], bytes], papers: Mapping[str, bytes] | None = None
) -> tuple[bytes, Built]:
    out = io.BytesIO()
    found = papers if papers is not None else {"cover.html": b"<p>cover</p>", "instructions.txt": b"read"}
    built = write_bag(contents, found, lambda digest: {"certificate.txt": digest.encode()}, sign, out)
    return out.getvalue(), built


def production(
    premises: Any, *, events: int = 60, activity: bool = True, approver: str = "opr-b", shift: int = 0
) -> Production:
    """Return a production of one account of a house: its records in part, its accesses of a time."""
    house = premises.house
    given = GIVEN | {RecordClass.ACTIVITY} if activity else GIVEN
    account = customer(house)
    with premises.access() as access:
        for segment in range(3):
            log_access(house, premises.access_log, _operator(), _events(account["account_id"], segment, events))
            access.seal()
        listed = proposed(house, account, window_of(events), _shown(events), given, approver)
        runs = runs_of(house, access, account["account_id"], listed, activity=activity, shift=shift)
    records = records_of(house, account, listed, given)
    contents = contents_of(house, listed, records, runs, given)
    sign = signer_of(house)
    return Production(contents, *build(contents, sign), house.signer.vkey, sign)


def _operator(name: str = "opr-test") -> Any:
    from gatebook.procedures.house import SCOPES, Operator

    return Operator(name, SCOPES)


def customer(house: Any) -> dict[str, Any]:
    """Open an account as an officer would, whatever the lists said of an invented name."""
    open_account(house, _operator(), b.application(), [b.ANNA])
    opened = {"account_type": "standard", "conditions": [], "personhood": "foreign", "is_reseller": False}
    with house.state.transaction() as work:
        asked = work.registers.page("applications", {}, "", 10)[0]
        about = {"person": asked["person_id"], "application": asked["application_id"]}
        enter(work, Entry("account.opened", house.now(), "opr-test", **about, account="acc_invented", body=opened))
        found: dict[str, Any] = work.registers.page("accounts", {}, "", 10)[0]
    return found


def _events(principal: str, segment: int, events: int) -> bytes:
    lines = []
    for n in range(events):
        at = START + (segment * events + n) * 60_000_000 + n
        one = {"at": at, "principal": principal if n % 3 else f"other-{n % 7}", "act": "server.create"}
        one |= {"outcome": "success", "address": f"203.0.113.{n % 200}" if n % 2 else f"2001:db8::{n:x}"}
        one |= {"session": f"s{n % 4}", "user_agent": AGENTS[n % len(AGENTS)], "target": f'vm "{n}"', "source": "edge"}
        at_text = canonical.instant(canonical.parse_instant("1970-01-01T00:00:00Z") + timedelta(microseconds=at))
        lines.append(json.dumps({**one, "at": at_text, "id": f"e{segment}.{n}"}).encode())
    return b"\n".join(lines)


def window_of(events: int) -> tuple[int, int]:
    """Return the time asked about: from the middle of the first segment to the end of the second."""
    return START + events // 2 * 60_000_000, START + events * 2 * 60_000_000


def _shown(events: int) -> int:
    low, high = window_of(events)
    times = [(n % events, START + n * 60_000_000 + n % events) for n in range(3 * events)]
    return sum(1 for n, at in times if n % 3 and low <= at < high)


def proposed(
    house: Any,
    account: Mapping[str, Any],
    window: tuple[int, int],
    shown: int,
    given: frozenset[RecordClass],
    approver: str = "opr-b",
) -> dict[str, Any]:
    """Enter a demand, the list, and another officer's word on it; return the list."""
    with house.state.read() as work:
        kept = work.registers.page("records", {"person_id": account["person_id"]}, "", 100)
    item = {
        "person": account["person_id"],
        "account": account["account_id"],
        "times": [list(window)],
        "by": ["account"],
        "records": sorted(row["record_id"] for row in kept if row["kind"] == "application.received"),
        "runs": [
            {"principal": account["account_id"], "from_at": window[0], "until_at": window[1], "events": shown},
        ],
    }
    listed = {"demand": DEMAND, "production": PRODUCTION, "classes": sorted(given), "last_segment": 3, "items": [item]}
    received = dict.fromkeys(("document", "due_at", "due_rule", "notice", "notice_until"), "")
    received |= {"demand": DEMAND, "instrument": "court-order", "jurisdiction": "us", "recipient": "us-government"}
    body = {"production": PRODUCTION, "demand": DEMAND, "accounts": 1, "records": len(item["records"])}
    body |= {"events": shown, "classes": sorted(given), "items": canonical.digest(listed)}
    _enter(house, "demand.received", "opr-a", {**received, "channel": "command", "is_emergency": False})
    _enter(house, "demand.scoped", "opr-a", scoped(given))
    _enter(house, "production.proposed", "opr-a", body)
    _enter(house, "production.approved", approver, {"production": PRODUCTION})
    return listed


def scoped(given: frozenset[RecordClass]) -> dict[str, Any]:
    """Return what the law is entered to have answered: met for what is given, by a clause each."""
    answers = {one.value: "met" if one in given else "unmet" for one in RecordClass}
    by_clause = {f"sca/{name}": {name: answer} for name, answer in answers.items()}
    return {"demand": DEMAND, "outcome": "ready", "classes": answers, "answers": by_clause}


def _enter(house: Any, kind: str, who: str, body: Mapping[str, Any]) -> None:
    with house.state.transaction() as work:
        enter(work, Entry(kind, house.now(), who, person=DEMAND, body=body))


def runs_of(
    house: Any, access: Any, account: str, listed: Mapping[str, Any], *, activity: bool, shift: int = 0
) -> list[ProducedRun]:
    """Return every run of the list, as it leaves the engine; ``shift`` shows rows of another time than it says."""
    window = listed["items"][0]["runs"][0]
    with house.state.read() as work:
        segments = work.registers.page("access_segments", {}, "", 100)
    found = []
    for row in sorted(segments, key=lambda one: int(one["segment"])):
        shown = Shown(window["from_at"] + shift, window["until_at"] + shift, activity)
        run = access.packed_run(int(row["segment"]), account, row["rows"], bytes.fromhex(row["root"]), shown)
        if row["last_at"] >= window["from_at"] and row["first_at"] < window["until_at"]:
            found.append(_run(run, row["position"], account, window, activity=activity))
    return found


def _run(run: PackedRun, position: int, account: str, window: Mapping[str, Any], *, activity: bool) -> ProducedRun:
    before, after = ((one.label.to_bytes(8, "big"), one.commitment) if one else None for one in (run.before, run.after))
    return ProducedRun(
        position,
        account,
        run.principal,
        run.label_salt,
        run.first,
        run.count,
        run.rows,
        before,
        after,
        run.path,
        window["from_at"],
        window["until_at"],
        activity,
    )


def records_of(
    house: Any, account: Mapping[str, Any], listed: Mapping[str, Any], given: frozenset[RecordClass]
) -> list[ProducedRecord]:
    """Return the records of the list, opened through the door, what is not given withheld."""
    ids = listed["items"][0]["records"]
    opened = house.door.read_parts(house.state, ids, "legal-process", "opr-a", house.now())
    with house.state.read() as work:
        rows = [work.registers.get("records", one) for one in ids]
        entries = {
            Entry.from_bytes(data).record: (at, Entry.from_bytes(data))
            for at, data in enumerate(work.ledger.read(0, work.ledger.size()))
        }
    found = []
    for row, parts in zip(rows, opened, strict=True):
        position, entry = entries[row["record_id"]]
        payload: Any = payload_of(parts)
        classes = {
            part.pointer: classes_of(entry.kind, part.pointer, payload) for part in parts if isinstance(part, Field)
        }
        shown = hide(parts, lambda pointer, classes=classes: classes[pointer] in given)  # type: ignore[misc]
        named = {part.pointer: classes[part.pointer] for part in shown if isinstance(part, Field)}
        plain = parts_to_plain(shown)
        record = ProducedRecord(position, entry.record, entry.kind, entry.person, account["account_id"], plain, named)
        found.append(record)
    return found


def contents_of(
    house: Any,
    listed: Mapping[str, Any],
    records: list[ProducedRecord],
    runs: list[ProducedRun],
    given: frozenset[RecordClass],
) -> Contents:
    """Return the whole, with every entry proved under the checkpoint that is published now."""
    publish_ledger(house)
    with house.state.read() as work:
        lines = work.ledger.read(0, work.ledger.size())
    entries = [Entry.from_bytes(line) for line in lines]
    ids = {one.record for one in records}
    custody = [
        at
        for at, one in enumerate(entries)
        if one.body.get("demand") == DEMAND
        or one.body.get("production") == PRODUCTION
        or (one.kind == "record.read" and one.body["read"] in ids and one.body["purpose"] == "legal-process")
    ]
    places = sorted({*custody, *(one.position for one in records), *(one.position for one in runs)})
    note, paths = inclusions_of(house, places)
    proved = [
        ProvedEntry(place, lines[place], tiles.tlog_proof(place, path, note).encode())
        for place, path in zip(places, paths, strict=True)
    ]
    return Contents(
        production=PRODUCTION,
        demand=DEMAND,
        origin=house.signer.origin,
        made_at=house.now(),
        instrument="court-order",
        reference="24-mc-1",
        authority="District Court",
        listed=listed,
        records=records,
        runs=runs,
        entries=proved,
        custody=custody,
        reasons=[Reason(one, one in given, f"sca/{one}", "18 USC 2703", "in-force") for one in RecordClass],
        checkpoint=note,
        vkey=house.signer.vkey,
        verifier=one_file_verifier(),
    )


def written(made: Production, folder: Path) -> Path:
    """Write a production to a file, as an outsider receives it."""
    path = folder / f"{PRODUCTION}.zip"
    path.write_bytes(made.data)
    return path
