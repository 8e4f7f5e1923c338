"""Commands on assignments: who holds what from when to when, and who held it.

The trap guarded against: a lease table taken in part without a word. What was refused is told row by row, and the
command ends with status 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gatebook import canonical
from gatebook.cli.shell import HERE, As, HouseAt, acting, looking, operator_named, progress_console, show
from gatebook.procedures import assign, check_assignments, held
from gatebook.wiring.assignments import export_assignments, import_assignments

app = typer.Typer(no_args_is_help=True)
Kind = Annotated[str, typer.Argument(help="address, machine, volume, number, principal or domain.")]
Thing = Annotated[str, typer.Argument(help="The address or network, machine, volume, number, name or domain.")]
Purpose = Annotated[str, typer.Option(help="Why this is asked, as: legal-process, abuse, audit.")]
Until = Annotated[str, typer.Option(help="Held before this instant.")]
From = Annotated[str, typer.Option("--from", help="Held at this instant or later, as 2026-10-01T12:00:05Z.")]
After = Annotated[str, typer.Option(help="The next of the page before.")]
Note = Annotated[str, typer.Option(help="Where this was learned.")]


@app.command()
def add(
    kind: Kind,
    thing: Thing,
    account: Annotated[str, typer.Argument(help="The account that holds it, by its id.")],
    from_: Annotated[str, typer.Option("--from", help="The first instant it is held, as 2026-10-01T12:00:05Z.")],
    until: Annotated[str, typer.Option(help="The first instant it no longer is; none while it is open.")] = "",
    under: Annotated[str, typer.Option(help="The assignment of a larger network this is let out of.")] = "",
    note: Note = "",
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Note that an account holds a thing; refused with both claimants named where another holds it then."""
    row = {"kind": kind, "thing": thing, "account": account, "from": from_, "until": until, "under": under}
    with acting(house) as h:
        show(assign.show(assign.assign_one(h, operator_named(operator), {**row, "note": note})))


@app.command()
def end(
    assignment_id: str,
    until: Annotated[str, typer.Argument(help="The first instant it is no longer held; its beginning strikes it out.")],
    note: Note = "",
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Give an assignment an earlier end; what it said before is kept."""
    with acting(house) as h:
        show(assign.show(assign.end_assignment(h, operator_named(operator), assignment_id, until, note)))


@app.command()
def holder(
    kind: Kind,
    thing: Thing,
    at: Annotated[str, typer.Option(help="The instant, as 2026-10-01T12:00:05Z.")],
    purpose: Purpose,
    known_at: Annotated[str, typer.Option(help="Leave out what was noted later than this.")] = "",
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Say who held a thing at an instant, and the larger ranges it lay in (a reading, entered first)."""
    with acting(house) as h:
        show(held.holder(h, operator_named(operator), kind, thing, at, purpose, known_at))


@app.command()
def history(
    kind: Kind,
    thing: Thing,
    purpose: Purpose,
    from_: From = "",
    until: Until = "",
    after: After = "",
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Say who held a thing, what it lies in or a part of it, with every end that was moved (a reading)."""
    with acting(house) as h:
        show(held.history(h, operator_named(operator), kind, thing, purpose, from_, until, after))


@app.command("of")
def of_account(
    account: str,
    purpose: Purpose,
    from_: From = "",
    until: Until = "",
    after: After = "",
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Say what an account held at any time of a window (a reading, entered first)."""
    with acting(house) as h:
        show(held.of_account(h, operator_named(operator), account, purpose, from_, until, after))


@app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(help="CSV, Parquet or .jsonl: kind, thing, account, from, and until, under, note if known."),
    ],
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Note every row of a lease table; what stands already is left as it is, so a table may be given again.

    Rows that are refused are told with their reason, and end this with status 1; the others stand.
    """
    with acting(house) as h, _bar() as moved:
        found = import_assignments(h, operator_named(operator), file, moved)
    show(found.show())
    if found.counts["refused"]:
        raise typer.Exit(1)


@app.command("export")
def export(
    purpose: Purpose,
    out: Annotated[Path | None, typer.Option(help="A .csv or .jsonl file; standard output by default.")] = None,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Write every assignment, in a form that can be imported again (a reading, entered first)."""
    with acting(house) as h:
        count = export_assignments(h, operator_named(operator), out, purpose)
    if out:
        show({"assignments": count, "out": str(out)})


@app.command()
def check(house: HouseAt = HERE, operator: As = "local") -> None:
    """Compare every assignment with what was entered when it was noted; fails if anything differs."""
    with looking(house) as h, _bar() as moved:
        found = check_assignments.check_assignments(h, operator_named(operator), lambda rows: moved(rows, 0))
    show(canonical.plain(found))
    if found.differing or found.unentered:
        raise typer.Exit(1)


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """Show on standard error how many rows were read."""
    columns = (TextColumn("assigning"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=progress_console, transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda rows, about: progress.update(task, advance=rows, total=about or None)
