"""Commands about what left the house: proposed without a demand, agreed to by another, listed, and counted.

The trap guarded against: a file of what was handed over that anybody can read. It is written for its owner alone, and
only after it was entered.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from gatebook.cli.shell import HERE, As, HouseAt, JsonFile, acting, looking, operator_named, read
from gatebook.cli.shell import show as say
from gatebook.errors import FieldProblem, InvalidInput, reason_of
from gatebook.procedures import disclose, look_at_disclosures, render

HELP = "What left the house, on what and to whom; and without a demand, by law and two officers."
app = typer.Typer(no_args_is_help=True)
Disclosure = Annotated[str, typer.Argument(help="A disclosure's id, dis_....")]
Digest = Annotated[str, typer.Argument(help="The digest of what you saw, as it was proposed or shown.")]
Out = Annotated[Path | None, typer.Option(help="Write it into this new file.")]


@app.command()
def propose(file: JsonFile, house: HouseAt = HERE, operator: As = "local") -> None:
    """Ask the law of each class, and where it allows all, enter what is to be handed over without a demand."""
    with acting(house) as h:
        say(disclose.propose_disclosure(h, operator_named(operator), read(file)))


@app.command()
def waiting(house: HouseAt = HERE, operator: As = "local") -> None:
    """List what waits for another officer's word."""
    with looking(house) as h:
        say({"items": look_at_disclosures.waiting(h, operator_named(operator))})


@app.command("open")
def open_(disclosure: Disclosure, house: HouseAt = HERE, operator: As = "local") -> None:
    """Open what is to be handed over to whom, or was, with its digest (a reading, entered first)."""
    with acting(house) as h:
        say(disclose.open_proposal(h, operator_named(operator), disclosure))


@app.command()
def approve(disclosure: Disclosure, digest: Digest, house: HouseAt = HERE, operator: As = "local") -> None:
    """Enter the disclosure, as an officer other than the one who proposed it."""
    with acting(house) as h:
        say(render.row(disclose.approve_disclosure(h, operator_named(operator), disclosure, digest)))


@app.command()
def decline(disclosure: Disclosure, digest: Digest, house: HouseAt = HERE, operator: As = "local") -> None:
    """Enter that another officer does not agree."""
    with acting(house) as h:
        say(disclose.decline_disclosure(h, operator_named(operator), disclosure, digest))


@app.command("read")
def read_(disclosure: Disclosure, out: Out = None, house: HouseAt = HERE, operator: As = "local") -> None:
    """Give what a disclosure without a demand hands over, once it was entered (a reading of each record)."""
    with acting(house) as h:
        found = disclose.read_disclosure(h, operator_named(operator), disclosure)
    if out is None:
        say(found)
    else:
        write(out, json.dumps(found, ensure_ascii=False, indent=2) + "\n", mode=0o600)


@app.command("list")
def list_(after: str = "", limit: int = 50, house: HouseAt = HERE, operator: As = "local") -> None:
    """List disclosures: on which kind of demand, to whom, by which clauses, how much, when, and its digest."""
    with looking(house) as h:
        say(render.rows(*look_at_disclosures.disclosures(h, operator_named(operator), {}, after, limit)))


@app.command()
def show(disclosure: Disclosure, house: HouseAt = HERE, operator: As = "local") -> None:
    """Show one disclosure; nothing sealed is opened."""
    with looking(house) as h:
        say(render.row(look_at_disclosures.disclosure(h, operator_named(operator), disclosure)))


@app.command()
def export(out: Out = None, house: HouseAt = HERE, operator: As = "local") -> None:
    """Give every disclosure as CSV, in the order they were made."""
    with looking(house) as h:
        found = look_at_disclosures.disclosures_csv(h, operator_named(operator))
    if out is None:
        typer.echo(found, nl=False)
    else:
        write(out, found)


def write(path: Path, text: str, mode: int = 0o666) -> None:
    """Write a new file as it is given. Raises InvalidInput."""
    try:
        path.touch(mode=mode, exist_ok=False)
        path.write_text(text, "utf-8", newline="")
    except OSError as error:
        fault = FieldProblem("/out", "unwritable", reason_of(error))
        raise InvalidInput(f"{path.name} cannot be written", (fault,)) from None
