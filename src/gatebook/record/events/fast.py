"""Bytes into columns: blocks of lines in our own form go as a whole, all others line by line, with one result.

The trap guarded against: a fast way that reads differently. A block goes fast only if every line of it is plain, and
whether it is plain is settled before anything is taken from it; the slow way is what the fast one means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import pyarrow as pa

from gatebook.record.events.columns import to_columns
from gatebook.record.events.documents import Gathering
from gatebook.record.events.form import Receipt
from gatebook.record.events.lines import Block, Line, lines_of, read_blocks
from gatebook.record.events.nth import Repeats
from gatebook.record.events.own import NAME
from gatebook.record.events.plain import plain_columns
from gatebook.record.events.reader import Reading
from gatebook.terms.access_event import AccessEvent

#: Rows of a batch made line by line; a batch made of a block has as many rows as the block has lines.
BATCH_ROWS = 8_192


def read_columns(
    chunks: bytes | Iterable[bytes],
    receipt: Receipt,
    form: str = "",
    repeats: Repeats | None = None,
    forms: Counter[str] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield the events of the bytes as batches of ``columns.SCHEMA``, in their order; as ``read_events`` reads them.

    ``forms`` is added to as ``read_events`` adds to it, and holds all that was yielded so far and perhaps more.
    """
    reading, gathering = Reading(receipt, form, repeats, forms), Gathering()
    events: list[AccessEvent] = []
    for block in read_blocks(chunks):
        batch = None if gathering.is_within else _plain(block, reading)
        if batch is None:
            for line in _lines(block, gathering):
                yield from _columns_of(line, reading, events)
            continue
        if events:
            yield to_columns(events)
            events = []
        yield batch
    for line in gathering.end():
        yield from _columns_of(line, reading, events)
    if events:
        yield to_columns(events)


def _columns_of(line: Line, reading: Reading, events: list[AccessEvent]) -> Iterator[pa.RecordBatch]:
    """Add the events of a line to those before; yield them whenever they fill a batch, within a document too."""
    for event in reading.events_of(line):
        events.append(event)
        if len(events) >= BATCH_ROWS:
            yield to_columns(events)
            events.clear()


def _plain(block: Block, reading: Reading) -> pa.RecordBatch | None:
    if block.is_cut or block.is_torn or not reading.may_be_own:
        return None
    batch = plain_columns(block.data, reading.receipt, reading.repeats)
    if batch is not None:
        reading.forms[NAME] += batch.num_rows
    return batch


def _lines(block: Block, gathering: Gathering) -> Iterator[Line]:
    return (whole for line in lines_of(block) for whole in gathering.feed(line))
