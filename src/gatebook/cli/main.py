"""The ``gatebook`` command: parse, call one procedure, print.

The trap guarded against: a traceback where a sentence would do. Errors of ours are printed as their message.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gatebook.cli import (
    access,
    access_archive,
    access_plan,
    access_record,
    administration,
    applications,
    assignments,
    backup,
    demand,
    disclosure,
    holds,
    law,
    ledger,
    lists,
    notice,
    population,
    production,
    reviews,
    trace,
    witness,
)
from gatebook.cli.shell import HERE, As, HouseAt, console, operator_named
from gatebook.errors import GatebookError, InvalidInput
from gatebook.wiring.founding import init_house

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # a local may hold what a person said of themselves
    help="Who rents your machines, how you know, what was decided.",
)


@app.command()
def init(house: HouseAt = HERE, origin: str = "gatebook.invalid/house", operator: As = "founder") -> None:
    """Make a house: settings, keys, database, law folder. Done twice it is done once."""
    init_house(house, origin, operator_named(operator))
    console.print(f"A house stands in {house}. Next: gatebook lists load, gatebook keys make, gatebook serve")


@app.command("serve")
def serve_(
    house: HouseAt = HERE,
    host: Annotated[str, typer.Option(help="An address of this machine to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one; the log says which.")] = 8480,
) -> None:
    """Serve the API, publish the ledger every second and deliver webhooks."""
    from gatebook.api.app import serve  # noqa: PLC0415  a third of the time to start, which only this command needs

    serve(house, host, port)


@app.command()
def demo(
    folder: Annotated[Path | None, typer.Option(help="Where to build it; a new temporary folder by default.")] = None,
) -> None:
    """Run the main job on an embedded house and tell its story."""
    from gatebook.cli.demo import run_demo  # noqa: PLC0415  the story is loaded only when told

    run_demo(folder, console)


for room in (applications.app, reviews.app, administration.app):
    app.add_typer(room)
app.add_typer(law.app, name="law", help="The law this house goes by.")
app.add_typer(lists.app, name="lists", help="The lists persons are compared with.")
app.add_typer(population.app, name="screen", help=population.HELP, cls=population.NameFirst, no_args_is_help=True)
app.add_typer(ledger.app, name="ledger", help="The ledger and its proofs.")
app.add_typer(assignments.app, name="assignment", help="Who held which address, machine or name, from when to when.")
access_record.add_to(access.app)
access.app.command("plan")(access_plan.access_plan)
access.app.add_typer(access_archive.app)
app.add_typer(access.app, name="access", help="Access events: files in any known form, taken in and kept.")
app.add_typer(trace.app, name="trace", help=trace.HELP)
app.add_typer(demand.app, name="demand", help=demand.HELP)
demand.app.command("search")(production.search)
app.add_typer(production.app, name="production", help=production.HELP)
app.add_typer(notice.app, name="notice", help=notice.HELP)
app.add_typer(disclosure.app, name="disclosure", help=disclosure.HELP)
app.command("transparency")(notice.transparency)
app.add_typer(holds.app, name="hold", help=holds.HELP)
app.add_typer(holds.retention_app, name="retention", help="Until when data is kept, and by which rule.")
app.add_typer(holds.certificate_app, name="certificate", help="What is gone, and the entries that say so.")
app.add_typer(backup.app, name="backup", help=backup.HELP)
app.command("restore")(backup.restore)
app.add_typer(witness.app, name="witness", help=witness.HELP)
app.add_typer(administration.keys_app, name="keys", help="API keys and key rotation.")
app.add_typer(administration.hooks_app, name="webhooks", help="Events to the provider's own systems.")


def main() -> None:
    """Run the command line; an error of ours ends with its message and status 1."""
    try:
        app(standalone_mode=True, prog_name="gatebook")
    except InvalidInput as error:
        lines = [f"  {p.pointer or '(whole)'}: {p.reason}" for p in error.problems]
        typer.echo("\n".join([f"gatebook: {error.message}", *lines]), err=True)
        raise SystemExit(1) from None
    except GatebookError as error:
        typer.echo(f"gatebook: {error.message}", err=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
