"""Commands that trace: who held an address and who used it, what an account did, and who shares with it.

The trap guarded against: a terminal steered by what a stranger wrote. In tables only printable letters are shown; all
other answers are JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from gatebook.cli.shell import HERE, As, HouseAt, console, on_premises, operator_named, show
from gatebook.errors import FieldProblem, InvalidInput, reason_of
from gatebook.procedures.trace import Tracer
from gatebook.procedures.trace_account import trace_account, trace_identifier, trace_sign
from gatebook.procedures.trace_address import AROUND, trace_address
from gatebook.procedures.trace_shared import DAYS, LEAST, trace_shared
from gatebook.procedures.trace_timeline import draw_timeline, trace_timeline
from gatebook.trace.timeline import printable

HELP = "Who held and who used an address, what an account did, who shares with it."
app = typer.Typer(no_args_is_help=True)
Purpose = Annotated[str, typer.Option(help="Why this is asked, as: legal-process, abuse, audit.")]
From = Annotated[str, typer.Option("--from", help="At this instant or later, as 2026-10-01T12:00:05Z.")]
Until = Annotated[str, typer.Option(help="Before this instant; without either the whole record is asked.")]
After = Annotated[str, typer.Option(help="The next of the page before.")]
Limit = Annotated[int, typer.Option(help="How many events, at most 1000.")]
Account = Annotated[str, typer.Argument(help="An account id.")]
_PIPED = 240  # columns of a table that nobody watches
_COLUMNS = {
    "time": "at",
    "act": "act",
    "outcome": "outcome",
    "address": "address",
    "from": "country",
    "principal": "principal",
    "source": "source",
}


@app.command("ip")
def ip(
    address: Annotated[str, typer.Argument(help="An IP address, or a network in CIDR form.")],
    purpose: Purpose,
    at: Annotated[str, typer.Option(help="The instant, as 2026-10-01T12:00:05Z.")] = "",
    window: Annotated[
        str, typer.Option(help=f"How far before and after it: 90s, 15m, 1h, 2d; {AROUND} if left out.")
    ] = "",
    from_: From = "",
    until: Annotated[str, typer.Option(help="Instead of --at: before this instant.")] = "",
    after: After = "",
    limit: Limit = 100,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Say who held an address at an instant, and who used it around then (a reading, entered first)."""
    with _tracing(house, operator, purpose) as tracer:
        show(trace_address(tracer, address, at, window, from_, until, after, limit))


app.command("subnet", help="The same, by another name.")(ip)


@app.command()
def account(
    account_id: Account,
    purpose: Purpose,
    from_: From = "",
    until: Until = "",
    after: After = "",
    limit: Limit = 100,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Say what an account did, by every principal within the time it held it (a reading)."""
    with _tracing(house, operator, purpose) as tracer:
        show(trace_account(tracer, account_id, from_, until, after, limit))


def _add(name: str, words: str, ask: Callable[..., dict[str, Any]]) -> None:
    """Add a command that traces a text."""

    @app.command(name, help=f"{words} (a reading).")
    def by_text(
        text: str,
        purpose: Purpose,
        from_: From = "",
        until: Until = "",
        after: After = "",
        limit: Limit = 100,
        house: HouseAt = HERE,
        operator: As = "local",
    ) -> None:
        with _tracing(house, operator, purpose) as tracer:
            show(ask(tracer, name, text, from_, until, after, limit))


_add("session", "Say who used a session", trace_sign)
_add("user-agent", "Say who showed exactly this user agent", trace_sign)
_add("fingerprint", "Say who used the key with this fingerprint", trace_sign)
_add("principal", "Say what was done under a name, and which account held it when", trace_sign)
_add("wallet", "Say whose accounts are paid from a virtual-currency address, and what they did", trace_identifier)


@app.command()
def identifier(
    kind: Annotated[str, typer.Argument(help="wallet, email, phone or number.")],
    text: str,
    purpose: Purpose,
    from_: From = "",
    until: Until = "",
    after: After = "",
    limit: Limit = 100,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Say whose accounts are of who gave a wallet, e-mail address, telephone or other number (a reading)."""
    with _tracing(house, operator, purpose) as tracer:
        show(trace_identifier(tracer, kind, text, from_, until, after, limit))


@app.command()
def shared(
    account_id: Account,
    purpose: Purpose,
    days: Annotated[int, typer.Option(help="How many days, back from the end.")] = DAYS,
    least: Annotated[int, typer.Option(help="How many addresses at the least.")] = LEAST,
    until: Annotated[str, typer.Option(help="The end of the days; now, where it is left out.")] = "",
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Say who was seen at two or more addresses of an account: leads, no findings (a reading)."""
    with _tracing(house, operator, purpose) as tracer:
        show(trace_shared(tracer, account_id, days, least, until))


@app.command()
def timeline(
    account_id: Account,
    purpose: Purpose,
    from_: From = "",
    until: Until = "",
    svg: Annotated[Path | None, typer.Option(help="Draw all of it as an SVG picture into this file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON, and not as a table.")] = False,
    after: After = "",
    limit: Limit = 100,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Show an account's timeline: opening and closing, what it held, accesses, and days without (a reading)."""
    with _tracing(house, operator, purpose) as tracer:
        if svg:
            _write(svg, draw_timeline(tracer, account_id, from_, until))
            show({"account": account_id, "out": str(svg)})
            return
        found = trace_timeline(tracer, account_id, from_, until, after, limit)
    if json:
        show(found)
    else:
        _show_table(found)


@contextmanager
def _tracing(house: Path, operator: str, purpose: str) -> Iterator[Tracer]:
    who = operator_named(operator)
    with on_premises(house) as premises, premises.access() as rows:
        yield Tracer(premises.house, rows, who, purpose, waiting=bool(premises.access_log.pending(1)))


def _write(path: Path, text: str) -> None:
    """Write a file that its owner alone can read. Raises InvalidInput."""
    try:
        path.touch(mode=0o600)
        path.write_text(text, "utf-8")
    except OSError as error:
        why = FieldProblem("/svg", "unwritable", reason_of(error))
        raise InvalidInput(f"{path.name} cannot be written", (why,)) from None


def _show_table(found: Mapping[str, Any]) -> None:
    for account in found["accounts"]:
        if account["account"] == found["account"]:
            words = "account {account}: {status}, opened {opened_at}, closed {closed_at}"
            known = {**account, "closed_at": account.get("closed_at") or "never"}
            _say(words.format_map(known) if account["account_known"] else "this house did not open that account")
    for held in found["assignments"]:
        _say(f"held {held['kind']} {held['thing']} from {held['from']} until {held['until'] or 'now'}")
    for gap in found.get("gaps", ()):
        _say(f"no access for {gap['days']} days, {gap['from']} until {gap['until']}")
    whole = {"time", "address"}  # cut short, they are of no use
    table = Table(
        *(Column(name, no_wrap=name in whole, overflow="fold") for name in _COLUMNS), box=None, pad_edge=False
    )
    for event in found["events"]:
        table.add_row(*(Text(printable(event[name] or "")) for name in _COLUMNS.values()))
    (console if console.is_terminal else Console(width=_PIPED)).print(table)
    sealed = found["sealed_until"]
    waiting = "; more batches wait to be sealed" if sealed["batches_waiting"] else ""
    _say(f"complete until segment {sealed['segment']}, sealed {sealed['at'] or 'never'}{waiting}")
    if found["next"]:
        _say(f"more with --after {found['next']}")


def _say(words: str) -> None:
    console.print(Text(printable(words)), soft_wrap=True)
