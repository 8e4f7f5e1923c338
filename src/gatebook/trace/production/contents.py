"""What a production holds, as plain values: records with their fields, runs of access rows, entries with their proofs.

The trap guarded against: a set whose parts were gathered at different heads of the ledger. Every proof leads to the one
checkpoint that is in it, and so is the list that was approved, whose digest the ledger had before anything was opened.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gatebook import canonical
from gatebook.canonical import Plain
from gatebook.terms.record_class import RecordClass

FORM = "gatebook-production@v1"
#: A neighbour of a run: the eight bytes of its label, the most first, and its commitment.
Neighbour = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class ProducedRecord:
    """A sealed record: parts as ``record.fields.parts_to_plain`` gives them, and the class of each field shown.

    ``kind``, ``person`` and ``record`` are those of the entry at ``position``; ``account`` is that of the item of the
    list in which the record stands, "" for none.
    """

    position: int
    record: str
    kind: str
    person: str
    account: str
    parts: Sequence[Any]
    classes: Mapping[str, RecordClass]


@dataclass(frozen=True, slots=True)
class ProducedRun:
    """All rows of a principal in the segment sealed at ``position``, as packed pieces (``record.packed_runs``).

    ``pieces`` are walked twice. ``path`` holds the hashes beside the run. Rows outside ``from_at`` and ``until_at``
    (microseconds since 1970 UTC, None open) are hidden in the pieces, and activities unless ``activity``.
    """

    position: int
    account: str
    principal: str
    label_salt: bytes
    first: int
    rows: int
    pieces: Sequence[bytes]
    before: Neighbour | None
    after: Neighbour | None
    path: Sequence[bytes]
    from_at: int | None
    until_at: int | None
    activity: bool


@dataclass(frozen=True, slots=True)
class ProvedEntry:
    """An entry of the ledger and its ``tlog-proof@v1``, which ends with the checkpoint of the production."""

    position: int
    entry: bytes
    proof: bytes


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a class of records was given or withheld: the clause, what it cites, and the standing it had."""

    record_class: RecordClass
    is_given: bool
    clause: str
    citation: str
    standing: str


@dataclass(frozen=True, slots=True)
class Contents:
    """The whole: entries in order of position, each once; ``custody`` are positions among them.

    ``listed`` is the list that was approved, whose digest ``production.proposed`` holds. It names the records, all of
    which are here, and for each principal and time how many rows there are. Entries have to hold those of the records,
    of the segments, and of custody, which has at least ``demand.received``, ``production.proposed``,
    ``production.approved``, and after it a ``record.read`` of each record. ``verifier`` is
    the one-file verifier; ``token`` an RFC 3161 response or token over the checkpoint.
    """

    production: str
    demand: str
    origin: str
    made_at: datetime
    instrument: str
    reference: str
    authority: str
    listed: Mapping[str, Any]
    records: Sequence[ProducedRecord]
    runs: Sequence[ProducedRun]
    entries: Sequence[ProvedEntry]
    custody: Sequence[int]
    reasons: Sequence[Reason]
    checkpoint: bytes
    vkey: str
    verifier: bytes
    witnesses: Sequence[str] = ()
    token: bytes = b""


def record_of(record: ProducedRecord) -> Plain:
    """Return a record as it stands in ``records.json``."""
    found = {"position": record.position, "record": record.record, "kind": record.kind, "person": record.person}
    return {
        **found,
        "account": record.account,
        "parts": list(record.parts),
        "classes": canonical.plain(record.classes),
    }


def run_of(run: ProducedRun) -> Plain:
    """Return what ``runs.json`` says of a run."""
    return {
        "position": run.position,
        "account": run.account,
        "principal": run.principal,
        "label_salt": run.label_salt.hex(),
        "first": run.first,
        "rows": run.rows,
        "before": _beside(run.before),
        "after": _beside(run.after),
        "path": [_text(step) for step in run.path],
        "from_at": run.from_at,
        "until_at": run.until_at,
        "activity": run.activity,
    }


def reason_of(reason: Reason) -> Plain:
    """Return what ``reasons.json`` says of a class."""
    return {
        "class": str(reason.record_class),
        "given": reason.is_given,
        "clause": reason.clause,
        "citation": reason.citation,
        "standing": reason.standing,
    }


def custody_of(contents: Contents) -> list[Plain]:
    """Return the steps of ``custody.json``, in order, as their entries tell them."""
    entries = {one.position: one.entry for one in contents.entries}
    steps = [(position, canonical.table(canonical.decode(entries[position]))) for position in sorted(contents.custody)]
    return [
        {"position": position, "kind": entry["kind"], "at": entry["at"], "operator": entry["operator"]}
        for position, entry in steps
    ]


def _beside(neighbour: Neighbour | None) -> Plain:
    return neighbour and [neighbour[0].hex(), _text(neighbour[1])]


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
