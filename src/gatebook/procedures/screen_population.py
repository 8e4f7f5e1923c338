"""Screening a population: every customer of a file is compared with every list, in parts that a crash cannot undo.

The trap guarded against: a run that ended and left somebody out. Rows read, rows tallied and rows kept are counted each
for itself, and the result appears only when they agree.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from gatebook.errors import GatebookError
from gatebook.screen.batches import MATCH, REFUSED, SCHEMA, TALLY
from gatebook.screen.pairs import PAIR_SETTINGS, compare_pair
from gatebook.screen.rows import name_fault, party_of, query_of, read_details
from gatebook.screen.screening import ScreenSettings

PAIR_COLUMNS = ("row", "name1", "name2", "score", "match", "grade", "reason")
_COLUMNS = tuple(name for name in SCHEMA.names if name not in {"what", "explanation"})
_REFUSED = ("place", "id", "words")


class Customers(Protocol):
    """The file of customers. ``rows`` is how many were read, those of parts left out too."""

    rows: int

    def digest(self) -> str:
        """Return the digest of the whole file."""
        ...

    def parts(self, rows: int, done: Iterable[int] = ()) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Yield the parts that are not done, numbered in the file's order."""
        ...


class Engine(Protocol):
    """Where the screening is done: in this process, in several, or on a cluster. Its answers do not depend on which."""

    def results(self, parts: Iterable[tuple[int, pa.RecordBatch]]) -> Iterator[tuple[int, pa.Table]]:
        """Yield for each part its result, in the parts' order; no more parts are taken than can be worked on."""
        ...


class Kept(Protocol):
    """Parts kept durably beside the file to come, and a journal that says of what they are parts.

    A part is kept whole or not at all. The file appears whole, by one rename, and takes the parts with it.
    """

    def begin(self, plan: Mapping[str, Any]) -> tuple[frozenset[int], tuple[str, ...]]:
        """Return which parts of this plan are kept; those of another are thrown away and what differed is named."""
        ...

    def keep(self, number: int, table: pa.Table) -> None:
        """Keep the result of a part."""
        ...

    def tables(self) -> Iterator[pa.Table]:
        """Yield the results kept, in order."""
        ...

    def finish(self, columns: Sequence[str], matches: Iterator[pa.Table], refused: pa.Table) -> None:
        """Make the file of ``matches``, and one beside it of the rows refused, if there are any."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What a result depends on: lists and settings, explanations or none; and how many rows make a part."""

    lists: str
    explained: bool
    rows_a_part: int


def screen_population(
    customers: Customers,
    engine: Engine,
    kept: Kept,
    plan: Plan,
    moved: Callable[[int, int], None],
    told: Callable[[str], None],
) -> dict[str, int]:
    """Screen every row and return the counts. ``moved`` hears of rows done and matches found, ``told`` of a new start.

    Raises GatebookError when the counts do not agree; the parts are kept then and nothing is finished.
    """
    # 1. What was kept of this very work is not done again; what was kept of another is of no use.
    described = {
        "input": customers.digest(),
        "lists": plan.lists,
        "explained": plan.explained,
        "rows_a_part": plan.rows_a_part,
    }
    done, changed = kept.begin(described)
    if changed:
        told(f"another {' and '.join(changed)} than when this was begun: it starts anew")
    elif done:
        told(f"going on after {len(done)} parts of {plan.rows_a_part} rows")
    moved(len(done) * plan.rows_a_part, 0)
    # 2. Each part is screened, and kept before the next is counted.
    for number, table in engine.results(customers.parts(plan.rows_a_part, done)):
        kept.keep(number, table)
        tally = _tally(table)
        moved(tally["rows"], tally["matches"])
    # 3. Counted again from what was kept, and only then finished.
    counts, refused = _counted(kept.tables(), customers.rows)
    columns = (*_COLUMNS, "explanation") if plan.explained else _COLUMNS
    kept.finish(columns, (_only(table, MATCH) for table in kept.tables()), refused)
    return counts


def _only(table: pa.Table, what: str) -> pa.Table:
    return table.filter(pc.equal(table["what"], what))


def _tally(table: pa.Table) -> Counter[str]:
    tally: Counter[str] = Counter()
    for words in _only(table, TALLY)["words"].to_pylist():
        tally.update(json.loads(words))
    return tally


def _counted(tables: Iterator[pa.Table], rows: int) -> tuple[dict[str, int], pa.Table]:
    """Return the counts and the rows refused. Raises GatebookError when a row is in no count."""
    tally: Counter[str] = Counter(rows=0, screened=0, refused=0, matches=0)
    refused, matches = [SCHEMA.empty_table().select(list(_REFUSED))], 0
    for table in tables:
        tally.update(_tally(table))
        refused.append(_only(table, REFUSED).select(list(_REFUSED)))
        matches += _only(table, MATCH).num_rows
    found = pa.concat_tables(refused).rename_columns(["row", "id", "reason"])
    agree = tally["rows"] == rows == tally["screened"] + tally["refused"]
    if not agree or found.num_rows != tally["refused"] or matches != tally["matches"]:
        raise GatebookError(
            f"{rows} rows were read, {tally['screened']} screened and {tally['refused']} refused: these should agree; "
            "nothing was written"
        )
    for reason in found["reason"].to_pylist():
        tally[f"refused {reason}"] += 1
    return dict(tally), found


def screen_pairs(
    rows: Iterable[tuple[int, Mapping[str, str], str]], settings: ScreenSettings | None = None
) -> Iterator[dict[str, Any]]:
    """Yield score, match and reason for each row of two names; a row that cannot be compared says why."""
    chosen = settings or PAIR_SETTINGS
    for place, cells, fault in rows:
        one, two = cells.get("name1", ""), cells.get("name2", "")
        reason = fault or name_fault(one) or name_fault(two)
        if reason:
            yield dict(zip(PAIR_COLUMNS, (place, one, two, None, False, "", f"not compared: {reason}"), strict=True))
            continue
        kind = cells.get("kind", "")
        mine = read_details(kind, cells.get("born1", ""), cells.get("country1", ""), "")
        theirs = read_details(kind, cells.get("born2", ""), cells.get("country2", ""), "")
        verdict = compare_pair(query_of(one, mine), party_of(two, theirs), chosen)
        if verdict is None:
            message = "a pair of names was not compared"
            raise GatebookError(message)
        odd = "".join(f" {what} could not be read." for what in dict.fromkeys((*mine.unread, *theirs.unread)))
        c = verdict.candidate
        values = (place, one, two, float(c.score), verdict.is_match, c.grade, c.words + odd)
        yield dict(zip(PAIR_COLUMNS, values, strict=True))
