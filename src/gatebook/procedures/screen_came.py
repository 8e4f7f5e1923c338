"""Screening a population with what came to the lists, through its index: made once, then asked at every change.

The trap guarded against: an answer from an index that is another than from the file. The index only says which
customers may match; these are screened by the same function, and every other row is in the counts as it was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from gatebook.errors import GatebookError
from gatebook.procedures.screen_population import Customers, Engine
from gatebook.screen.batches import MATCH, Row, batch_of, refused_row, tally_row
from gatebook.screen.index import CompleteIndex
from gatebook.screen.population_index import PopulationIndex, Reaching
from gatebook.screen.population_layout import Layout, lay_out, stamp

Work = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
_NAMES_A_PART = 32


class Kept(Protocol):
    """Where a population index is kept, durably, a part at a time and then whole."""

    def begin(self, plan: Mapping[str, Any]) -> tuple[frozenset[int] | None, bool]:
        """Return which parts of this plan are kept, None where all is made; and whether another's went."""
        ...

    def keep(self, number: int, customers: pa.RecordBatch, read: pa.Table) -> None:
        """Keep a part of the customers, and what was read of them."""
        ...

    def parts(self) -> Iterator[pa.Table]:
        """Yield what was read of each part, in order."""
        ...

    def finish(self, laid: Layout) -> None:
        """Keep the layout and mark all as whole."""
        ...


class Laid(Protocol):
    """A population index that is whole."""

    def index(self) -> PopulationIndex:
        """Return the index."""
        ...

    def told(self) -> dict[str, Any]:
        """Return the tally of all rows, and each row refused: place, id and why."""
        ...

    def customers(self, rows: Iterable[int]) -> Iterator[pa.RecordBatch]:
        """Yield the customers in these rows."""
        ...


def index_population(
    customers: Customers,
    digest: str,
    engine: Engine,
    kept: Kept,
    moved: Callable[[int, int], None],
    told: Callable[[str], None],
    rows_a_part: int,
) -> None:
    """Read every customer and lay all out, but for what is kept of the very file. Killed, it goes on where it was.

    Raises GatebookError when rows read and rows laid out do not agree; nothing is marked whole then.
    """
    done, is_another = kept.begin({"stamp": stamp(digest), "rows_a_part": rows_a_part})
    if is_another:
        told("the index is of another file, or of another Gatebook: it is made anew")
    if done is None:
        return
    told("the customers are read into an index; while their file is the same, this is done once")
    moved(len(done) * rows_a_part, 0)
    waiting: dict[int, pa.RecordBatch] = {}

    def noted() -> Iterator[tuple[int, pa.RecordBatch]]:
        for number, batch in customers.parts(rows_a_part, done):
            waiting[number] = batch
            yield number, batch

    for number, read in engine.results(noted()):
        batch = waiting.pop(number)
        kept.keep(number, batch, read)
        moved(batch.num_rows, 0)
    laid = lay_out(kept.parts())
    if laid.told["tally"]["rows"] != customers.rows:
        raise GatebookError("customers read and customers laid out should agree, and do not; nothing was kept")
    kept.finish(laid)


class Among:
    """A population file as its index knows it: only who may match is screened. Put in the place of file and engine."""

    def __init__(
        self, digest: str, laid: Laid, came: CompleteIndex, work: Work, engine: Callable[[Work, int], Engine]
    ) -> None:
        """``engine`` makes one for a work of so many parts; ``work`` is the screening."""
        self._digest, self._laid, self._came, self._work, self._engine = digest, laid, came, work, engine
        self._told = laid.told()
        self.rows = int(self._told["tally"]["rows"])

    def digest(self) -> str:
        """Return the digest of the whole file."""
        return self._digest

    def parts(self, rows: int, done: Iterable[int] = ()) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Yield the customers who may match, and last a part of nobody for all the others. All are done every time."""
        del done
        yield from enumerate(self._reached(rows))

    def results(self, parts: Iterable[tuple[int, pa.RecordBatch]]) -> Iterator[tuple[int, pa.Table]]:
        """Yield the matches, and last what is told of all rows: those refused, and the tally."""
        number, batches = -1, list(parts)
        for number, table in self._engine(self._work, len(batches)).results(batches) if batches else ():
            found = table.filter(pc.equal(table["what"], MATCH))
            yield number, pa.concat_tables([found, _table([tally_row({"matches": found.num_rows})])])
        if self.rows:
            refused = [refused_row(*one) for one in self._told["refused"]]
            yield number + 1, _table([*refused, tally_row(self._told["tally"])])

    def _reached(self, rows_a_part: int) -> Iterator[pa.RecordBatch]:
        reaching = Reaching(self._laid.index(), self._came)
        parts = list(reaching.parts(_NAMES_A_PART))
        reached = reaching.reached(self._engine(reaching, len(parts)).results(parts)).tolist()
        held: list[pa.RecordBatch] = []
        for batch in self._laid.customers(reached):
            held.append(batch)
            if sum(b.num_rows for b in held) >= rows_a_part:
                yield _one(held)
                held = []
        if held:
            yield _one(held)


def _one(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    return pa.Table.from_batches(batches).combine_chunks().to_batches()[0]


def _table(rows: Sequence[Row]) -> pa.Table:
    return pa.Table.from_batches([batch_of(rows)])
