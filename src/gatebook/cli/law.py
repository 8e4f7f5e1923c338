"""Commands about the law this house goes by: shown, explained, adopted, tested.

The trap guarded against: a day written in a way two readers read differently; it is YYYY-MM-DD and nothing else.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from gatebook.cli.shell import HERE, As, HouseAt, JsonFile, looking, on_premises, operator_named, read, show
from gatebook.errors import FieldProblem, InvalidInput
from gatebook.procedures import look_at_law, posted
from gatebook.wiring.founding import adopt_law

app = typer.Typer(no_args_is_help=True)


@app.command("show")
def law_show(on: str = "", house: HouseAt = HERE, operator: As = "local") -> None:
    """Show every clause of a day with its citation and standing."""
    with looking(house) as h:
        show(look_at_law.law_of(h, operator_named(operator), posted.day(on, "/on")))


@app.command("explain")
def law_explain(file: JsonFile, on: str = "", house: HouseAt = HERE, operator: As = "local") -> None:
    """Put facts ({"person.kind": "individual", ...}) to the law of a day and show every answer."""
    facts = posted.facts(read(file))
    with looking(house) as h:
        show(look_at_law.explain(h, operator_named(operator), facts, posted.day(on, "/on")))


@app.command("adopt")
def law_adopt(
    source: str, begins: Annotated[str, typer.Option("--from")], house: HouseAt = HERE, operator: As = "local"
) -> None:
    """Adopt a source of law as house policy from a day."""
    day = _needed(begins, "/from")
    with on_premises(house) as premises:
        adopt_law(premises, operator_named(operator), source, day)
    show({"adopted": source, "from": begins})


@app.command("test")
def law_test(
    house: HouseAt = HERE,
    first: str = "2026-01-01",
    days: Annotated[int, typer.Option(min=1, max=20_000)] = 800,
    operator: As = "local",
) -> None:
    """Ask the law of each day of a grid: no gap, no clash, every clause cited, unknown never admits."""
    with looking(house) as h:
        show(look_at_law.hold_over(h, operator_named(operator), _needed(first, "/first"), days))


def _needed(text: str, pointer: str) -> date:
    found = posted.day(text, pointer)
    if found is None:
        raise InvalidInput("a day is needed", (FieldProblem(pointer, "missing", "must be YYYY-MM-DD"),))
    return found
