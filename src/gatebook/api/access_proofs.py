"""Proofs of access over HTTP: everything one principal did in a time, and that nothing of it was withheld.

The trap guarded against: a name in a path or query, where every proxy on the way writes it down; it is in the body.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from gatebook.api.asking import Asker, Strict, ThePremises, posted, takes
from gatebook.procedures.prove_access import prove_access
from gatebook.procedures.seal_now import seal_now
from gatebook.record.access import PURPOSES
from gatebook.trace.asked import read_bounds

router = APIRouter()


class ProofAsked(Strict):
    """Whose rows, of which time, and why."""

    principal: str = Field(description="The principal as the source names it.", min_length=1, max_length=4096)
    from_: str = Field(default="", alias="from", description="RFC 3339 with a zone; from the beginning by default.")
    until: str = Field(default="", description="RFC 3339 with a zone, excluded; to the end by default.")
    purpose: str = Field(description=f"One of {', '.join(sorted(PURPOSES))}.", max_length=40)


@router.post("/v1/access-proofs", openapi_extra=takes(ProofAsked))
def prove(
    premises: ThePremises, asker: Asker, body: Annotated[ProofAsked, Depends(posted(ProofAsked))]
) -> dict[str, Any]:
    """Return a proof that a stranger can check; what waits is sealed first, and the reading is entered."""
    bounds = read_bounds(body.from_, body.until)
    with premises.access() as access:
        return prove_access(premises.house, access, asker, body.principal, bounds, body.purpose)


@router.post("/v1/access-sealings")
def seal(premises: ThePremises, asker: Asker) -> dict[str, int]:
    """Seal whatever waits in the log now, rather than within the seconds the house waits for more."""
    with premises.access() as access:
        return seal_now(premises.house, access, asker)
