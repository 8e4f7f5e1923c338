"""Commands on the archive of access events: months are written, held against the ledger, and asked on a cluster.

The trap guarded against: an answer taken for the whole record. Each says which months it covers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gatebook import canonical
from gatebook.cli.shell import HERE, As, HouseAt, on_premises, operator_named, progress_console, show
from gatebook.procedures.ask_archive import Question, ask_archive

app = typer.Typer(no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(help="The folder of the archive.")]


class What(StrEnum):
    """What is asked of an archive."""

    events = "events"
    uses = "uses"
    sharers = "sharers"


@app.command("archive")
def archive(
    months: Annotated[list[int], typer.Argument(help="Months as 202609; 0 for rows whose time nobody believes.")],
    to: Annotated[Path, typer.Option(help="The folder of the archive.")],
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Write months of the access record to Parquet files, for a cluster to read. The rows stay in the record too.

    A month given again is written again, and what changed is told. After rows were erased every month has to be.
    """
    from gatebook.wiring.access_archive import archive_month  # noqa: PLC0415  Arrow is long to load, and few commands need it

    with on_premises(house) as premises:
        for month in months:
            with _bar(month) as moved:
                found = archive_month(premises, operator_named(operator), to, month, moved)
            show(found.show())


@app.command("check-archive")
def check_archive(
    folder: Folder,
    rows: Annotated[
        bool, typer.Option("--rows", help="Make every segment's tree again from the archived rows.")
    ] = False,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Hold every file of an archive against its manifest, every segment against the ledger; fails if any differs."""
    from gatebook.wiring.access_archive import check_months  # noqa: PLC0415  as above

    with on_premises(house) as premises:
        found = check_months(premises, operator_named(operator), folder, rows=rows)
    show(found)
    if any(found.values()):
        raise typer.Exit(1)


@app.command("ask-archive")
def ask(
    folder: Folder,
    master: Annotated[str, typer.Option(help="The cluster's address, Apache Spark or Sail: sc://host:port.")],
    purpose: Annotated[str, typer.Option(help="Why this is asked, as: legal-process, abuse, audit.")],
    what: Annotated[What, typer.Option(help="Rows, who acted from where, or who shares addresses.")] = What.events,
    principal: Annotated[list[str] | None, typer.Option(help="Of this principal; may be given again.")] = None,
    ip: Annotated[list[str] | None, typer.Option(help="From this address or network; may be given again.")] = None,
    session: str = "",
    user_agent: str = "",
    fingerprint: str = "",
    from_: Annotated[str, typer.Option("--from", help="At this instant or later, as 2026-10-01T12:00:05Z.")] = "",
    until: Annotated[str, typer.Option(help="Before this instant.")] = "",
    least: Annotated[int, typer.Option(min=1, help="For sharers: how many addresses are shared at least.")] = 2,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 200,
    after: Annotated[str, typer.Option(help="For events: the next of the page before.")] = "",
    seen_as: Annotated[str, typer.Option(help="Where the cluster finds the archive, if not at the same path.")] = "",
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Ask archived months on a cluster, as the record itself is asked (a reading, entered first)."""
    from gatebook.wiring.access_archive import archived_rows  # noqa: PLC0415  as above

    texts = {"session": session, "user_agent": user_agent, "fingerprint": fingerprint}
    asked = Question(what.value, tuple(principal or ()), tuple(ip or ()), texts, from_, until, least, limit, after)
    with on_premises(house) as premises, archived_rows(premises, folder, master, seen_as) as rows:
        show(canonical.plain(ask_archive(premises.house, operator_named(operator), rows, rows.months, asked, purpose)))


@contextmanager
def _bar(month: int) -> Iterator[Callable[[int, int], None]]:
    columns: tuple[Any, ...] = (
        TextColumn(f"archiving {month}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=progress_console, transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda rows, total: progress.update(task, advance=rows, total=total)
