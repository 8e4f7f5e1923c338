"""A population screened: file, engine, parts and progress put together.

The trap guarded against: Arrow and Spark loaded by commands that need neither; it is a sixth of the time to start.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gatebook.errors import InvalidInput
from gatebook.screen.came import Came
from gatebook.screen.party import ListEdition

if TYPE_CHECKING:
    from gatebook.outside.processes import Work
    from gatebook.outside.tables import Table
    from gatebook.procedures.screen_population import Engine
    from gatebook.screen.batches import PopulationScreen
    from gatebook.store.part_folder import PartFolder

_REACHED_AT_ONCE = 2_048  # customers reached are few, and each is likely to match


@dataclass(frozen=True)
class Ways:
    """How a population is screened: by which engine, in how many processes, in parts of how many rows, into what.

    ``index`` is the folder of the population's index, where it is asked through one.
    """

    engine: str = "processes"
    master: str = ""
    workers: int = 0
    rows_a_part: int = 0
    explained: bool = False
    as_json: bool = False
    index: Path | None = None

    @property
    def rows(self) -> int:
        """How many rows make a part: a cluster is asked for many at a time."""
        return self.rows_a_part or {"spark": 500_000}.get(self.engine, 16_384)

    @property
    def index_rows(self) -> int:
        """How many rows make a part of an index."""
        return self.rows_a_part or 65_536


def screen_file(
    path: Path,
    out: Path,
    lists: Sequence[ListEdition] | Came,
    ways: Ways,
    moved: Callable[[int, int, int], None],
    told: Callable[[str], None],
) -> dict[str, int]:
    """Screen the customers of a file into another; ``moved`` hears rows done, matches, and about how many rows.

    Of what came to lists, only the matches with who came are written; the rest is as ever.
    """
    from gatebook.outside.table_writers import check_target, writer_for  # noqa: PLC0415  as above
    from gatebook.outside.tables import Table  # noqa: PLC0415  as above
    from gatebook.procedures.screen_population import Plan, screen_population  # noqa: PLC0415  as above
    from gatebook.screen.batches import DETAILS, NEEDED, PopulationScreen  # noqa: PLC0415  as above
    from gatebook.store.part_folder import PartFolder  # noqa: PLC0415  as above

    for target in (out, out.with_name(f"{out.name}.refused.csv")):
        check_target(target, (path,))
    customers = Table(path, NEEDED, (*NEEDED, *DETAILS))
    of_came, of_all, about = PopulationScreen.of_came, PopulationScreen.of, customers.about()
    explained = ways.explained
    work = of_came(lists, explained=explained) if isinstance(lists, Came) else of_all(lists, explained=explained)
    if customers.ignored:
        told(f"columns nothing is done with: {', '.join(customers.ignored)}")
    with PartFolder(out, writer_for(out, as_json=ways.as_json), writer_for(Path("refused.csv"))) as kept:
        if ways.index:
            return _through_index(customers, work, kept, ways, lambda r, m: moved(r, m, about), told)
        plan, engine = Plan(work.lists, ways.explained, ways.rows), _engine(work, ways, about)
        return screen_population(customers, engine, kept, plan, lambda r, m: moved(r, m, about), told)


def _through_index(
    customers: Table,
    work: PopulationScreen,
    kept: PartFolder,
    ways: Ways,
    moved: Callable[[int, int], None],
    told: Callable[[str], None],
) -> dict[str, int]:
    """Screen only the customers who may match what came, found by an index that is made where it is not there."""
    from gatebook.procedures.screen_came import Among, index_population  # noqa: PLC0415  as above
    from gatebook.procedures.screen_population import Plan, screen_population  # noqa: PLC0415  as above
    from gatebook.screen.population_reading import read_batches  # noqa: PLC0415  as above
    from gatebook.store.kept_population import KeptPopulation  # noqa: PLC0415  as above

    if not ways.index or not work.since or ways.engine == "spark":
        raise InvalidInput("an index of the population serves what came since earlier lists, on this machine")
    digest = customers.digest()
    with KeptPopulation(ways.index) as folder:
        reader = _processes(read_batches, ways, customers.about(), ways.index_rows)
        index_population(customers, digest, reader, folder, moved, told, ways.index_rows)
        among = Among(digest, folder, work.index(), work, lambda w, parts: _processes(w, ways, parts, 1))
        plan = Plan(f"{work.lists} by index", ways.explained, _REACHED_AT_ONCE)
        return screen_population(among, among, kept, plan, lambda _, m: moved(0, m), told)


def _engine(work: PopulationScreen, ways: Ways, about: int) -> Engine:
    from gatebook.outside.spark import Spark  # noqa: PLC0415  as above
    from gatebook.screen.batches import SCHEMA_TEXT  # noqa: PLC0415  as above

    if ways.engine == "spark":
        return Spark(ways.master, work, SCHEMA_TEXT)
    return _processes(work, ways, about, ways.rows, work.index)


def _processes(work: Work, ways: Ways, about: int, rows_a_part: int, warm: Callable[[], object] = dict) -> Engine:
    from gatebook.outside.processes import Alone, Processes, cores  # noqa: PLC0415  as above

    workers = min(ways.workers or cores(), -(-about // rows_a_part))  # no more than there are parts
    return Processes(work, workers, warm) if workers > 1 else Alone(work)


def screen_pair_file(path: Path, out: Path | None, *, as_json: bool) -> dict[str, int]:
    """Compare the two names of each row of a file and write the verdicts; return how many, and the rows refused."""
    from gatebook.outside.table_writers import check_target, write_rows  # noqa: PLC0415  as above
    from gatebook.outside.tables import Table  # noqa: PLC0415  as above
    from gatebook.procedures.screen_population import PAIR_COLUMNS, screen_pairs  # noqa: PLC0415  as above

    if out:
        check_target(out, (path,))
    table = Table(path, ("name1", "name2"), ("name1", "name2", "born1", "born2", "country1", "country2", "kind"))
    counts: Counter[str] = Counter()

    def read() -> Iterator[tuple[int, Mapping[str, str], str]]:
        for place, cells, fault in table.cells():
            counts.update([f"refused {fault}"] if fault else [])
            yield place, cells, fault

    pairs = write_rows(out, screen_pairs(read()), PAIR_COLUMNS, as_json=as_json)
    return {"pairs": pairs, **counts}


def rows_guessed(counts: Mapping[str, int]) -> int:
    """Return after how many rows nobody can know where the next began, so that the lines were read each as a row."""
    from gatebook.outside.csv_rows import GUESSED  # noqa: PLC0415  as above

    return sum(counts.get(f"refused {reason}", 0) for reason in GUESSED)
