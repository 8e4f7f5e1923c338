"""Sealing: batches of the log become segments, their roots stand in the ledger, and only then does the log forget them.

The trap guarded against: an event lost or counted twice by a crash. Rows that were written and not entered are
discarded before anything is written again, and batches that were entered are not sealed a second time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gatebook.errors import LedgerError
from gatebook.procedures.access_record import AccessRecord
from gatebook.procedures.house import SYSTEM, House
from gatebook.procedures.publish_ledger import signed_heads
from gatebook.record.enter import enter
from gatebook.record.entered_segments import in_entry, last_segment
from gatebook.record.entry import Entry
from gatebook.record.events.columns import SCHEMA, from_columns
from gatebook.record.log_ports import LoggedBatch
from gatebook.record.placing import by_month, labelled
from gatebook.record.repeats import repeated_among
from gatebook.record.segment_ports import AT_RECEIPT, NO_MONTH, SegmentTree

_MOST_ROWS = 200_000
_MOST_BATCHES = 300  # so that the entry that names them stays within 65,535 bytes
_AT_RECEIPT = "|".join(sorted(AT_RECEIPT))  # that such a row came before does not show by its time


@dataclass(frozen=True, slots=True)
class Sealing:
    """What one turn did: batches, rows sealed, rows that had come before, and the segments they went to."""

    batches: int
    rows: int
    repeated: int
    segments: tuple[int, ...]


def seal_access(house: House, access: AccessRecord, most_rows: int = _MOST_ROWS) -> Sealing:
    """Seal what the log holds, at most about ``most_rows`` rows; a sealing of no batches says that it held none.

    Only the one process that owns the rows calls this, one turn at a time.
    """
    # 0. A ledger that is behind what was signed knows less than was sealed: nothing is thrown away by its word.
    _not_put_back(house)
    # 1. What was cut off: rows nobody entered go, and batches that were entered are forgotten.
    with house.state.read() as work:
        last = last_segment(work)
    access.rows.discard(last)
    batches, entered = _pending(house, access, most_rows)
    if entered:
        access.log.forget(entered)
    if not batches:
        return Sealing(0, 0, 0, ())
    # 2. Rows of each month, without those that came before, are made durable with their trees.
    counts = {batch.batch_id: {"digest": batch.digest, "rows": batch.rows.num_rows, "repeated": 0} for batch in batches}
    sealed = list[tuple[Entry, int, pa.Table]]()
    for month, rows in by_month(_joined(batches, access.secrets.label_salt)):
        fresh = _fresh(access, month, rows, batches, counts)
        if fresh.num_rows:
            segment = last + len(sealed) + 1
            tree = access.rows.add(segment, month, fresh)
            sealed.append((_sealed(house, segment, month, fresh, tree, batches, access.secrets.labels), month, fresh))
    # 3. Their roots are entered, and the batches with them, all at once.
    segments = [entry.body["segment"] for entry, _, _ in sealed]
    body = {"batches": counts, "segments": segments}
    with house.state.transaction() as work:
        enter(
            work, *(entry for entry, _, _ in sealed), Entry("access.logged", house.now(), SYSTEM.operator_id, body=body)
        )
    # 4. What was sealed counts as seen, and only now does the log forget.
    for _, month, rows in sealed:
        _remember(access, month, rows)
    access.log.forget([batch.batch_id for batch in batches])
    total = sum(rows.num_rows for _, _, rows in sealed)
    return Sealing(len(batches), total, sum(count["repeated"] for count in counts.values()), tuple(segments))


def _not_put_back(house: House) -> None:
    with house.state.read() as work:
        size = work.ledger.size()
    if any(head.size > size for head in signed_heads(house)):
        raise LedgerError("the signed checkpoint is ahead of the ledger: an older state was put back")


def _pending(house: House, access: AccessRecord, most_rows: int) -> tuple[list[LoggedBatch], list[str]]:
    """Return batches to seal, and ids of those that need nothing more: entered already, or the same as another."""
    found = access.log.pending(most_rows)[:_MOST_BATCHES]
    ids = [batch.batch_id for batch in found]
    with house.state.read() as work:
        done = work.registers.present("access_batches", ids)
        known = {
            batch.digest for batch in found if work.registers.page("access_batches", {"digest": batch.digest}, "", 1)
        }
    wanted = list[LoggedBatch]()
    for batch in found:
        if batch.digest in known:
            done.add(batch.batch_id)
        if batch.batch_id not in done:
            wanted.append(batch)
            known.add(batch.digest)
    return wanted, sorted(done)


def _joined(batches: Sequence[LoggedBatch], label_salt: bytes) -> pa.Table:
    parts = [
        batch.rows.append_column("batch", pa.array(np.full(batch.rows.num_rows, n, np.uint16)))
        for n, batch in enumerate(batches)
    ]
    return labelled(pa.Table.from_batches(parts), label_salt)


def _fresh(
    access: AccessRecord,
    month: int,
    rows: pa.Table,
    batches: Sequence[LoggedBatch],
    counts: Mapping[str, dict[str, Any]],
) -> pa.Table:
    """Return the rows of a month that did not come before, and count those that did with their batches."""
    labels, at = rows.column("label").to_numpy(), rows.column("at").to_numpy()
    recent = access.recent
    if recent.is_fresh:
        recent.ahead(*access.rows.ahead())
    if month == NO_MONTH:
        asked = np.ones(rows.num_rows, bool)
    else:
        if not recent.knows(month):
            latest = access.rows.latest(month)
            recent.begin(month, int(at.min()) - 1 if latest is None else latest)
        asked = recent.suspects(month, labels, at)
    asked |= pc.match_substring_regex(rows.column("marks"), _AT_RECEIPT).to_numpy(zero_copy_only=False)
    twins = np.concatenate(([False], (labels[1:] == labels[:-1]) & (at[1:] == at[:-1])))
    doubtful = np.flatnonzero(asked | twins | np.concatenate((twins[1:], [False])))
    if not len(doubtful):
        return rows
    events = from_columns(rows.take(pa.array(doubtful)).select(SCHEMA.names).combine_chunks().to_batches()[0])
    looked_up = [events[n] for n in np.flatnonzero(asked[doubtful])]
    repeated = repeated_among(events, access.rows.like(looked_up, month) if looked_up else [])
    if not repeated:
        return rows
    gone = doubtful[sorted(repeated)]
    for n, times in zip(*np.unique(rows.column("batch").to_numpy()[gone], return_counts=True), strict=True):
        counts[batches[n].batch_id]["repeated"] += int(times)
    stays = np.ones(rows.num_rows, bool)
    stays[gone] = False
    return rows.filter(pa.array(stays))


def _remember(access: AccessRecord, month: int, rows: pa.Table) -> None:
    """Hold what was sealed. Of rows of no month, which are always looked up, only those that may come again in one."""
    if month != NO_MONTH:
        access.recent.note(month, rows.column("label").to_numpy(), rows.column("at").to_numpy())
        return
    rows = rows.filter(pc.match_substring(rows.column("marks"), "time-in-future"))
    if rows.num_rows:
        access.recent.ahead(rows.column("label").to_numpy(), rows.column("at").to_numpy())


def _sealed(
    house: House,
    segment: int,
    month: int,
    rows: pa.Table,
    tree: SegmentTree,
    batches: Sequence[LoggedBatch],
    labels: str,
) -> Entry:
    at = rows.column("at").to_numpy()
    body = {
        "segment": segment,
        "month": month,
        "rows": tree.size,
        "root": tree.root.hex(),
        "labels": labels,
        "batches": [batch.batch_id for batch in batches],
        "first_at": in_entry(int(at.min())),
        "last_at": in_entry(int(at.max())),
    }
    return Entry("access.sealed", house.now(), SYSTEM.operator_id, body=body)
