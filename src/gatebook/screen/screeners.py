"""Which ways of screening there are, by name: the house's own, the oracle behind it, and one after Treasury's search.

The trap guarded against: another scorer by accident. Only a name that is written here is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gatebook.errors import NotFound
from gatebook.screen.index import CompleteIndex
from gatebook.screen.ofac_parity import NAME, OfacParity
from gatebook.screen.party import ListEdition
from gatebook.screen.scan import ExhaustiveScan
from gatebook.screen.screening import Screener, ScreenSettings

OWN = "gatebook"
SCREENERS: dict[str, Callable[[Sequence[ListEdition], ScreenSettings], Screener]] = {
    OWN: CompleteIndex,
    "exhaustive": ExhaustiveScan,
    NAME: OfacParity,
}


def screener_by_name(name: str, editions: Sequence[ListEdition], settings: ScreenSettings) -> Screener:
    """Return the screener of this name over ``editions``. Raises NotFound for a name nobody knows."""
    if name not in SCREENERS:
        raise NotFound(f"there is no such way of screening; there are {', '.join(SCREENERS)}")
    return SCREENERS[name](editions, settings)
