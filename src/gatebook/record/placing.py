"""Placing: rows in the order of their segment, each with its label; and rows of one month apart from those of another.

The trap guarded against: a time nobody can believe deciding where a row lies. Rows marked so stand in a month of
their own, so that one wrong clock does not open a month for every year there is.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gatebook.record.segment_ports import NO_MONTH
from gatebook.record.segments import label_of

_DOUBTED = "time-in-future|time-long-past"


def labelled(rows: pa.Table, label_salt: bytes) -> pa.Table:
    """Return the rows with a column ``label`` (uint64), in the order of label and time; equal ones as they stood."""
    names = rows.column("principal").combine_chunks().dictionary_encode()
    of_name = np.array([label_of(label_salt, name) for name in names.dictionary.to_pylist()], np.uint64)
    labels = of_name[names.indices.to_numpy(zero_copy_only=False)]
    order = np.lexsort((rows.column("at").to_numpy(), labels))
    return rows.append_column("label", pa.array(labels)).take(pa.array(order))


def by_month(rows: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """Yield (month, rows) for each month there is: year * 100 + month, ``NO_MONTH`` for doubted times."""
    instants = rows.column("at").to_numpy().astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
    months = (instants // 12 + 1970) * 100 + instants % 12 + 1
    doubted = pc.match_substring_regex(rows.column("marks"), _DOUBTED).combine_chunks()
    months[doubted.to_numpy(zero_copy_only=False)] = NO_MONTH
    for month in np.unique(months):
        of_month = months == month
        yield int(month), rows if of_month.all() else rows.filter(pa.array(of_month))
