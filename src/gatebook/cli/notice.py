"""Commands about telling the subject: put off, drafted and entered as given; and the report that tells everybody.

The trap guarded against: a letter that was drafted and taken for sent. Only what was entered as given is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from gatebook.cli.disclosure import write
from gatebook.cli.shell import HERE, As, HouseAt, acting, looking, operator_named
from gatebook.cli.shell import show as say
from gatebook.errors import FieldProblem, InvalidInput, reason_of
from gatebook.procedures import draft_notice, give_notice
from gatebook.procedures.transparency import report
from gatebook.trace.notice import Ground, Teller
from gatebook.trace.transparency import to_csv
from gatebook.trace.transparency_svg import draw

HELP = "Telling the person a demand is about: when, by whom, and in which words."
app = typer.Typer(no_args_is_help=True)
Demand = Annotated[str, typer.Argument(help="A demand's id.")]


@app.command()
def show(demand: Demand, house: HouseAt = HERE, operator: As = "local") -> None:
    """Say how notice of a demand stands, and why the provider may not tell where that is so."""
    with looking(house) as h:
        say(give_notice.notice_of(h, operator_named(operator), demand))


@app.command()
def delay(
    demand: Demand,
    until: Annotated[str, typer.Argument(help="The last day on which the subject may not be told.")],
    ground: Annotated[str, typer.Option(help=f"One of {', '.join(Ground)}.")],
    document: Annotated[Path, typer.Option(help="The court's paper, sealed as it is.")],
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Put notice off until a day is over, on a court's paper; a later one sets another day."""
    try:
        paper = document.read_bytes()
    except OSError as error:
        fault = FieldProblem("/document", "unreadable", reason_of(error))
        raise InvalidInput("the document cannot be read", (fault,)) from None
    with acting(house) as h:
        say(give_notice.delay_notice(h, operator_named(operator), demand, until, ground, paper))


@app.command()
def draft(demand: Demand, house: HouseAt = HERE, operator: As = "local") -> None:
    """Draft what to say to each person a demand is about (a reading); sending it is yours."""
    with acting(house) as h:
        say(draft_notice.draft_notice(h, operator_named(operator), demand))


@app.command()
def give(
    demand: Demand,
    by: Annotated[str, typer.Argument(help=f"Who told: {', '.join(Teller)}.")],
    how: Annotated[str, typer.Option(help="By which way and when; it is sealed.")] = "",
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Enter that the subject was told."""
    with acting(house) as h:
        say(give_notice.give_notice(h, operator_named(operator), demand, by, how))


def transparency(
    from_: Annotated[str, typer.Option("--from", help="The first day, YYYY-MM-DD, in UTC.")],
    until: Annotated[str, typer.Option(help="The last day.")],
    band: Annotated[int, typer.Option(help="Counts in bands of so many, as 0-9; 0 is exact.")] = 0,
    form: Annotated[Literal["json", "csv", "svg"], typer.Option(help="json, csv, or svg.")] = "json",
    out: Annotated[Path | None, typer.Option(help="Write it into this new file.")] = None,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Count the demands of a time by kind, jurisdiction, recipient and outcome, with the time they took; no names."""
    with looking(house) as h:
        found = report(h, operator_named(operator), from_, until, band)
    if form == "json" and out is None:
        say(found)
        return
    text = {"json": lambda: _json(found), "csv": lambda: to_csv(found), "svg": lambda: draw(found)}[form]()
    if out is None:
        typer.echo(text, nl=False)
    else:
        write(out, text)


def _json(found: object) -> str:
    return json.dumps(found, indent=2) + "\n"
