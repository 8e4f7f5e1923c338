"""From the cells of a row to what is compared: names, birth, countries, kind and number, as tables have them.

The trap guarded against: a detail that could not be read taken for one that disagrees. It is left out and counted, and
the row is screened by what is left.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gatebook.screen.lists.births import birth_of
from gatebook.screen.lists.countries import codes_of, says_nothing
from gatebook.screen.lists.kinds import kind_of
from gatebook.screen.party import Birth, ListedName, ListedParty
from gatebook.screen.said import names_said
from gatebook.screen.screening import Query
from gatebook.screen.tokens import read_name

LONGEST_NAME = 1_000
_APART = re.compile(r"[;|]")
_YEAR, _MONTH = 4, 7


@dataclass(frozen=True, slots=True)
class Details:
    """What a row says besides names, and which of its columns said something nobody could read."""

    kind: str = ""
    born_on: str = ""
    countries: tuple[str, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()
    unread: tuple[str, ...] = ()


NOTHING = Details()


def name_fault(name: str) -> str:
    """Return why a name cannot be compared, as a stable slug; empty when it can."""
    if not name.strip():
        return "no-name"
    if len(name) > LONGEST_NAME:
        return "name-too-long"
    return "" if read_name(name).tokens else "name-without-letters"


def read_details(kind: str, born: str, country: str, number: str) -> Details:
    """Read the cells beside a name; empty says that nothing is known."""
    if not (kind or born or country or number):
        return NOTHING
    known_kind, born_on = kind_of(kind), born_text(born)
    named = [part.strip() for part in _APART.split(country) if part.strip()]
    countries = tuple(part for part in named if codes_of(part) and not says_nothing(part))
    faults = (
        ("kind", known_kind is None),
        ("born", bool(born.strip()) and not born_on),
        ("country", any(codes_of(part) is None or says_nothing(part) for part in named)),
    )
    numbers = tuple(("", part.strip()) for part in _APART.split(number) if part.strip())
    plain_kind = (known_kind or "").removeprefix("unknown")
    return Details(plain_kind, born_on, countries, numbers, tuple(what for what, is_fault in faults if is_fault))


def born_text(born: str) -> str:
    """Return a birth as ``1964``, ``1964-05`` or ``1964-05-02``; empty when it is in no known form.

    Of ``03/04/1971`` nobody knows which is the month, so that the year alone is kept.
    """
    found = birth_of(born) if born.strip() else None
    return _as_text(found) if found else ""


def _as_text(birth: Birth) -> str:
    first, last = birth.earliest, birth.latest
    if first == last:
        return first
    if first[:_MONTH] == last[:_MONTH] and first.endswith("-01") and int(last[8:]) >= 28:  # noqa: PLR2004  a month
        return first[:_MONTH]
    whole_year = first[:_YEAR] == last[:_YEAR] and first.endswith("-01-01") and last.endswith("-12-31")
    return first[:_YEAR] if whole_year else ""


def query_of(name: str, details: Details) -> Query:
    """Return the query that a row makes, of its name and of the names it may hold."""
    return Query(names_said(name), details.kind, details.born_on, details.countries, details.numbers)


def party_of(name: str, details: Details) -> ListedParty:
    """Return a row's side of a pair as a listed party."""
    birth = birth_of(details.born_on) if details.born_on else None
    return ListedParty(
        "pair",
        details.kind or "unknown",
        tuple(ListedName(text, "primary", "second name") for text in names_said(name)),
        (birth,) if birth else (),
        details.countries,
        details.numbers,
    )


def lacking(columns: Sequence[str], needed: Sequence[str]) -> tuple[str, ...]:
    """Return which needed columns are not there."""
    return tuple(name for name in needed if name not in columns)
