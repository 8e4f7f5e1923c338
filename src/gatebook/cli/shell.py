"""What every command takes: the house's folder, who is at the keyboard, a JSON file, and how an answer is printed.

The trap guarded against: an act nobody can prove, because the command ended before the ledger was published.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from gatebook import canonical
from gatebook.errors import FieldProblem, InvalidInput, reason_of
from gatebook.procedures import publish_ledger
from gatebook.procedures.house import SCOPES, House, Operator
from gatebook.wiring.premises import Premises, open_premises

HouseAt = Annotated[Path, typer.Option("--house", envvar="GATEBOOK_HOUSE", help="The house's folder.")]
As = Annotated[str, typer.Option("--operator", envvar="GATEBOOK_OPERATOR", help="Who you are, as a short slug.")]
JsonFile = Annotated[Path, typer.Argument(help="A JSON file; - reads standard input.")]
HERE = Path("house")
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
console, progress_console = Console(), Console(stderr=True)


@contextmanager
def looking(folder: Path) -> Iterator[House]:
    """Open a house to look at it."""
    with open_premises(folder) as premises:
        yield premises.house


@contextmanager
def acting(folder: Path) -> Iterator[House]:
    """Open a house to act in it; what was entered is published when the act succeeded."""
    with open_premises(folder) as premises:
        yield premises.house
        publish_ledger.publish_ledger(premises.house)


@contextmanager
def on_premises(folder: Path) -> Iterator[Premises]:
    """Open a house with its adapters, for what reaches beyond procedures; what was entered is published."""
    with open_premises(folder) as premises:
        yield premises
        publish_ledger.publish_ledger(premises.house)


def operator_named(name: str) -> Operator:
    """Whoever can read the house's folder holds every scope: the files would not stop them either.

    Raises InvalidInput for what is no short slug: it is entered in the ledger, from which nothing is ever taken out.
    """
    if not _SLUG.fullmatch(name):
        problem = FieldProblem("/operator", "malformed", "letters, digits, . _ and -; no space, no @; at most 40")
        raise InvalidInput("--operator, or GATEBOOK_OPERATOR, is a short slug and not a name or an address", (problem,))
    return Operator(f"opr-{name}", SCOPES)


def show(value: object) -> None:
    """Print an answer as JSON, in colours where somebody watches."""
    if sys.stdout.isatty():
        console.print_json(json.dumps(value), highlight=False)
    else:
        typer.echo(json.dumps(value, indent=2))


def read(path: Path) -> Any:  # noqa: ANN401  whatever the file holds
    """Read a JSON file as strictly as the API reads a body. Raises InvalidInput."""
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        why = reason_of(error)
        raise InvalidInput("the file cannot be read", (FieldProblem("", "unreadable", why),)) from None
    return canonical.decode(data)
