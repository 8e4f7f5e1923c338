"""Commands of officers and auditors: reviews, accounts, readings, registers.

The trap guarded against: a register shown with more than its rows. Plaintext comes by a reading alone.
"""

from __future__ import annotations

from typing import Annotated

import typer

from gatebook import canonical
from gatebook.cli.shell import HERE, As, HouseAt, acting, looking, operator_named
from gatebook.cli.shell import show as say
from gatebook.procedures import (
    ask_gate,
    close_account,
    look,
    look_at_lists,
    render,
    replay,
    rescreen_account,
    review,
)

app = typer.Typer()


@app.command("list")
def list_(
    register: str, state: str = "", after: str = "", limit: int = 50, house: HouseAt = HERE, operator: As = "local"
) -> None:
    """List applications, accounts, reviews, determinations, records, persons, lists, or another register."""
    with looking(house) as h:
        if register == "lists":
            say(render.rows(*look_at_lists.lists(h, operator_named(operator), after, limit)))
            return
        where = {"status" if register == "accounts" else "state": state} if state else {}
        say(render.rows(*look.page(h, operator_named(operator), register, where, after, limit)))


@app.command()
def show(register: str, key: str, house: HouseAt = HERE, operator: As = "local") -> None:
    """Show one row of a register."""
    with looking(house) as h:
        say(render.row(look.one(h, operator_named(operator), register, key)))


@app.command()
def explain(determination_id: str, house: HouseAt = HERE, operator: As = "local") -> None:
    """Open a determination with every clause considered (a reading, entered first)."""
    with acting(house) as h:
        say(look.determination(h, operator_named(operator), determination_id))


@app.command("replay")
def replay_(determination_id: str, house: HouseAt = HERE, operator: As = "local") -> None:
    """Put the recorded facts to the law of the recorded day again and compare byte for byte."""
    with acting(house) as h:
        say(canonical.plain(replay.replay(h, operator_named(operator), determination_id)))


@app.command()
def dispose(
    review_id: str,
    disposition: str,
    match: str = "",
    note: str = "",
    set_aside: Annotated[list[str] | None, typer.Option(help="Evidence to put to the law no more, by its id.")] = None,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Enter an officer's word on a review: admit or decline; --match same|different for listed candidates."""
    with acting(house) as h:
        who = operator_named(operator)
        say(render.disposed(review.dispose(h, who, review_id, disposition, match, note, set_aside or ())))


@app.command()
def approve(review_id: str, house: HouseAt = HERE, operator: As = "local") -> None:
    """Approve what another officer proposed."""
    with acting(house) as h:
        say(render.disposed(review.approve(h, operator_named(operator), review_id)))


@app.command("close")
def close_(account_id: str, cause: str, for_cause: bool = False, house: HouseAt = HERE, operator: As = "local") -> None:
    """Close an account."""
    with acting(house) as h:
        who = operator_named(operator)
        say(render.row(close_account.close_account(h, who, account_id, cause, for_cause=for_cause)))


@app.command()
def rescreen(account_id: str, house: HouseAt = HERE, operator: As = "local") -> None:
    """Compare an open account's person with the lists of today."""
    with acting(house) as h:
        say(render.disposed(rescreen_account.rescreen_account(h, operator_named(operator), account_id)))


@app.command()
def gate(account: str, act: str = "use", house: HouseAt = HERE, operator: As = "local") -> None:
    """Ask whether this account may do this now."""
    with looking(house) as h:
        say(canonical.plain(ask_gate.ask_gate(h, operator_named(operator), account, act)))


@app.command("read")
def read_(record_id: str, purpose: str, house: HouseAt = HERE, operator: As = "local") -> None:
    """Open one sealed record, or what is left of it, for a stated purpose; the reading is entered first."""
    with acting(house) as h:
        opened = look.read_record(h, operator_named(operator), record_id, purpose, in_part=True)
        say({"record_id": record_id, "payload": opened})
