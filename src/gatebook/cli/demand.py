"""Commands of whoever answers demands: taken in, described, checked, scoped, ruled on, closed, and what is due.

The trap guarded against: a demand whose day is read off a screen nobody opens. The list begins with what is due first.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from gatebook import canonical
from gatebook.cli.shell import HERE, As, HouseAt, JsonFile, acting, console, looking, on_premises, operator_named, read
from gatebook.cli.shell import show as say
from gatebook.errors import FieldProblem, InvalidInput, NotFound, reason_of
from gatebook.procedures import (
    check_demand,
    close_demand,
    demand_clocks,
    look_at_demands,
    receive_demand,
    render,
    rule_demand,
    scope_demand,
)
from gatebook.terms.demand import Channel, Check
from gatebook.wiring.mailbox import fetch_demands

HELP = "Legal process that was served: taken in, checked, scoped by law, and answered in time."
app = typer.Typer(no_args_is_help=True)
DemandId = Annotated[str, typer.Argument(help="A demand's id, dem_....")]
_PIPED, _MINUTE, _HOUR, _DAY = 200, 60, 3600, 86_400
_DUENESS = {"overdue": "OVERDUE", "nearly-due": "nearly due"}
_COLUMNS = ("demand", "instrument", "jurisdiction", "state", "hold", "due in", "")


@app.command()
def receive(
    file: Annotated[Path | None, typer.Argument(help="A JSON file of what the demand says; - reads it.")] = None,
    document: Annotated[Path | None, typer.Option(help="The paper as it came, of any kind; at most 25 MiB.")] = None,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Take in a demand: what it says, its paper, or both. Its hold is in force when this is answered."""
    data = None if file is None else read(file)
    paper = None if document is None else _bytes(document)
    with acting(house) as h:
        say(receive_demand.receive_demand(h, operator_named(operator), data, paper, Channel.COMMAND))


@app.command()
def describe(demand_id: DemandId, file: JsonFile, house: HouseAt = HERE, operator: As = "local") -> None:
    """Say what a demand says that came as a paper alone, or say it better: it is checked and scoped anew."""
    with acting(house) as h:
        say(receive_demand.describe_demand(h, operator_named(operator), demand_id, read(file)))


@app.command()
def check(
    demand_id: DemandId,
    name: Annotated[str, typer.Argument(metavar="CHECK", help=f"One of {', '.join(Check)}.")],
    verdict: Annotated[str, typer.Argument(help="passed or failed.")],
    note: Annotated[str, typer.Option(help="How it was made.")] = "",
    called: Annotated[str, typer.Option(help="A call back: the number called.")] = "",
    found_in: Annotated[str, typer.Option(help="Where that number was found; not in the demand.")] = "",
    answered_by: Annotated[str, typer.Option(help="Who answered.")] = "",
    called_at: Annotated[str, typer.Option(help="When, as 2026-10-01T12:00:05Z.")] = "",
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Enter what a check of a demand came to."""
    given = {
        "note": note,
        "called": called,
        "found_in": found_in,
        "answered_by": answered_by,
        "called_at": called_at,
    }
    how = {key: text for key, text in given.items() if text}
    with acting(house) as h:
        say(check_demand.check_demand(h, operator_named(operator), demand_id, name, verdict, how))


@app.command()
def scope(demand_id: DemandId, house: HouseAt = HERE, operator: As = "local") -> None:
    """Ask the law, class by class, what a demand reaches; what it leaves unknown goes to counsel."""
    with acting(house) as h:
        say(scope_demand.scope_demand(h, operator_named(operator), demand_id))


@app.command()
def rule(
    demand_id: DemandId,
    reason: Annotated[str, typer.Option(help="Why; it is sealed.")],
    allow: Annotated[
        list[str] | None, typer.Option(help="A class the law left unknown; the others are refused.")
    ] = None,
    basis: Annotated[str, typer.Option(help="What is allowed rests on this.")] = "",
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Enter counsel's word on the classes the law left unknown."""
    with acting(house) as h:
        data = {"allow": list(allow or ()), "basis": basis, "reason": reason}
        say(rule_demand.rule_demand(h, operator_named(operator), demand_id, data))


@app.command("list")
def list_(
    state: str = "",
    json: Annotated[bool, typer.Option("--json", help="As JSON, and not as a table.")] = False,
    after: str = "",
    limit: int = 50,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """List demands with the time each is due in, what is due first above."""
    with looking(house) as h:
        rows, following = look_at_demands.demands(h, operator_named(operator), {"state": state}, after, limit)
        holds = look_at_demands.scopes_held(h)
    if json:
        say(render.rows(rows, following))
        return
    _table(rows, holds)
    if following:
        console.print(f"more with --after {following}")


@app.command()
def show(demand_id: DemandId, house: HouseAt = HERE, operator: As = "local") -> None:
    """Show a demand's row with what is due, its checks and holds; nothing sealed is opened."""
    with looking(house) as h:
        say(render.row(look_at_demands.demand(h, operator_named(operator), demand_id)))


@app.command("read")
def read_(
    demand_id: DemandId,
    document: Annotated[Path | None, typer.Option(help="Write the paper as it came into this new file.")] = None,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Open what is sealed of a demand (a reading, entered first)."""
    with acting(house) as h:
        found = look_at_demands.read_demand(h, operator_named(operator), demand_id)
    if document is not None:
        papers = [item["payload"].pop("document") for item in found["items"] if item["payload"].get("document")]
        if not papers:
            raise NotFound("this demand came without a paper")
        _write(document, base64.b64decode(papers[0]))
    say(found)


@app.command()
def close(
    demand_id: DemandId,
    outcome: Annotated[str, typer.Argument(help=f"One of {', '.join(close_demand.OUTCOMES)}.")],
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Close a demand: its hold of process ends, and its papers get the day on which they go."""
    with acting(house) as h:
        say(render.row(close_demand.close_demand(h, operator_named(operator), demand_id, outcome)))


@app.command()
def clock(house: HouseAt = HERE, operator: As = "local") -> None:
    """List every clock that runs: answers, motions, holds, notices; the earliest first."""
    with looking(house) as h:
        say({"items": demand_clocks.clocks(h, operator_named(operator))})


@app.command()
def fetch(house: HouseAt = HERE, operator: As = "local") -> None:
    """Take in what waits in the mailbox folder; a served house does so every minute by itself."""
    with on_premises(house) as premises:
        say(canonical.plain(fetch_demands(premises, operator_named(operator))))


@app.command("replay")
def replay_(demand_id: DemandId, house: HouseAt = HERE, operator: As = "local") -> None:
    """Ask again what the latest scoping asked, of the law of its day, and compare byte for byte."""
    with acting(house) as h:
        say(scope_demand.replay_scoping(h, operator_named(operator), demand_id))


def _table(rows: Iterable[Mapping[str, Any]], holds: Mapping[str, str]) -> None:
    table = Table(*(Column(name, no_wrap=name in {"demand", "due in"}) for name in _COLUMNS), box=None, pad_edge=False)
    for row in sorted(rows, key=lambda one: one.get("due_in_s", float("inf"))):
        due = row.get("due_in_s")
        table.add_row(
            row["demand_id"],
            row["instrument"] or "not described",
            row["jurisdiction"] or "",
            row["state"],
            holds.get(row["demand_id"], "none"),
            "" if due is None else _length(due),
            "notice due" if row.get("notice_is_owed") else _DUENESS.get(row.get("dueness", ""), ""),
        )
    (console if console.is_terminal else Console(width=_PIPED)).print(table)


def _length(seconds: int) -> str:
    """Return a length of time as people say it, in its two largest units."""
    left, before = abs(seconds), "-" if seconds < 0 else ""
    if left >= _DAY:
        return f"{before}{left // _DAY} d {left % _DAY // _HOUR} h"
    return f"{before}{left // _HOUR} h {left % _HOUR // _MINUTE} min"


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        fault = FieldProblem("/document", "unreadable", reason_of(error))
        raise InvalidInput("the document cannot be read", (fault,)) from None


def _write(path: Path, data: bytes) -> None:
    """Write a new file that its owner alone can read. Raises InvalidInput."""
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(data)
    except OSError as error:
        fault = FieldProblem("/document", "unwritable", reason_of(error))
        raise InvalidInput(f"{path.name} cannot be written", (fault,)) from None
