"""Commands that answer a demand: search, propose, approve, build, release.

The trap guarded against: a file that leaves before it is entered. What is released was entered as a disclosure, with
its basis, before a byte of it is written where it was asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gatebook.cli.shell import HERE, As, HouseAt, JsonFile, acting, on_premises, operator_named, read
from gatebook.cli.shell import show as say
from gatebook.procedures import propose_production, render
from gatebook.wiring import productions

HELP = "What is handed over on a demand: proposed, approved by another, built, released."
app = typer.Typer(no_args_is_help=True)
Demand = Annotated[str, typer.Argument(help="A demand id.")]
Production = Annotated[str, typer.Argument(help="A production id.")]
Digest = Annotated[str, typer.Argument(help="The digest of the list you saw, as it was proposed or shown.")]


def search(demand: Demand, house: HouseAt = HERE, operator: As = "local") -> None:
    """Look for everything a demand names, narrow its hold to what is found, and show leads (a reading)."""
    with on_premises(house) as premises:
        say(productions.search(premises, operator_named(operator), demand))


@app.command()
def propose(
    demand: Demand,
    account: Annotated[
        list[str] | None, typer.Option(help="An account that is meant; all found without doubt by default.")
    ] = None,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Propose the exact list of what to hand over; another officer approves it by its digest."""
    with on_premises(house) as premises:
        say(productions.propose(premises, operator_named(operator), demand, account or ()))


@app.command()
def show(production: Production, house: HouseAt = HERE, operator: As = "local") -> None:
    """Open the list of a production with its digest (a reading, entered first)."""
    with acting(house) as h:
        say(propose_production.open_list(h, operator_named(operator), production))


@app.command()
def approve(production: Production, digest: Digest, house: HouseAt = HERE, operator: As = "local") -> None:
    """Approve a list, as an officer other than the one who proposed it."""
    with acting(house) as h:
        say(render.row(propose_production.approve_production(h, operator_named(operator), production, digest)))


@app.command()
def refuse(production: Production, digest: Digest, house: HouseAt = HERE, operator: As = "local") -> None:
    """Refuse a list; another may be proposed."""
    with acting(house) as h:
        say(render.row(propose_production.refuse_production(h, operator_named(operator), production, digest)))


@app.command()
def build(production: Production, house: HouseAt = HERE, operator: As = "local") -> None:
    """Open every record on an approved list through the door, and build the file a stranger can verify."""
    with on_premises(house) as premises:
        say(productions.build(premises, operator_named(operator), production))


@app.command()
def deliver(
    production: Production,
    exchange: JsonFile,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Print a released production as an ETSI TS 103 120 message; the file says what both sides agreed."""
    with on_premises(house) as premises:
        typer.echo(productions.delivered(premises, operator_named(operator), production, read(exchange)).decode())


@app.command()
def release(
    production: Production,
    out: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")],
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Enter the disclosure with its basis, and only then write the file to hand over."""
    with on_premises(house) as premises:
        say(productions.release_to(premises, operator_named(operator), production, out))
