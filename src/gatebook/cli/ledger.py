"""Commands about the ledger: its checkpoint, entries and proofs.

The trap guarded against: bytes changed on their way to the screen. An entry and a checkpoint are printed as they are.
"""

from __future__ import annotations

import typer
from rich.progress import Progress

from gatebook import canonical
from gatebook.cli.shell import HERE, As, HouseAt, looking, operator_named, progress_console, show
from gatebook.procedures import keep_house, look, publish_ledger

app = typer.Typer(no_args_is_help=True)


@app.command("publish")
def ledger_publish(house: HouseAt = HERE) -> None:
    """Publish tiles and a signed checkpoint."""
    with looking(house) as h:
        show({"size": publish_ledger.publish_ledger(h)})


@app.command("checkpoint")
def ledger_checkpoint(house: HouseAt = HERE) -> None:
    """Print the signed checkpoint."""
    with looking(house) as h:
        typer.echo(look.checkpoint(h), nl=False)


@app.command("proof")
def ledger_proof(position: int, house: HouseAt = HERE, operator: As = "local") -> None:
    """Print a proof that the entry at a position is in the published ledger."""
    with looking(house) as h:
        typer.echo(look.proof_at(h, operator_named(operator), position), nl=False)


@app.command("consistency")
def ledger_consistency(old_size: int, house: HouseAt = HERE, operator: As = "local") -> None:
    """Print a proof that the published ledger begins with the one of an older size."""
    with looking(house) as h:
        typer.echo(look.consistency_at(h, operator_named(operator), old_size), nl=False)


@app.command("entry")
def ledger_entry(position: int, house: HouseAt = HERE, operator: As = "local") -> None:
    """Print the exact bytes of an entry."""
    with looking(house) as h:
        typer.echo(look.entry_at(h, operator_named(operator), position), nl=False)


@app.command("check")
def ledger_check(house: HouseAt = HERE, operator: As = "local") -> None:
    """Compare every entry in the database with what was signed; fails if anything differs, and changes nothing."""
    with looking(house) as h, Progress(console=progress_console, transient=True) as progress:
        task = progress.add_task("comparing the ledger", total=None)
        found = keep_house.check_ledger(
            h, operator_named(operator), lambda done, size: progress.update(task, completed=done, total=size)
        )
    show(canonical.table(found))
    if found.differing:
        raise typer.Exit(1)
