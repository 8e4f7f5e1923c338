"""Logging access: a batch as its source wrote it is read, every record of it, and kept before it is answered for.

The trap guarded against: an answer that comes before the disk, and a batch sent again that counts again. What is told
of a batch is what was kept of it; the same bytes from the same source are answered with the receipt they had, and
whoever sends them, at once with whom and by whichever process, is given the same id.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from gatebook import canonical
from gatebook.errors import FieldProblem, InvalidInput, NotFound, TooLarge
from gatebook.procedures.access_sources import note_receipt
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.record.events.fast import read_columns
from gatebook.record.events.finish import UNMAPPED
from gatebook.record.events.form import Networks, Receipt
from gatebook.record.events.forms import BY_NAME
from gatebook.record.events.nth import Repeats
from gatebook.record.log_ports import AccessLog, LoggedBatch
from gatebook.terms.assignment import microseconds

#: Records of a batch that somebody sends, so that what is read of it fits in memory whatever its bytes are.
MOST_RECORDS = 200_000
NO_RECORD = FieldProblem("/body", "empty", "at least one record, as a line of text or JSON")
SOURCE = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What this house declares of its own: networks of its proxies, and how far a sound clock may be off."""

    proxies: Networks = ()
    future: timedelta = timedelta(minutes=5)
    past: timedelta = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a batch was cut from a stream: its first byte, and the records that stood before.

    Equal bytes at two places of one stream are two batches: two logins in one second are not one sent twice.
    """

    offset: int
    repeats: Repeats


@dataclass(frozen=True, slots=True)
class LoggedReceipt:
    """What is told of a batch: its id, its digest, and how many records of it are what.

    ``forms`` counts records by the form that read them, ``marks`` those that bear a mark. ``repeated`` says that the
    batch was here before, and that ``batch`` is the id it has had since.
    """

    batch: str
    digest: str
    rows: int
    unmapped: int
    marks: dict[str, int] = field(default_factory=dict)
    forms: dict[str, int] = field(default_factory=dict)
    repeated: bool = False


def log_access(
    house: House,
    log: AccessLog,
    operator: Operator,
    body: bytes,
    source: str = "",
    form: str = "",
    bounds: Bounds | None = None,
    cut: Cut | None = None,
) -> LoggedReceipt:
    """Keep every record of ``body`` and return the receipt, once all have reached the disk.

    ``source`` names the feed, ``form`` the form; without it each record's is found out. ``cut`` says where in a
    stream the batch was cut from, if it was. Raises InvalidInput, TooLarge, NotPermitted,
    Unavailable; then nothing is kept.
    """
    permit(house, operator, "record", "log-access")
    _check(body, source, form)
    # 1. Every record becomes a row.
    receipt = receipt_at(microseconds(house.now()), source, bounds or Bounds())
    rows, forms = _read(body, receipt, form, cut)
    # 2. The same batch is not kept twice.
    digest = _digest(body, source, form, cut)
    batch_id = _known(house, log, digest)
    is_repeated = batch_id is not None
    # 3. It is durable before anybody is told.
    if batch_id is None:
        batch = LoggedBatch(_id_of(digest), digest, source, form, receipt.received_at, operator.operator_id, rows)
        batch_id = log.append(batch)
    note_receipt(house, source, pc.unique(rows.column("source")).to_pylist(), is_repeated=is_repeated)
    marks = _marks(rows)
    return LoggedReceipt(batch_id, digest, rows.num_rows, marks.get(UNMAPPED, 0), marks, forms, is_repeated)


def receipt_at(received_at: int, source: str, bounds: Bounds) -> Receipt:
    """Return what is known of records that come now from a source."""
    micro = timedelta(microseconds=1)
    return Receipt(received_at, source, bounds.proxies, bounds.future // micro, bounds.past // micro)


def look_at_batch(house: House, log: AccessLog, operator: Operator, batch_id: str) -> dict[str, Any]:
    """Say whether a batch waits to be sealed or is, in which segments, and where that is entered. Raises NotFound."""
    permit(house, operator, "record", "look-at-batch")
    with house.state.read() as work:
        row = work.registers.get("access_batches", batch_id)
    if row is not None:
        told = {name: row[name] for name in ("rows", "repeated", "segments", "sealed_at", "position")}
        return {"batch": batch_id, "state": "sealed", **told}
    if log.waits(batch_id):
        return {"batch": batch_id, "state": "waiting"}
    raise NotFound("there is no batch under this id")


def check_names(source: str, form: str) -> list[FieldProblem]:
    """Return what is wrong with the name of a source or of a form."""
    problems = []
    if source and not re.fullmatch(SOURCE, source):
        reason = "letters, digits, . _ and -, beginning with a letter or digit; at most 64"
        problems.append(FieldProblem("/source", "malformed", reason))
    if form and form not in BY_NAME:
        problems.append(FieldProblem("/format", "unknown-form", f"one of {', '.join(BY_NAME)}"))
    return problems


def _check(body: bytes, source: str, form: str) -> None:
    problems = check_names(source, form)
    if not body or body.isspace():
        problems.append(NO_RECORD)
    if problems:
        raise InvalidInput("this batch cannot be taken", tuple(problems))


def _read(body: bytes, receipt: Receipt, form: str, cut: Cut | None) -> tuple[pa.RecordBatch, dict[str, int]]:
    forms, parts, count = Counter[str](), list[pa.RecordBatch](), 0
    repeats = cut.repeats if cut else None
    for part in read_columns(body, receipt, form, repeats, forms):
        parts.append(part)
        count += part.num_rows
        if count > MOST_RECORDS and cut is None:
            reason = f"at most {MOST_RECORDS:,} records in one batch"
            raise TooLarge("this batch has too many records", (FieldProblem("/body", "too-large", reason),))
    if not count:
        raise InvalidInput("this batch cannot be taken", (NO_RECORD,))
    return pa.concat_batches(parts), {name: forms[name] for name in sorted(forms) if name != UNMAPPED}


def _digest(body: bytes, source: str, form: str, cut: Cut | None) -> str:
    place = {"offset": cut.offset} if cut else {}
    named = canonical.encode(
        {"source": source, "form": form, **place}
    )  # no line break in it, so what follows one is the body
    hashed = hashlib.sha256(named + b"\n")
    hashed.update(body)
    return hashed.hexdigest()


def _id_of(digest: str) -> str:
    """Return the id of a batch, as ids are written: 128 bits of its digest, so that it has but one."""
    return f"bat_{base64.b32encode(bytes.fromhex(digest)[:16]).decode().rstrip('=').lower()}"


def _known(house: House, log: AccessLog, digest: str) -> str | None:
    """Return the id a batch has had since it first came. The log is asked first: a batch leaves it for the register."""
    if batch_id := log.holds(digest):
        return batch_id
    with house.state.read() as work:
        rows = work.registers.page("access_batches", {"digest": digest}, "", 1)
    return str(rows[0]["batch_id"]) if rows else None


def _marks(rows: pa.RecordBatch) -> dict[str, int]:
    found = Counter[str]()
    for one in pc.value_counts(rows.column("marks")).to_pylist():
        found.update(dict.fromkeys(filter(None, one["values"].split(",")), one["counts"]))
    return dict(sorted(found.items()))


@dataclass(slots=True)
class Tally:
    """Receipts of many batches, counted as one."""

    batches: int = 0
    repeated: int = 0
    rows: int = 0
    unmapped: int = 0
    marks: Counter[str] = field(default_factory=Counter)
    forms: Counter[str] = field(default_factory=Counter)

    def add(self, receipt: LoggedReceipt) -> None:
        """Count a batch in."""
        self.batches += 1
        self.repeated += receipt.repeated
        self.rows += receipt.rows
        self.unmapped += receipt.unmapped
        self.marks.update(receipt.marks)
        self.forms.update(receipt.forms)

    def show(self) -> dict[str, Any]:
        """Show the counts. ``repeated`` counts batches that were here before."""
        counts = {name: getattr(self, name) for name in ("batches", "repeated", "rows", "unmapped")}
        return {**counts, "marks": dict(sorted(self.marks.items())), "forms": dict(sorted(self.forms.items()))}
