"""Commands about the lists persons are compared with: loaded, updated, shown, and asked about one name.

The trap guarded against: an old list nobody notices; ``show`` says how old each is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from gatebook.cli.shell import (
    HERE,
    As,
    HouseAt,
    console,
    looking,
    on_premises,
    operator_named,
    progress_console,
    show,
)
from gatebook.errors import FieldProblem, InvalidInput
from gatebook.procedures import keep_house, look_at_lists, render
from gatebook.wiring import update_list

app, names_app = typer.Typer(no_args_is_help=True), typer.Typer()


@app.command("load")
def lists_load(
    list_id: str, files: list[Path], confirm: bool = False, house: HouseAt = HERE, operator: As = "local"
) -> None:
    """Load a list from files you have (SDN.CSV with ALT, ADD, SDN_COMMENTS; or SDN.XML)."""
    given = {path.name: _bytes(path) for path in files}
    with on_premises(house) as premises:
        edition = premises.shelf.put(list_id, given, premises.now(), confirmed=confirm)
        parties, refused = len(edition.parties), edition.report.refused
        keep_house.note_list(premises.house, operator_named(operator), list_id, edition.digest, parties, len(refused))
    show(
        {
            "list": list_id,
            "digest": edition.digest,
            "parties": parties,
            "rows": edition.report.rows,
            "refused": refused[:50],
            "unknown_fields": edition.report.unknown_fields,
        }
    )


@app.command("update")
def lists_update(
    list_id: Annotated[str, typer.Argument()] = "ofac-sdn",
    confirm: bool = False,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Fetch a list from its publisher over HTTPS; on any failure the old edition stays."""
    with on_premises(house) as premises, Progress(console=progress_console, transient=True) as progress:
        tasks: dict[str, Any] = {}

        def moved(name: str, size: int) -> None:
            tasks.setdefault(name, progress.add_task(name, total=None))
            progress.update(tasks[name], completed=size)

        edition = update_list(premises, operator_named(operator), list_id, moved, confirmed=confirm)
    show({"list": list_id, "digest": edition.digest, "parties": len(edition.parties)})


@app.command("show")
def lists_show(house: HouseAt = HERE, operator: As = "local") -> None:
    """Say which lists were loaded, which are compared with, and how old they are."""
    with looking(house) as h:
        show(render.rows(*look_at_lists.lists(h, operator_named(operator), "", 200)))


@names_app.command()
def screen(
    name: str,
    born: str = "",
    country: str = "",
    kind: str = "",
    as_json: Annotated[bool, typer.Option("--json")] = False,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Compare a name with the lists loaded and say of each candidate why it matched. Keeps nothing."""
    with looking(house) as h:
        found = look_at_lists.screen_name(h, operator_named(operator), name, born, country, kind)
    if as_json:
        show(found)
        return
    for c in found["candidates"]:
        console.print(f"{c['score']}  {c['words']}  [{c['list_id']} {c['list_digest'][:12]}]", markup=False)
    parties = sum(edition["parties"] for edition in found["lists"])
    console.print(f"{len(found['candidates'])} candidates among {parties} parties on {len(found['lists'])} lists")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        raise InvalidInput(f"{path.name} cannot be read", (FieldProblem("", "unreadable", why),)) from None
