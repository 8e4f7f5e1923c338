"""Commands about the lists persons are compared with: loaded, updated, shown, and asked about one name.

The trap guarded against: an old list nobody notices; ``show`` says how old each is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from gatebook.cli.explained import explained
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
from gatebook.errors import FieldProblem, InvalidInput, reason_of
from gatebook.procedures import look_at_lists, render
from gatebook.procedures.house import House, Operator
from gatebook.procedures.rescreen_delta import Rescreened, rescreen_delta
from gatebook.screen.described import loaded
from gatebook.screen.screeners import OWN
from gatebook.wiring.lists import load_list, update_list

app, names_app = typer.Typer(no_args_is_help=True), typer.Typer()
Rescreen = Annotated[bool, typer.Option(help="Compare everybody with what changed; else a served house does it soon.")]


@app.command("load")
def lists_load(
    list_id: str,
    files: list[Path],
    confirm: bool = False,
    rescreen: Rescreen = True,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Load a list from files you have, in any known form, and compare everybody with what changed on it."""
    given = {str(path): _bytes(path) for path in files}  # two of one name are refused, not one of them taken
    with on_premises(house) as premises:
        who = operator_named(operator)
        edition = load_list(premises, who, list_id, given, confirmed=confirm)
        found = _rescreened(premises.house, who, list_id) if rescreen else None
    report = edition.report
    refused, unknown = report.refused[:50], report.unknown_fields
    show({**loaded(edition), "rows": report.rows, "refused": refused, "unknown_fields": unknown, **_told(found)})


@app.command("update")
def lists_update(
    list_id: Annotated[str, typer.Argument()] = "ofac-sdn",
    confirm: bool = False,
    rescreen: Rescreen = True,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Fetch a list from its publisher over HTTPS and compare everybody with what changed; on failure the old stays."""
    with on_premises(house) as premises:
        who = operator_named(operator)
        with Progress(console=progress_console, transient=True) as progress:
            tasks: dict[str, Any] = {}

            def moved(name: str, size: int) -> None:
                tasks.setdefault(name, progress.add_task(name, total=None))
                progress.update(tasks[name], completed=size)

            edition = update_list(premises, who, list_id, moved, confirmed=confirm)
        found = _rescreened(premises.house, who, list_id) if rescreen else None
    show({**loaded(edition), **_told(found)})


@app.command("rescreen")
def lists_rescreen(
    list_id: str,
    since: Annotated[str, typer.Option("--since", help="The edition to begin from, by its digest.")] = "",
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Compare everybody with what changed on a list since the edition last rescreened; cut off, it goes on."""
    with acting(house) as h:
        found = _rescreened(h, operator_named(operator), list_id, since)
    show(render.rescreened(found))


@app.command("diff")
def lists_diff(
    list_id: str,
    old: Annotated[str, typer.Argument(help="An edition by its digest; the one before by default.")] = "",
    new: Annotated[str, typer.Argument(help="An edition by its digest; the current one by default.")] = "",
    as_json: Annotated[bool, typer.Option("--json")] = False,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Say who was added to, removed from and changed on a list between two of its editions, field by field."""
    with looking(house) as h:
        found = look_at_lists.differences(h, operator_named(operator), list_id, old, new)
    if as_json:
        show(found)
        return
    for line in found["words"]:
        typer.echo(line)


def _rescreened(house: House, operator: Operator, list_id: str, since: str = "") -> Rescreened:
    """Rescreen with a bar on standard error."""
    with Progress(console=progress_console, transient=True) as progress:
        task = progress.add_task(f"comparing everybody with {list_id}", total=None)

        def moved(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        return rescreen_delta(house, operator, list_id, since, progress=moved)


def _told(found: Rescreened | None) -> dict[str, Any]:
    return {} if found is None else {"rescreened": render.rescreened(found)}


@app.command("show")
def lists_show(house: HouseAt = HERE, operator: As = "local") -> None:
    """Say which lists are compared with: form, parties, rows refused by reason, how old, and how old they may be."""
    with looking(house) as h:
        show(render.rows(*look_at_lists.lists(h, operator_named(operator), "", 200)))


@names_app.command("name")
def screen(
    name: str,
    born: str = "",
    country: str = "",
    kind: str = "",
    certificate: Annotated[
        bool, typer.Option("--certificate", help="Say too what was not found, and the bound that excludes the rest.")
    ] = False,
    scorer: Annotated[
        str, typer.Option(help="Another way of screening, for looking only: ofac-parity or exhaustive.")
    ] = OWN,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Compare a name with the lists loaded and say of each candidate why it matched. Keeps nothing."""
    with looking(house) as h:
        who = operator_named(operator)
        found = look_at_lists.screen_name(h, who, name, born, country, kind, certificate=certificate, scorer=scorer)
    if as_json:
        show(found)
        return
    for line in [line for c in found["candidates"] for line in explained(c)]:
        typer.echo(line)
    parties = sum(edition["parties"] for edition in found["lists"])
    by = "" if scorer == OWN else f" by {scorer}"
    typer.echo(f"{len(found['candidates'])} candidates{by} among {parties} parties on {len(found['lists'])} lists")
    if certificate:
        typer.echo(found["certificate"]["words"])


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        why = reason_of(error)
        raise InvalidInput(f"{path.name} cannot be read", (FieldProblem("", "unreadable", why),)) from None
