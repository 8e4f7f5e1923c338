"""Commands about the sealed access record: seal what waits, prove what one principal did.

The trap guarded against: a proof over less than was acknowledged. What waits is sealed before anything is proved.
"""

from __future__ import annotations

from typing import Annotated

import typer

from gatebook.cli.shell import HERE, As, HouseAt, on_premises, operator_named, show
from gatebook.procedures.prove_access import prove_access
from gatebook.procedures.seal_now import seal_now
from gatebook.trace.asked import read_bounds

From = Annotated[str, typer.Option("--from", help="RFC 3339 with a zone; from the beginning by default.")]
Until = Annotated[str, typer.Option(help="RFC 3339 with a zone, excluded; to the end by default.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to those about access events."""
    app.command("seal")(seal)
    app.command("prove")(prove)


def seal(house: HouseAt = HERE, operator: As = "local") -> None:
    """Seal whatever waits in the log now, rather than within the seconds a served house waits for more."""
    with on_premises(house) as premises, premises.access() as access:
        show(seal_now(premises.house, access, operator_named(operator)))


def prove(
    principal: Annotated[str, typer.Argument(help="The principal as the source names it.")],
    purpose: Annotated[str, typer.Option(help="Why: legal-process, abuse, audit, subject-request ...")],
    from_: From = "",
    until: Until = "",
    house: HouseAt = HERE,
    operator: As = "local",
) -> None:
    """Print a proof of everything a principal did and that nothing of it was withheld. The reading is entered.

    Whoever gets it checks it with the verifier: python -m gatebook_verifier access FILE --vkey KEY --log FOLDER
    """
    with on_premises(house) as premises, premises.access() as access:
        bounds = read_bounds(from_, until)
        show(prove_access(premises.house, access, operator_named(operator), principal, bounds, purpose))
