"""Details that confirm or deny: birth, countries, numbers, gender, kind. They never find.

The trap guarded against: two different people of one birthday, and one person with a slip in a date. What one side does
not know is neither agreement nor clash.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from gatebook.screen.lists.countries import codes_of
from gatebook.screen.party import Birth, ListedParty
from gatebook.screen.screening import Detail, Query
from gatebook.terms.identifier import plain_number

AGREES = frozenset({"same day", "same", "within", "within years", "turned"})
#: Verdicts on a birth that with the same name say who it is; the others that agree are for a person to weigh.
SURE = frozenset({"same day", "within"})
CLASHES = frozenset({"other", "far off"})
_POINTS = {
    ("birth", "same day"): 450, ("birth", "within"): 220, ("birth", "within years"): 60,
    ("birth", "turned"): 150, ("birth", "near"): -40,
    ("birth", "other"): -350, ("birth", "far off"): -600, ("country", "same"): 60, ("country", "none shared"): -60,
    ("number", "same"): 700, ("number", "other"): -150, ("gender", "other"): -300, ("gender", "same"): 10,
    ("kind", "other"): -200,
}  # fmt: skip
_CLAIMED = frozenset({"individual", "entity"})
_YEAR, _MONTH, _DAY = 4, 7, 10
_FAR = 10
_CIRCA = 2  # years between first and last: about 1966 is 1965 to 1967


def are_compared(query: str, listed: str) -> bool:
    """Whether parties of these kinds are compared: nobody is a ship, and a kind nobody knows is compared with all.

    Whether somebody is an individual or an entity is only what they say of themselves, so that hides them from nobody.
    """
    return not query or listed in (query, "unknown", "") or {query, listed} <= _CLAIMED


def compare_details(query: Query, party: ListedParty) -> tuple[Detail, ...]:
    """Return each detail that both sides know, with its verdict."""
    verdicts = (
        ("birth", _birth(query.born_on, party.births)),
        ("country", _country(query.countries, party)),
        ("number", _number(query, party)),
        ("gender", _gender(query.gender, party.gender)),
        ("kind", "other" if {query.kind, party.kind} == _CLAIMED else ""),
    )
    return tuple(Detail(what, verdict, _POINTS[what, verdict]) for what, verdict in verdicts if verdict)


def _birth(born_on: str, births: Iterable[Birth]) -> str:
    order = ("same day", "within", "turned", "within years", "near", "other", "far off")
    verdicts = {_one_birth(born_on, b) for b in births} if len(born_on) >= _YEAR else set()
    return next((v for v in order if v in verdicts), "")


def _one_birth(born_on: str, birth: Birth) -> str:
    first, last = span(born_on)
    exact = len(born_on) == _DAY and birth.earliest == birth.latest
    if first <= birth.latest and birth.earliest <= last:
        if exact:
            return "same day"
        return "within" if int(birth.latest[:_YEAR]) - int(birth.earliest[:_YEAR]) <= _CIRCA else "within years"
    if exact and born_on[:_YEAR] == birth.earliest[:_YEAR]:
        if born_on[5:] == f"{birth.earliest[8:]}-{birth.earliest[5:7]}":
            return "turned"
        if born_on[5:7] == birth.earliest[5:7] or born_on[8:] == birth.earliest[8:]:
            return "near"
    gap = max(int(birth.earliest[:_YEAR]) - int(last[:_YEAR]), int(first[:_YEAR]) - int(birth.latest[:_YEAR]))
    if gap == 1 and (not exact or born_on[5:] == birth.earliest[5:]):
        return "near"
    return "far off" if gap >= _FAR else "other"


def span(born_on: str) -> tuple[str, str]:
    """Return the first and last day that a year, a month or a day may mean."""
    return (born_on + "-01-01")[:_DAY] if len(born_on) == _YEAR else (born_on + "-01")[:_DAY], (
        born_on + "-12-31" if len(born_on) == _YEAR else born_on + "-31"
    )[:_DAY]


@lru_cache(maxsize=4_096)
def _codes(country: str) -> frozenset[str]:
    return frozenset(codes_of(country) or (country.casefold(),))


def _country(mine: tuple[str, ...], party: ListedParty) -> str:
    here = {code for country in mine for code in _codes(country)}
    there = {code for country in (*party.countries, *party.nationalities) for code in _codes(country)}
    if not here or not there:
        return ""
    return "same" if here & there else "none shared"


def _number(query: Query, party: ListedParty) -> str:
    """Same, or other where both name a document of one kind and one country; else nothing can be said."""
    mine = {plain_number(v) for _, v in query.numbers} - {""}
    theirs = {plain_number(v) for _, v in party.numbers} | {plain_number(d.number) for d in party.documents}
    if mine & theirs:
        return "same"
    listed = {(d.kind.casefold(), code) for d in party.documents if d.country for code in _codes(d.country)}
    given = {(kind.casefold(), code) for kind, v in query.numbers if ":" in v for code in _codes(v.partition(":")[0])}
    return "other" if given & listed else ""


def _gender(mine: str, theirs: str) -> str:
    a, b = mine[:1].casefold(), theirs[:1].casefold()
    if a not in {"m", "f"} or b not in {"m", "f"}:
        return ""
    return "same" if a == b else "other"
