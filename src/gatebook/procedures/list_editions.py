"""The editions on this machine's shelf, asked for by who can do without one that is gone.

The trap guarded against: a list that was loaded on another machine, or damaged here, that stops all that is asked of
the others.
"""

from __future__ import annotations

from gatebook.errors import ListError, NotFound
from gatebook.procedures.house import House
from gatebook.screen.party import ListEdition


def digests_there(house: House, list_id: str) -> list[str]:
    """Return the digests of a list's editions, oldest first; none of a list that is not on the shelf."""
    try:
        return [edition.digest for edition in house.lists.editions(list_id)]
    except (NotFound, ListError):
        return []


def edition_if_there(house: House, list_id: str, digest: str) -> ListEdition | None:
    """Return an edition; None where it is gone, or is no longer what was loaded."""
    try:
        return house.lists.edition(list_id, digest)
    except (NotFound, ListError):
        return None
