"""Rows of archived months put back into an engine, each segment's tree made again from them.

The trap guarded against: rows that count because they are there. A segment counts once its tree, made of what was put
back and of what is kept of erased rows, has the root that was entered for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from gatebook.errors import Conflict, LedgerError, Unavailable
from gatebook.record.archive_ports import ArchivedFile, Manifest
from gatebook.record.events.columns import TEXTS
from gatebook.record.segment_ports import SegmentTree
from gatebook.record.segment_tree import range_hash, root_of
from gatebook.record.segments import CHUNK
from gatebook.store.columnar.rows import ColumnarRows
from gatebook.store.columnar.schema import CHUNK_ROOTS, IN_ORDER

_ROWS = 131_072
_SIGN = np.uint64(1 << 63)


class ColumnarRestored(ColumnarRows):
    """An engine that is filled."""

    def refuse_unless_empty(self) -> None:
        """Raise Conflict where there are rows already."""
        if self._engine.ask("SELECT count() AS n FROM events")["n"][0].as_py():
            raise Conflict("there are rows in the access record to restore to; nothing is ever restored over them")

    def put_month(self, folder: Path, manifest: Manifest) -> None:
        """Put back every row of a month, and what is kept of its erased ones."""
        for file in manifest.files:
            for batch in _batches(folder, file):
                self._engine.insert("events", _events(batch, manifest.month))
        for file in manifest.erased_files:
            for batch in _batches(folder, file):
                self._engine.insert("tombstones", _tombstones(batch))

    def trees(self, erased: Mapping[int, int], sizes: Mapping[int, int]) -> dict[int, SegmentTree]:
        """Return the tree of each segment, and keep its hashes; ``erased`` counts rows of it that are gone."""
        return {segment: self._tree(segment, size, is_whole=not erased[segment]) for segment, size in sizes.items()}

    def _tree(self, segment: int, size: int, *, is_whole: bool) -> SegmentTree:
        full = size - size % CHUNK
        found = self._roots(segment, full) if is_whole else self._roots_of_rest(segment, full)
        if found["chunk"].to_pylist() != list(range(full // CHUNK)):
            raise LedgerError("a segment of the access record lacks rows")
        if found.num_rows:
            self._keep_chunks(segment, found)
        reader = self.reader(segment, size)
        return SegmentTree(size, range_hash(0, size, reader.hashes, lambda at: reader.hidden(at).entry))

    def _roots(self, segment: int, full: int) -> pa.Table:
        return self._engine.ask(CHUNK_ROOTS, {"segment": segment, "full": full, **self._words}, **IN_ORDER)

    def _roots_of_rest(self, segment: int, full: int) -> pa.Table:
        """Make the hashes of a segment some of whose rows were erased, from what is kept of them."""
        firsts, roots = list[int](), list[bytes]()
        for start in range(0, full, CHUNK):
            hidden = self._hidden(segment, start, start + CHUNK)
            if len(hidden) != CHUNK:
                raise LedgerError("a row of the segment is gone that nobody erased")
            firsts.append(hidden[start].label)
            roots.append(root_of([row.entry for _, row in sorted(hidden.items())]))
        numbers = pa.array(np.arange(len(roots), dtype=np.uint32))
        columns = [numbers, pa.array(firsts, pa.uint64()), pa.array(roots, pa.binary(32))]
        return pa.table(columns, ["chunk", "first", "root"])


def _batches(folder: Path, file: ArchivedFile) -> list[pa.RecordBatch]:
    try:
        return list(pq.ParquetFile(folder / file.name).iter_batches(_ROWS))
    except (OSError, pa.ArrowInvalid):
        raise Unavailable("a file of the access record in the backup cannot be read") from None


def _events(batch: pa.RecordBatch, month: int) -> pa.Table:
    halves = np.stack([_unsigned(batch, "high"), _unsigned(batch, "low")], axis=1).astype(">u8")
    address = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(16), batch.num_rows, [None, pa.py_buffer(halves.tobytes())]
    )
    columns = {
        "label": pa.array(_unsigned(batch, "label")),
        "at": batch["at_us"],
        "segment": batch["segment"].cast(pa.uint32()),
        "position": batch["position"].cast(pa.uint32()),
        "month": pa.array(np.full(batch.num_rows, month, np.uint32)),
        "batch": batch["batch"].cast(pa.uint16()),
        "nth": batch["nth"].cast(pa.uint16()),
        "address": address,
        **{name: batch[name] for name in TEXTS},
    }
    return pa.table(columns)


def _tombstones(batch: pa.RecordBatch) -> pa.Table:
    return pa.table(
        {
            "segment": batch["segment"].cast(pa.uint32()),
            "position": batch["position"].cast(pa.uint32()),
            "label": pa.array(_unsigned(batch, "label")),
            "commitment": batch["commitment"],
        }
    )


def _unsigned(batch: pa.RecordBatch, name: str) -> NDArray[np.uint64]:
    signed: NDArray[np.int64] = batch[name].to_numpy()
    return signed.view(np.uint64) ^ _SIGN
