"""Commands about files of names: pairs compared with each other, and a population compared with lists.

The trap guarded against: a person called like a command. ``screen name`` takes whatever follows for a name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from typer.core import TyperGroup

from gatebook.cli.lists import names_app
from gatebook.cli.shell import HERE, HouseAt, progress_console, show
from gatebook.screen.came import Came, came_since
from gatebook.screen.described import described, in_words
from gatebook.screen.party import ListEdition
from gatebook.wiring.lists import lists_in
from gatebook.wiring.population import Ways, rows_guessed, screen_file, screen_pair_file
from gatebook.wiring.premises import clock, open_premises

app = names_app
HELP = (
    "Compare a name, a file of pairs, or a population: gatebook screen NAME, screen pairs FILE, screen population FILE."
)
_TABLES = (".csv", ".parquet")
_QUIET_S = 1.0


class NameFirst(TyperGroup):
    """A group whose command may be left out: what is no command is a name, or a file of customers that is there."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  the click inside typer has no public name
        """Put the command in front that was left out."""
        first = args[0] if args else "--help"
        if first != "--help" and first not in self.commands:
            is_table = first.lower().endswith(_TABLES) and Path(first).is_file()
            args = ["population" if is_table else "name", *args]
        return super().parse_args(ctx, args)


class By(StrEnum):
    """Where a population is screened."""

    processes = "processes"
    spark = "spark"


@app.command("pairs")
def pairs(
    file: Annotated[
        Path, typer.Argument(help="CSV or Parquet: name1, name2, and born1, born2, country1, country2, kind if known.")
    ],
    out: Annotated[Path | None, typer.Option(help="Where to write; standard output by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines instead of CSV.")] = False,
) -> None:
    """Compare the two names of each row: score, match, and the reason in words. Needs no house and no list.

    A quote left open costs its own row, and ends this with status 1.
    """
    counts = screen_pair_file(file, out, as_json=as_json)
    if out:
        _tell(f"{counts['pairs']} pairs compared in {out}")
    _end(counts)


@app.command("population")
def population(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet: id, name, and born, country, kind, number if known.")],
    lists: Annotated[
        Path | None, typer.Option(help="A folder of list files in any known form; the house's own lists by default.")
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option(help="A folder of earlier lists: only who was added or changed since is compared with."),
    ] = None,
    index: Annotated[
        Path | None,
        typer.Option(
            help="With --since: a folder for an index of FILE, made once and asked at every change of a list."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to write: .csv, .parquet or .jsonl; FILE.matches.csv by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines, whatever the ending.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Add to each match all its score came from, as JSON.")
    ] = False,
    workers: Annotated[int, typer.Option(min=0, help="How many processes; 0 takes every core.")] = 0,
    rows_per_part: Annotated[int, typer.Option(min=0, help="Rows kept at a time; 0 chooses.")] = 0,
    engine: Annotated[
        By, typer.Option(help="This machine's processes, or a cluster through Spark Connect.")
    ] = By.processes,
    master: Annotated[str, typer.Option(help="The cluster's address: sc://host:port.")] = "",
    house: HouseAt = HERE,
) -> None:
    """Compare every customer of a file with every list and write all matches. Killed, it goes on where it was.

    What was compared with is said for each list. A quote left open costs its own row, and ends this with status 1.
    """
    target = out or file.with_name(f"{file.name}.matches.{'jsonl' if as_json else 'csv'}")
    editions = _from_folder(lists, file, target) if lists else _from_house(house)
    came = _came(_from_folder(since, file, target), editions) if since else None
    told = [described(edition, clock().date()) for edition in editions]
    for one in told:
        _tell(in_words(one))
    ways = Ways(engine.value, master, workers, rows_per_part, explained=explain, as_json=as_json, index=index)
    with _bar() as moved:
        counts = screen_file(file, target, came or editions, ways, moved, _tell)
    _say({**counts, **(came.counts if came else {})}, told, target, as_json=as_json)
    _end(counts)


def _end(counts: Mapping[str, int]) -> None:
    """End with status 1 where nobody can know what a quote left open was meant to hold."""
    if guessed := rows_guessed(counts):
        why = f"{guessed} rows have a quote left open, or a line break in a cell that has none"
        _tell(f"{why}: the lines after them were read as rows by themselves; look at the rows refused")
        raise typer.Exit(1)


def _from_folder(folder: Path, file: Path, out: Path) -> tuple[ListEdition, ...]:
    found = lists_in(folder, file, out)
    for name, why in found.refused:
        _tell(f"no list: {name}: {why}")
    return found.editions


def _came(earlier: Sequence[ListEdition], editions: Sequence[ListEdition]) -> Came:
    """Say which lists have no counterpart: a file that is called otherwise is another list."""
    came = came_since(earlier, editions)
    for list_id in came.fresh:
        _tell(f"no earlier {list_id}: all of it is compared with")
    for list_id in came.gone:
        _tell(f"{list_id} is gone: nobody on it is listed there any more")
    return came


def _from_house(house: Path) -> tuple[ListEdition, ...]:
    with open_premises(house) as premises:
        return tuple(premises.shelf.current())


def _tell(words: str) -> None:
    progress_console.print(words, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _bar() -> Iterator[Callable[[int, int, int], None]]:
    """Show a bar on standard error once it takes more than a second."""
    columns = (
        TextColumn("screening"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[said]}"),
    )
    progress = Progress(*columns, console=progress_console, transient=True)
    began, matches = progress.get_time(), 0
    task = progress.add_task("", total=None, said="")

    def moved(rows: int, found: int, total: int) -> None:
        nonlocal matches
        matches += found
        progress.update(task, advance=rows, total=total, said=f"{matches} matches")
        if progress.get_time() - began > _QUIET_S and not progress.live.is_started:
            progress.start()

    try:
        yield moved
    finally:
        progress.stop()


def _say(counts: Mapping[str, int], lists: Sequence[Mapping[str, Any]], out: Path, *, as_json: bool) -> None:
    if as_json:
        show({**counts, "lists": list(lists), "out": str(out)})
        return
    odd = [
        f"{count} {what}"
        for what, count in sorted(counts.items())
        if what.startswith("refused ") or what.endswith("unread")
    ]
    refused = f"{counts['refused']} refused" + (f" (see {out.name}.refused.csv)" if counts["refused"] else "")
    _tell(f"{counts['rows']} rows: {counts['screened']} screened, {refused}; {counts['matches']} matches in {out}")
    if "added" in counts:
        came = f"{counts['added']} parties added and {counts['changed']} changed"
        _tell(f"compared with {came}; {counts['removed']} removed")
    if odd:
        _tell("; ".join(odd))
