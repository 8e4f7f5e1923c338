"""Commands about what is kept and what is gone: legal holds, clocks of retention, certificates of destruction.

The trap guarded against: a certificate that cannot be checked. With ``--to`` each entry and its proof are files of
their own, as the verifier takes them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from gatebook.cli.shell import HERE, As, HouseAt, acting, looking, on_premises, operator_named, show
from gatebook.errors import FieldProblem, InvalidInput, reason_of
from gatebook.procedures import destruction, holds, look_at_holds, look_at_retention, render
from gatebook.wiring.scan import scan_folder

HELP = "Legal holds: what does not expire, until when, and why."
app, retention_app, certificate_app = (typer.Typer(no_args_is_help=True) for _ in range(3))
_MOST = 200
Named = Annotated[list[str], typer.Option(help="May be given again.")]


@app.command("list")
def hold_list(state: str = "", after: str = "", house: HouseAt = HERE, operator: As = "local") -> None:
    """List holds, each with how it stands now: in force, nearly lapsed, lapsed, run out, ended."""
    with looking(house) as h:
        where = {"state": state}
        show(render.rows(*look_at_holds.holds(h, operator_named(operator), where, after, _MOST)))


@app.command("show")
def hold_show(hold_id: str, house: HouseAt = HERE, operator: As = "local") -> None:
    """Show one hold."""
    with looking(house) as h:
        show(render.row(look_at_holds.hold(h, operator_named(operator), hold_id)))


@app.command("place")
def hold_place(person: Named = [], account: Named = [], house: HouseAt = HERE, operator: As = "local") -> None:  # noqa: B006  typer reads it and nobody changes it
    """Place a hold of the house's own, for litigation: what it keeps does not expire until it is ended."""
    with acting(house) as h:
        show(render.row(look_at_holds.shown(h, holds.place_own_hold(h, operator_named(operator), person, account))))


@app.command("renew")
def hold_renew(
    hold_id: str,
    production_confirmed: Annotated[
        bool, typer.Option("--production-confirmed", help="Open a European preservation until it is ended.")
    ] = False,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Renew a hold; one renewed late keeps the day it lapsed."""
    with acting(house) as h:
        who = operator_named(operator)
        renewed = holds.renew_hold(h, who, hold_id, production_confirmed=production_confirmed)
        show(render.row(look_at_holds.shown(h, renewed)))


@app.command("end")
def hold_end(hold_id: str, cause: str, house: HouseAt = HERE, operator: As = "local") -> None:
    """End a hold: what it kept may go on its day."""
    with acting(house) as h:
        show(render.row(look_at_holds.shown(h, holds.end_hold(h, operator_named(operator), hold_id, cause))))


@retention_app.command("show")
def retention_show(person_id: str, house: HouseAt = HERE, operator: As = "local") -> None:
    """Say until when each class of a person's records is kept, which rule set the day, and which holds stop it."""
    with looking(house) as h:
        show(look_at_retention.show_retention(h, operator_named(operator), person_id))


@certificate_app.callback()
def certificate() -> None:
    """Certificates: what is gone, and the entries that say so."""


@certificate_app.command("destruction")
def certificate_destruction(
    person_id: str,
    to: Annotated[Path | None, typer.Option(help="A folder for the certificate, its text, entries and proofs.")] = None,
    scan: Annotated[
        Path | None, typer.Option(help="A file of texts, one a line: every file of the house is searched for each.")
    ] = None,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Certify what was destroyed of a person; every entry that says so is proved under the published checkpoint."""
    with on_premises(house) as premises:
        found = destruction.certify(premises.house, operator_named(operator), person_id)
    if scan is not None:
        found["scanned"] = scan_folder(house, _texts(scan))
    if to is not None:
        _write(to, found)
    show(found)


def _texts(file: Path) -> list[bytes]:
    try:
        return [line for line in file.read_bytes().splitlines() if line.strip()]
    except OSError as error:
        raise InvalidInput(
            "the file cannot be read", (FieldProblem("/scan", "unreadable", reason_of(error)),)
        ) from None


def _write(folder: Path, found: dict[str, Any]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "certificate.json").write_text(json.dumps(found, indent=2) + "\n")
        (folder / "certificate.txt").write_text(destruction.in_words(found))
        for one in found["entries"]:
            (folder / f"entry-{one['position']}.json").write_bytes(one["entry"].encode())
            (folder / f"entry-{one['position']}.proof").write_bytes(one["proof"].encode())
    except OSError as error:
        raise InvalidInput(
            "the folder cannot be written", (FieldProblem("/to", "unwritable", reason_of(error)),)
        ) from None
