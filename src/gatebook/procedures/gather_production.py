"""Gathering a production: what is on the approved list, opened through the door, and everything that proves it.

The trap guarded against: more than was approved, or less. Records and accesses are exactly those listed, up to the
segment the list names; fields of a class that is not open stay hashes, and what gathers them is entered before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gatebook.errors import Overtaken
from gatebook.procedures.access_record import AccessAnswers
from gatebook.procedures.custody import custody_of, ties_of
from gatebook.procedures.house import House, HouseWork, Operator
from gatebook.procedures.look_at_demands import latest_scoping, open_demand, read_demand
from gatebook.procedures.note_trace import note_trace
from gatebook.procedures.prove_access import segments_touching
from gatebook.procedures.publish_ledger import inclusions_of, publish_ledger
from gatebook.procedures.shown_fields import shown_of
from gatebook.record import tiles
from gatebook.record.access import LEGAL_PROCESS
from gatebook.record.checkpoint import parse_checkpoint
from gatebook.record.entry import Entry
from gatebook.record.fields import Part, hide, parts_to_plain
from gatebook.record.packed_runs import PackedRun, Shown
from gatebook.record.ports import Row
from gatebook.record.row_parts import Hidden
from gatebook.terms.demand import Demand
from gatebook.terms.record_class import RecordClass
from gatebook.trace.asked import Bounds
from gatebook.trace.production.contents import Contents, Neighbour, ProducedRecord, ProducedRun, ProvedEntry, Reason

_TRIES = 3
RULING = "house/demand.counsel_ruled"


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a production is made of, and beside it what its papers tell: the demand, and each step of custody."""

    contents: Contents
    demand: Demand
    custody: Mapping[int, Entry]


@dataclass(frozen=True, slots=True)
class Outside:
    """What comes from outside the house: the one-file verifier, an authority's time stamp, and who cosigned.

    ``ask_witnesses`` has whoever can be reached cosign what was just published; who cannot holds nothing up. ``stamp``
    returns a token over a SHA-256 digest, or empty bytes where no authority is set; ``cosigners`` returns the
    verifier keys of the witnesses whose cosignatures a checkpoint bears.
    """

    verifier: bytes
    ask_witnesses: Callable[[], object]
    stamp: Callable[[bytes], bytes]
    cosigners: Callable[[bytes], Sequence[str]]


def gather_production(
    house: House, access: AccessAnswers, operator: Operator, listed: Mapping[str, Any], outside: Outside
) -> Gathered:
    """Return everything a production holds. Raises Shredded for a record that ended since it was approved."""
    demand = open_demand(house, operator, listed["demand"])
    reasons = _reasons(house, operator, listed)
    note_trace(house, operator, "production.build", LEGAL_PROCESS)
    classes = frozenset(RecordClass(name) for name in listed["classes"])
    records = _records(house, operator, listed, classes)
    runs = list(_runs(house, access, listed, is_whole=RecordClass.ACTIVITY in classes))
    with house.state.read() as work:
        tied = [tie for item in listed["items"] for tie in _ties(work, item["account"], classes)]
    stand = {*tied, *(one.position for one in records), *(one.position for one in runs)}
    custody, note, entries = _under_one_head(house, listed, records, stand, outside)
    contents = Contents(
        production=listed["production"],
        demand=listed["demand"],
        origin=house.signer.origin,
        made_at=house.now(),
        instrument=demand.instrument.value,
        reference=demand.reference,
        authority=demand.issuer.authority,
        listed=listed,
        records=records,
        runs=runs,
        entries=entries,
        custody=sorted(custody),
        reasons=reasons,
        checkpoint=note,
        vkey=house.signer.vkey,
        verifier=outside.verifier,
        witnesses=outside.cosigners(note),
        token=outside.stamp(hashlib.sha256(note).digest()),
    )
    return Gathered(contents, demand, custody)


def _under_one_head(
    house: House,
    listed: Mapping[str, Any],
    records: Sequence[ProducedRecord],
    stand: Collection[int],
    outside: Outside,
) -> tuple[Mapping[int, Entry], bytes, list[ProvedEntry]]:
    """Return every step of custody under one published checkpoint, that checkpoint, and the proofs that lead to it.

    A step that is entered meanwhile lies under a later checkpoint, or is gathered again with it.
    """
    for _ in range(_TRIES):
        published = publish_ledger(house)
        outside.ask_witnesses()
        with house.state.read() as work:
            steps = _custody(work, listed, records)
        custody = {at: step for at, step in steps.items() if at < published}
        note, entries = _proved(house, sorted({*custody, *stand}))
        size = parse_checkpoint(note).size
        with house.state.read() as work:
            later = _custody(work, listed, records, published)
        if not any(at < size for at in later):
            return custody, note, entries
    raise Overtaken("steps on this demand kept being entered meanwhile: build again")


def _records(
    house: House, operator: Operator, listed: Mapping[str, Any], classes: frozenset[RecordClass]
) -> list[ProducedRecord]:
    """Open every listed record, entered first, and hide what is of no class that is open."""
    of = {record: item["account"] for item in listed["items"] for record in item["records"]}
    with house.state.read() as work:
        rows = [work.registers.get("records", record) or {} for record in of]
    opened = house.door.read_parts(house.state, list(of), LEGAL_PROCESS, operator.operator_id, house.now())
    return [_record(row, of[row["record_id"]], parts, classes) for row, parts in zip(rows, opened, strict=True)]


def _record(row: Row, account: str, parts: Sequence[Part], classes: frozenset[RecordClass]) -> ProducedRecord:
    shown = shown_of(row["kind"], parts, classes)
    return ProducedRecord(
        position=int(row["position"]),
        record=row["record_id"],
        kind=row["kind"],
        person=row["person_id"],
        account=account,
        parts=parts_to_plain(hide(parts, shown.__contains__)),
        classes=shown,
    )


def _runs(house: House, access: AccessAnswers, listed: Mapping[str, Any], *, is_whole: bool) -> Iterator[ProducedRun]:
    """Yield, of every listed principal and time, its rows in each segment that touches the time: none is an answer."""
    for item in listed["items"]:
        for run in item["runs"]:
            span = span_of_run(run)
            shown = Shown(span.from_at, span.until_at, activity=is_whole)
            for row in segments_touching(house, span):
                if int(row["segment"]) <= listed["last_segment"]:
                    root = bytes.fromhex(row["root"])
                    packed = access.packed_run(int(row["segment"]), run["principal"], row["rows"], root, shown)
                    yield _run(row, item["account"], packed, run, is_whole=is_whole)


def span_of_run(run: Mapping[str, Any]) -> Bounds:
    """Return the time of a run as it is listed."""
    return Bounds.between(run["from_at"], run["until_at"])


def _run(row: Row, account: str, packed: PackedRun, run: Mapping[str, Any], *, is_whole: bool) -> ProducedRun:
    return ProducedRun(
        position=int(row["position"]),
        account=account,
        principal=packed.principal,
        label_salt=packed.label_salt,
        first=packed.first,
        rows=packed.count,
        pieces=packed.rows,
        before=_neighbour(packed.before),
        after=_neighbour(packed.after),
        path=packed.path,
        from_at=run["from_at"],
        until_at=run["until_at"],
        activity=is_whole,
    )


def _neighbour(row: Hidden | None) -> Neighbour | None:
    return (row.label.to_bytes(8, "big"), row.commitment) if row else None


def _custody(
    work: HouseWork, listed: Mapping[str, Any], records: Sequence[ProducedRecord], since: int = 0
) -> dict[int, Entry]:
    """Return the steps of custody from a position on, but none before the demand's own first."""
    first = {"person_id": listed["demand"], "kind": "demand.received"}
    (received,) = work.registers.page("records", first, "", 1)
    named = {name for item in listed["items"] for name in (item["person"], item["account"])}
    ids = {one.record for one in records}
    return custody_of(work, listed["demand"], listed["production"], max(since, received["position"]), ids, named)


def _ties(work: HouseWork, account: str, classes: frozenset[RecordClass]) -> list[int]:
    """Return the entries of an account's own beginning and end, where all they say is open: personhood is too."""
    row = work.registers.get("accounts", account) if account else None
    return ties_of(work, row) if row and classes >= {RecordClass.SERVICE, RecordClass.ASSESSMENT} else []


def _proved(house: House, positions: Sequence[int]) -> tuple[bytes, list[ProvedEntry]]:
    """Return the published checkpoint, and each entry with its proof that leads to just that one."""
    note, paths = inclusions_of(house, positions)
    with house.state.read() as work:
        entries = [work.ledger.read(position, position + 1)[0] for position in positions]
    found = zip(positions, entries, paths, strict=True)
    return note, [ProvedEntry(at, data, tiles.tlog_proof(at, path, note).encode()) for at, data, path in found]


def _reasons(house: House, operator: Operator, listed: Mapping[str, Any]) -> list[Reason]:
    """Return, of every class the demand asks for, by which clause it is given or withheld; counsel's word is one."""
    scoped = latest_scoping(house, operator, listed["demand"])
    ruled = read_demand(house, operator, listed["demand"], ["demand.ruled"])["items"]
    basis = ruled[-1]["payload"]["basis"] if ruled else ""
    return [_reason(name, scoped, basis, is_given=name in listed["classes"]) for name in sorted(scoped["classes"])]


def _reason(name: str, scoped: Mapping[str, Any], ruling: str, *, is_given: bool) -> Reason:
    answer, granted = scoped["classes"][name], scoped["bases"].get(name, "")
    if answer == "unknown":
        words = ruling if is_given else "counsel did not rule that it is disclosed"
        return Reason(RecordClass(name), is_given, RULING, words, "the word of counsel, where the law was unknown")
    reasons = scoped["reasons"][name]
    settled = [one for one in reasons if one["clause"] == granted] if granted else []
    settled += [one for one in reasons if one["effect"] == "decline" and not one["yielded_to"]]
    first = settled[0]
    return Reason(RecordClass(name), is_given, first["clause"], first["cites"], first["rests_on"])
