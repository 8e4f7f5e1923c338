"""Commands about witnesses: those this house asks to cosign its ledger, and the logs it cosigns itself.

The trap guarded against: a refusal that scrolls by. Asking ends with status 1 unless every witness cosigned.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gatebook.cli.shell import HERE, As, HouseAt, on_premises, operator_named, show
from gatebook.errors import FieldProblem, InvalidInput, reason_of
from gatebook.procedures import look_at_witnesses, publish_ledger, render, watch_logs
from gatebook.wiring.premises import open_premises
from gatebook.wiring.witness import ask_all, witness_desk, witnesses_of

HELP = "Two providers cosign each other's ledgers, so that neither can show two."
app = typer.Typer(no_args_is_help=True)
_MOST = 4096
VkeyFile = Annotated[Path, typer.Argument(help="The log's ledger/vkey; its origin is the name of the key.")]


@app.command("key")
def witness_key(house: HouseAt = HERE) -> None:
    """Print the verifier key this house cosigns with; other houses name it in their settings."""
    with open_premises(house) as premises:
        typer.echo(witness_desk(premises).vkey)


@app.command("watch")
def witness_watch(vkey_file: VkeyFile, house: HouseAt = HERE, operator: As = "local") -> None:
    """Cosign a log's checkpoints from now on."""
    try:
        vkey = vkey_file.read_bytes()[:_MOST].decode("ascii", "replace")
    except OSError as error:
        problem = FieldProblem("", "unreadable", reason_of(error))
        raise InvalidInput("the file cannot be read", (problem,)) from None
    with on_premises(house) as premises:
        show(watch_logs.watch_log(premises.house, witness_desk(premises), operator_named(operator), vkey))


@app.command("watched")
def witness_watched(house: HouseAt = HERE, operator: As = "local") -> None:
    """List the logs this house cosigns: the head cosigned last of each, and whether it was seen to fork."""
    with open_premises(house) as premises:
        desk = witness_desk(premises)
        show(render.rows(watch_logs.watched_logs(premises.house, desk, operator_named(operator)), ""))


@app.command("forget")
def witness_forget(
    log: Annotated[str, typer.Argument(help="The origin of the log.")], house: HouseAt = HERE, operator: As = "local"
) -> None:
    """Cosign a log no more; the head cosigned last stays known, for the day it is watched again."""
    with on_premises(house) as premises:
        watch_logs.forget_log(premises.house, witness_desk(premises), operator_named(operator), log)
    show({"forgotten": log})


@app.command("show")
def witness_show(house: HouseAt = HERE, operator: As = "local") -> None:
    """List the witnesses this house asks: what each last signed, how far behind it is, what came of asking."""
    with open_premises(house) as premises:
        asked = witnesses_of(premises)
        show(render.rows(look_at_witnesses.witnesses(premises.house, operator_named(operator), asked), ""))


@app.command("ask")
def witness_ask(house: HouseAt = HERE, operator: As = "local") -> None:
    """Publish, and ask every witness once; fails unless each cosigned. A served house asks by itself."""
    with open_premises(house) as premises:
        publish_ledger.publish_ledger(premises.house)
        found = ask_all(premises, operator_named(operator))
    show(render.rows(found, ""))
    if any(one["outcome"] != "cosigned" for one in found):
        raise typer.Exit(1)
