"""Listed parties and list editions: who is on a list, as of a digest, with every row of the file accounted for.

The trap guarded against: a row that vanished. Rows parsed and rows refused with a reason add up to rows in the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class ListedName:
    """A name of a party; ``quality`` is primary, strong or weak; ``row`` says where in the list's files it stands.

    ``script`` (ISO 15924) and ``language`` (ISO 639-1) are given when the list says so, else empty.
    """

    text: str
    quality: str
    row: str
    script: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Birth:
    """A birth as an interval of ISO days, both ends included; circa widens it by a year."""

    earliest: str
    latest: str


@dataclass(frozen=True, slots=True)
class Document:
    """A numbered document or registration: its kind in the list's words, and the issuing country as alpha-2."""

    kind: str
    number: str
    country: str = ""


@dataclass(frozen=True, slots=True)
class ListedParty:
    """A party: kind is individual, entity, vessel, aircraft or unknown.

    ``countries`` are all countries named, ISO alpha-2 or the list's own word where nobody knows it; ``nationalities``
    are those of nationality and citizenship alone. ``numbers`` are the documents without their country. ``source``
    is the list a row of a combined list came from. ``is_blocking`` is what the row itself says; None leaves it to
    the edition. ``party_id`` is one party's alone in its edition: where the publisher gave one number to two, the
    second has an id of ours, and ``given_id`` is the publisher's.
    """

    party_id: str
    kind: str
    names: tuple[ListedName, ...]
    births: tuple[Birth, ...] = ()
    countries: tuple[str, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()
    wallets: tuple[tuple[str, str], ...] = ()
    programmes: tuple[str, ...] = ()
    nationalities: tuple[str, ...] = ()
    documents: tuple[Document, ...] = ()
    gender: str = ""
    source: str = ""
    is_blocking: bool | None = None
    given_id: str = ""


@dataclass(frozen=True, slots=True)
class LoadReport:
    """Counts: ``rows`` in the files = ``parsed`` + ``refused``; refusals by reason; fields nobody knows.

    ``unread`` are things inside rows that were parsed and could not be used: a country nobody knows, an address that
    lost its case, a date in no known form. ``missing`` are files of the set that were not given.
    """

    rows: int
    parsed: int
    refused: tuple[tuple[str, str], ...]
    unknown_fields: tuple[tuple[str, int], ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()


def age_in_days(published_on: str, fetched_at: datetime | None, today: date) -> int | None:
    """Return the days since the publisher's day or the day of fetching, whichever is older; None when none is known."""
    days = [date.fromisoformat(published_on)] if published_on else []
    days += [fetched_at.date()] if fetched_at else []
    return max((today - day).days for day in days) if days else None


@dataclass(frozen=True, slots=True)
class KeptEdition:
    """An edition on a shelf: its digest, when it was fetched, how many parties, and whether it is compared with.

    ``parties`` is None where the note was written before they were counted.
    """

    digest: str
    fetched_at: datetime
    parties: int | None
    is_current: bool


@dataclass(frozen=True, slots=True)
class ListEdition:
    """A list as of the digest of its bytes. ``is_blocking`` says that dealings with its parties are blocked.

    ``form`` names the layout it was read from; ``published_on`` is the publisher's own day, empty when the files do
    not say it; ``max_age_days`` is set by the operator for this list, None leaves it to the house.
    """

    list_id: str
    digest: str
    parties: tuple[ListedParty, ...]
    report: LoadReport
    is_blocking: bool = True
    fetched_at: datetime | None = None
    form: str = ""
    published_on: str = ""
    max_age_days: int | None = None

    def blocks(self, party: ListedParty) -> bool:
        """Return whether dealings with ``party`` are blocked: what its row says, else what the list says."""
        return self.is_blocking if party.is_blocking is None else party.is_blocking

    def age_days(self, today: date) -> int | None:
        """Return the age in days, from the publisher's day or the day of fetching, whichever is older.

        None means that nobody knows: the files name no day and none was noted.
        """
        return age_in_days(self.published_on, self.fetched_at, today)

    def is_older_than_set(self, today: date) -> bool | None:
        """Return whether it is older than the age set for this list; None when no age is set or none is known."""
        age = self.age_days(today)
        return None if self.max_age_days is None or age is None else age > self.max_age_days


def nobody_on(list_id: str) -> ListEdition:
    """Return a list with nobody on it: what there was before its first edition."""
    return ListEdition(list_id, "", (), LoadReport(0, 0, ()))
