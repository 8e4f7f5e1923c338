"""Commands that keep a house in order: API keys, webhooks, expiry, rebuilding, resuming.

The trap guarded against: a secret left in a file by accident. It is printed once, and alone where ``--quiet`` asks.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer
from rich.progress import Progress

from gatebook.cli.shell import (
    HERE,
    As,
    HouseAt,
    acting,
    looking,
    on_premises,
    operator_named,
    progress_console,
    show,
)
from gatebook.procedures import api_keys, keep_house, look, render, webhooks
from gatebook.wiring.keeping import expire as expire_due
from gatebook.wiring.keeping import resume as resume_work

app, keys_app, hooks_app = typer.Typer(), typer.Typer(no_args_is_help=True), typer.Typer(no_args_is_help=True)


@app.command()
def expire(house: HouseAt = HERE, operator: As = "local") -> None:
    """Let applications that lay in review too long lapse, and destroy the data of whose last day is past."""
    with on_premises(house) as premises:
        show({"shredded": expire_due(premises, operator_named(operator))})


@app.command()
def rebuild(house: HouseAt = HERE, operator: As = "local") -> None:
    """Drop the registers and rebuild them from the ledger; fails if anything differs."""
    with acting(house) as h, Progress(console=progress_console, transient=True) as progress:
        task = progress.add_task("folding the ledger", total=None)
        differing = keep_house.rebuild(
            h, operator_named(operator), lambda done, size: progress.update(task, completed=done, total=size)
        )
    show({"equal": not differing, "differing": differing})
    if differing:
        raise typer.Exit(1)


@app.command()
def resume(
    minutes: Annotated[int, typer.Option(min=0, help="Leave alone what is younger.")] = 1,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Take up what a crash cut off between two steps; a served house does so every minute by itself."""
    with on_premises(house) as premises:
        show({"resumed": resume_work(premises, operator_named(operator), timedelta(minutes=minutes))})


@keys_app.command("make")
def keys_make(
    scope: list[str],
    days: int = 365,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the secret and nothing else.")] = False,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Make an API key; its secret is shown this once."""
    with acting(house) as h:
        key_id, secret = api_keys.make_key(h, operator_named(operator), scope, days)
        # Shown within: publishing comes after and may fail, and the secret is nowhere else.
        if quiet:
            typer.echo(secret)
        else:
            show({"key": key_id, "secret": secret, "scopes": scope})


@keys_app.command("revoke")
def keys_revoke(key_id: str, house: HouseAt = HERE, operator: As = "local") -> None:
    """Revoke an API key at once."""
    with acting(house) as h:
        api_keys.revoke_key(h, operator_named(operator), key_id)
    show({"revoked": key_id})


@keys_app.command("rotate")
def keys_rotate(house: HouseAt = HERE, operator: As = "local") -> None:
    """Rewrap every data key under a new key-encryption key."""
    with acting(house) as h:
        key_id, count = keep_house.rotate_keys(h, operator_named(operator))
    show({"key": key_id, "rewrapped": count})


@hooks_app.command("add")
def hooks_add(url: str, house: HouseAt = HERE, operator: As = "local") -> None:
    """Register an endpoint; its secret is shown this once."""
    with on_premises(house) as premises:
        endpoint, secret = webhooks.add_endpoint(premises.house, operator_named(operator), url, premises.webhook_secret)
        show({"endpoint": endpoint, "secret": secret})  # within, as for a key


@hooks_app.command("list")
def hooks_list(house: HouseAt = HERE, operator: As = "local") -> None:
    """List where events go."""
    with looking(house) as h:
        show(render.rows(look.endpoints(h, operator_named(operator)), ""))


@hooks_app.command("remove")
def hooks_remove(endpoint: str, house: HouseAt = HERE, operator: As = "local") -> None:
    """Forget an endpoint; what is still queued for it ends as dead."""
    with acting(house) as h:
        webhooks.remove_endpoint(h, operator_named(operator), endpoint)
    show({"removed": endpoint})


@hooks_app.command("key")
def hooks_key(house: HouseAt = HERE) -> None:
    """Print the public key events are signed with (v1a); docs/webhooks.md says how to check one."""
    with on_premises(house) as premises:
        show({"key": premises.webhook_key})


@hooks_app.command("messages")
def hooks_messages(state: str = "", after: str = "", house: HouseAt = HERE, operator: As = "local") -> None:
    """List events by state (queued, sent, dead) with how often each was tried."""
    with looking(house) as h:
        show(render.rows(*look.messages(h, operator_named(operator), state, after)))


@hooks_app.command("again")
def hooks_again(message_id: str, house: HouseAt = HERE, operator: As = "local") -> None:
    """Queue an event for another attempt now; a served house tries it within a second."""
    with acting(house) as h:
        webhooks.ask_again(h, operator_named(operator), message_id)
    show({"message_id": message_id, "state": "queued"})


@hooks_app.command("deliver")
def hooks_deliver(house: HouseAt = HERE) -> None:
    """Try every event that is due once."""
    with on_premises(house) as premises:
        show({"sent": premises.deliver()})
