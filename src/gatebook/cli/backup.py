"""Commands on backups: make one, copy the keys that go with it, check, list, and restore a house.

The trap guarded against: a backup and its keys in one file. They are two, for two places: one alone opens
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from gatebook.cli.shell import HERE, As, HouseAt, on_premises, operator_named, progress_console, show

if TYPE_CHECKING:
    from gatebook.wiring.backup import Heard

app = typer.Typer(no_args_is_help=True)
HELP = "Backups of the house, of its keys, and what lives on in old ones."
File = Annotated[Path, typer.Argument(help="A new file; none is ever replaced.")]
Recipient = Annotated[
    list[str], typer.Option(help="The age public key (age1...) of who may open the keys; may be given again.")
]


@app.command("make")
def make(
    file: File,
    keys: Annotated[Path | None, typer.Option(help="Write the keys that go with it to this file.")] = None,
    recipient: Annotated[
        list[str] | None, typer.Option(help="With --keys: an age public key (age1...); may be given again.")
    ] = None,
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Write everything but the keys to one file, while the house is served: state, ledger, law, lists, accesses."""
    from gatebook.wiring.backup import make_backup  # noqa: PLC0415  only who makes one waits for what it needs

    if bool(keys) != bool(recipient):
        raise typer.BadParameter("--keys and --recipient go together: keys are never written in the clear")
    with on_premises(house) as premises, _bar() as heard:
        found = make_backup(premises, operator_named(operator), file, keys, recipient or (), heard)
    show(found)


@app.command("keys")
def keys_(file: File, recipient: Recipient, house: HouseAt = HERE, operator: As = "local") -> None:
    """Write the key folder and the key ring, encrypted, to one file; keep it elsewhere than backups."""
    from gatebook.wiring.backup import make_keys  # noqa: PLC0415  as above

    with on_premises(house) as premises, _bar() as heard:
        found = make_keys(premises, operator_named(operator), file, recipient, heard)
    show(found)


@app.command("list")
def list_(house: HouseAt = HERE, operator: As = "local") -> None:
    """List backups and files of keys that were made, and which hold what was destroyed since."""
    from gatebook.wiring.backup import listed  # noqa: PLC0415  as above

    with on_premises(house) as premises:
        show(listed(premises, operator_named(operator)))


@app.command("forget")
def forget(
    digest: Annotated[str, typer.Argument(help="Its digest, as the list shows it.")],
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Take a file you destroyed off the list; the ledger keeps that it was made."""
    from gatebook.procedures.back_up import forget_backup  # noqa: PLC0415  as above

    with on_premises(house) as premises:
        show({"forgotten": forget_backup(premises.house, operator_named(operator), digest)})


@app.command("destroyed")
def destroyed(file: Annotated[Path, typer.Argument(help="Where to write the list.")], house: HouseAt = HERE) -> None:
    """Write the signed list of destroyed keys, for whoever restores an older file of keys."""
    from gatebook.wiring.backup_keys import export_destroyed  # noqa: PLC0415  as above

    with on_premises(house) as premises:
        show({"destroyed": export_destroyed(premises, file)})


@app.command("check")
def check(file: Annotated[Path, typer.Argument(help="A backup.")]) -> None:
    """Check a backup without restoring it: every file, the whole ledger, and the signed head."""
    from gatebook.wiring.backup_check import check_backup  # noqa: PLC0415  as above

    with _bar() as heard:
        found = check_backup(file, heard)
    show(found)


def restore(
    backup: Annotated[Path, typer.Argument(help="A backup.")],
    folder: Annotated[Path, typer.Argument(help="Where the house shall stand: a new folder, or an empty one.")],
    keys: Annotated[Path, typer.Option(help="The file of keys that goes with it.")],
    identity: Annotated[Path, typer.Option(help="Your age identity, to open the keys.")],
    destroyed: Annotated[
        list[Path] | None,
        typer.Option(help="A list of destroyed keys, or the key folder of a house; may be given again."),
    ] = None,
    ledger: Annotated[
        Path | None,
        typer.Option(help="A folder with the published ledger, newer than the backup: entries are taken up."),
    ] = None,
    operator: As = "local",
) -> None:
    """Restore a house from a backup and its keys; checks everything, and brings back no key that ended."""
    from gatebook.wiring import backup_restore  # noqa: PLC0415  as above

    sources = backup_restore.Sources(backup, keys, identity, tuple(destroyed or ()), ledger)
    with _bar() as heard:
        found = backup_restore.restore(sources, folder, operator_named(operator), heard=heard)
    show(found)


@contextmanager
def _bar() -> Iterator[Heard]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=progress_console, transient=True) as progress:
        task = progress.add_task("", total=None)

        def heard(what: str, done: int, total: int) -> None:
            progress.update(task, description=what, completed=done, total=total or None)

        yield heard
