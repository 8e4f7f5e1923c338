"""Listed parties and list editions: who is on a list, as of a digest, with every row of the file accounted for.

The trap guarded against: a row that vanished. Rows parsed and rows refused with a reason add up to rows in the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ListedName:
    """A name of a party; ``quality`` is primary, strong or weak; ``row`` says where in the list's files it stands."""

    text: str
    quality: str
    row: str


@dataclass(frozen=True, slots=True)
class Birth:
    """A birth as an interval of ISO days, both ends included; circa widens it by a year."""

    earliest: str
    latest: str


@dataclass(frozen=True, slots=True)
class ListedParty:
    """A party: kind is individual, entity, vessel, aircraft or unknown."""

    party_id: str
    kind: str
    names: tuple[ListedName, ...]
    births: tuple[Birth, ...] = ()
    countries: tuple[str, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()
    wallets: tuple[tuple[str, str], ...] = ()
    programmes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadReport:
    """Counts: ``rows`` in the files = ``parsed`` + ``refused``; refusals by reason; fields nobody knows."""

    rows: int
    parsed: int
    refused: tuple[tuple[str, str], ...]
    unknown_fields: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ListEdition:
    """A list as of the digest of its bytes. ``is_blocking`` says that dealings with its parties are blocked."""

    list_id: str
    digest: str
    parties: tuple[ListedParty, ...]
    report: LoadReport
    is_blocking: bool = True
    fetched_at: datetime | None = None
