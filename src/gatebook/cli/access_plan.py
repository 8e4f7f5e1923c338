"""The command that plans for access events: disks, machines, parts and ledger, each figure with where it is from.

The trap guarded against: a table to be believed. Below the plan stands every measurement it was made from.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from gatebook.cli.shell import console, show
from gatebook.record.capacity import MEASURED, Load, plan


def access_plan(
    events_per_day: Annotated[float, typer.Option(help="Events a day, as 1e9.")],
    years: Annotated[
        float, typer.Option(help="How long each is kept: a retention runs from the closing of an account.")
    ] = 2,
    peak: Annotated[float, typer.Option(help="Events a second at the peak, as a multiple of the mean.")] = 5,
    disk_tb: Annotated[float, typer.Option(help="Terabytes of disk in one machine.")] = 8,
    cores: Annotated[float, typer.Option(help="Cores of one machine.")] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="JSON.")] = False,
) -> None:
    """Say what a number of events a day comes to in disk, machines, parts and ledger, from measured figures."""
    load = Load(events_per_day, years, peak, disk_tb, cores)
    figures = plan(load)
    if as_json:
        measured = {name: asdict(one) for name, one in MEASURED.items()}
        show({"load": asdict(load), "plan": [asdict(one) for one in figures], "measured": measured})
        return
    table = Table("what", "", "unit", "made from")
    for one in figures:
        table.add_row(one.name.replace("_", " "), _number(one.value), one.unit, ", ".join(one.measured))
    console.print(table)
    table = Table("measured", "", "unit", "how")
    for name, value in MEASURED.items():
        table.add_row(name, _number(value.value), value.unit, value.how)
    console.print(table)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}".rstrip("0").rstrip(".")  # noqa: PLR2004  digits enough
