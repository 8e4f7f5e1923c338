"""Commands about access events: files are converted, taken in or followed; sources and forms are shown.

The trap guarded against: a follower that dies in the middle of a batch. A signal ends it after the one under way.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from gatebook.cli.shell import HERE, As, HouseAt, console, on_premises, operator_named, progress_console, show
from gatebook.procedures import access_sources
from gatebook.record.events import own
from gatebook.record.events.form import LineForm
from gatebook.record.events.forms import FORMS, WRITTEN
from gatebook.wiring.premises import open_premises

app = typer.Typer(no_args_is_help=True)
_AGAIN = "what came cannot be kept now; it is tried again"
Files = Annotated[list[Path], typer.Argument(help="Files, compressed or not, or folders of them; - is standard input.")]
Form = Annotated[
    str, typer.Option("--format", help="The form of the records; found out for each by default. See access formats.")
]
Source = Annotated[str, typer.Option(help="The name of the feed; that of each record's form by default.")]

To = StrEnum("To", {name: name for name in WRITTEN})  # type: ignore[misc]
OWN = To(own.NAME)


@app.command("convert")
def convert(
    files: Files,
    form: Form = "",
    source: Source = "",
    to: Annotated[To, typer.Option("--to", help="own, our own form; or ocsf, events of OCSF 1.5.0.")] = OWN,
) -> None:
    """Print each record as a line of JSON, in our own form or as OCSF 1.5. Needs no house and keeps nothing.

    Records that no form reads are printed with the mark "unmapped". A file that cannot be read to its end is told of,
    and ends this with status 1.
    """
    from gatebook.wiring.access_files import convert_files  # noqa: PLC0415  Arrow is long to load, and few commands need it

    try:
        found = convert_files(files, form, source, sys.stdout.buffer, to.value)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough
        sys.stdout = None
        raise typer.Exit(0) from None
    counts = found.show()
    _tell(f"{counts['records']} records, {counts['unmapped']} unmapped{_words(counts)}")
    _end(found.problems)


@app.command("ingest")
def ingest(files: Files, form: Form = "", source: Source = "", house: HouseAt = HERE, operator: As = "local") -> None:
    """Keep each record of files as an access event. A file given again, or one that has grown, counts nothing twice.

    A file that cannot be read to its end is told of, and ends this with status 1; what was read of it is kept.
    """
    from gatebook.wiring.access_files import ingest_files, size_of  # noqa: PLC0415  as above

    with open_premises(house) as premises, _bar(size_of(files)) as moved:
        found = ingest_files(premises, operator_named(operator), files, source, form, moved)
    show(found.tally.show())
    _end(found.problems)


@app.command("follow")
def follow(
    paths: Annotated[
        list[str], typer.Argument(help="Files, folders, or patterns in quotes, as '/var/log/edge/*.log'.")
    ],
    form: Form = "",
    source: Source = "",
    interval: Annotated[float, typer.Option(min=0.05, help="Seconds between two looks.")] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="Take in what is there and end.")] = False,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Keep what is written to files as it comes, through rotation and truncation, until SIGTERM or Ctrl-C.

    How far each file was read is remembered. A last line without its end is left until the end comes. Compressed
    files are left alone; ingest takes them. A file that cannot be taken in is told of, and the others go on.
    """
    from gatebook.procedures.log_access import Tally  # noqa: PLC0415  as above
    from gatebook.wiring.access_files import Follower  # noqa: PLC0415  as above

    tally, stop = Tally(), threading.Event()
    with open_premises(house) as premises:
        follower = Follower(premises, operator_named(operator), paths, source, form, _tell)
        try:
            if once:
                follower.turn(tally.add)
            else:
                with _ended_by_signals(stop):
                    follower.follow(stop, interval, tally.add, lambda: _tell(_AGAIN))
        finally:
            follower.close()
    show(tally.show())


@app.command("batch")
def batch(batch_id: str, house: HouseAt = HERE, operator: As = "local") -> None:
    """Say whether a batch waits to be sealed or is sealed, in which segments, and at which position of the ledger."""
    from gatebook.procedures.log_access import look_at_batch  # noqa: PLC0415  as above

    with on_premises(house) as premises:
        show(look_at_batch(premises.house, premises.access_log, operator_named(operator), batch_id))


@app.command("sources")
def sources(house: HouseAt = HERE, operator: As = "local") -> None:
    """Say of every source of access events when it was last heard of, and whether it fell silent."""
    with on_premises(house) as premises:
        show(access_sources.look_at_sources(premises.house, operator_named(operator), premises.access_silence))


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of a record in our own form."""
    show(own.schema())


@app.command("formats")
def formats(as_json: Annotated[bool, typer.Option("--json", help="JSON.")] = False) -> None:
    """List the forms that are read, and what sources of each cannot see."""
    rows = [
        {
            "format": form.name,
            "records": "lines" if isinstance(form, LineForm) else "JSON",
            "blind_spots": list(form.blind_spots),
        }
        for form in FORMS
    ]
    if as_json:
        show(rows)
        return
    table = Table("format", "records", "what it cannot see", show_lines=True)
    for row in rows:
        table.add_row(str(row["format"]), str(row["records"]), "\n".join(row["blind_spots"]))
    console.print(table)


@contextmanager
def _ended_by_signals(stop: threading.Event) -> Iterator[None]:
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _bar(size: int | None) -> Iterator[Callable[[int], None]]:
    """Show on standard error how much was read."""
    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=progress_console, transient=True) as progress:
        task = progress.add_task("", total=size)
        yield lambda count: progress.update(task, advance=count)


def _words(counts: dict[str, Any]) -> str:
    marks = ", ".join(f"{count} {mark}" for mark, count in counts["marks"].items() if mark != "unmapped")
    return f"; {marks}" if marks else ""


def _tell(words: str) -> None:
    progress_console.print(words, markup=False, highlight=False, soft_wrap=True)


def _end(problems: list[str]) -> None:
    for problem in problems:
        _tell(f"not read to its end: {problem}")
    if problems:
        raise typer.Exit(1)
