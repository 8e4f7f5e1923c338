"""A population screened: file, engine, parts and progress put together.

The trap guarded against: Arrow and Spark loaded by commands that need neither; it is a sixth of the time to start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gatebook.screen.party import ListEdition

if TYPE_CHECKING:
    from gatebook.procedures.screen_population import Engine
    from gatebook.screen.batches import PopulationScreen


@dataclass(frozen=True)
class Ways:
    """How a population is screened: by which engine, in how many processes, in parts of how many rows, into what."""

    engine: str = "processes"
    master: str = ""
    workers: int = 0
    rows_a_part: int = 0
    explained: bool = False
    as_json: bool = False

    @property
    def rows(self) -> int:
        """How many rows make a part: a cluster is asked for many at a time."""
        return self.rows_a_part or {"spark": 500_000}.get(self.engine, 16_384)


def screen_file(
    path: Path,
    out: Path,
    editions: Sequence[ListEdition],
    ways: Ways,
    moved: Callable[[int, int, int], None],
    told: Callable[[str], None],
) -> dict[str, int]:
    """Screen the customers of a file into another; ``moved`` hears rows done, matches, and about how many rows."""
    from gatebook.outside.tables import Table, writer_for  # noqa: PLC0415  as above
    from gatebook.procedures.screen_population import Plan, screen_population  # noqa: PLC0415  as above
    from gatebook.screen.batches import DETAILS, NEEDED, PopulationScreen  # noqa: PLC0415  as above
    from gatebook.store.part_folder import PartFolder  # noqa: PLC0415  as above

    customers = Table(path, NEEDED, (*NEEDED, *DETAILS))
    work, about = PopulationScreen.of(editions, explained=ways.explained), customers.about()
    if customers.ignored:
        told(f"columns nothing is done with: {', '.join(customers.ignored)}")
    plan, engine = Plan(work.lists, ways.explained, ways.rows), _engine(work, ways, about)
    with PartFolder(out, writer_for(out, as_json=ways.as_json), writer_for(Path("refused.csv"))) as kept:
        return screen_population(customers, engine, kept, plan, lambda r, m: moved(r, m, about), told)


def _engine(work: PopulationScreen, ways: Ways, about: int) -> Engine:
    from gatebook.outside.processes import Alone, Processes, cores  # noqa: PLC0415  as above
    from gatebook.outside.spark import Spark  # noqa: PLC0415  as above
    from gatebook.screen.batches import SCHEMA_TEXT  # noqa: PLC0415  as above

    if ways.engine == "spark":
        return Spark(ways.master, work, SCHEMA_TEXT)
    workers = min(ways.workers or cores(), -(-about // ways.rows))  # no more than there are parts
    return Processes(work, workers, work.index) if workers > 1 else Alone(work)


def screen_pair_file(path: Path, out: Path | None, *, as_json: bool) -> int:
    """Compare the two names of each row of a CSV file and write the verdicts; return how many."""
    from gatebook.outside.tables import Table, write_rows  # noqa: PLC0415  as above
    from gatebook.procedures.screen_population import PAIR_COLUMNS, screen_pairs  # noqa: PLC0415  as above

    table = Table(path, ("name1", "name2"), ("name1", "name2", "born1", "born2", "country1", "country2", "kind"))
    return write_rows(out, screen_pairs(table.cells()), PAIR_COLUMNS, as_json=as_json)
