"""The tables of OFAC's advanced XML, by which its other parts say everything in numbers.

The trap guarded against: a number whose table was not read; its word is then empty and never another word.
"""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree as ET

from gatebook.screen.lists.births import widened
from gatebook.screen.lists.entries import text
from gatebook.screen.party import Birth

#: tables read, each element of which has an ID and its word as text
_WORDS = frozenset(
    """AliasType Country DetailReference FeatureType IDRegDocType List NamePartType PartySubType PartyType
    SanctionsType Script Validity""".split()  # noqa: SIM905  words in a line are read as such
)
_PLACE, _ISSUED = "Location", "DateOfIssue"
PARTS = frozenset({*_WORDS, _PLACE, _ISSUED})
#: kinds of features that do not say who somebody is
SAYS_NOTHING_OF_WHO = frozenset(
    {
        "Location",
        "Title",
        "Additional Sanctions Information -",
        "Vessel Type",
        "Vessel Tonnage",
        "Vessel Gross Registered Tonnage",
        "Vessel Owner",
        "Aircraft Type",
        "Aircraft Model",
        "Aircraft Operator",
        "Aircraft Manufacture Date",
        "Other Vessel Type",
        "Vessel Year of Build",
    }
)


class References:
    """What the numbers of one file mean."""

    def __init__(self) -> None:
        self.published_on = ""
        #: tables, and how often a number was asked for that they do not have
        self.lacking: Counter[str] = Counter()
        self._places: dict[str, tuple[str, ...]] = {}
        self._words: dict[tuple[str, str], str] = {}
        self._codes: dict[tuple[str, str], str] = {}
        self._party_types: dict[str, str] = {}

    def take(self, part: ET.Element) -> None:
        """Keep one row of a table, one place or the day of issue."""
        if part.tag == _PLACE:
            areas = tuple(country.get("CountryID", "") for country in part.findall("LocationCountry"))
            self._places[part.get("ID", "")] = areas
        elif part.tag == _ISSUED:
            self.published_on = _day(part) or ""
        else:
            key = (part.tag, part.get("ID", ""))
            self._words[key] = (part.text or "").strip()
            self._codes[key] = part.get("ScriptCode", part.get("ISO2", "")).strip()
            if part.tag == "PartySubType":
                self._party_types[key[1]] = part.get("PartyTypeID", "")

    def word(self, table: str, number: str) -> str:
        """Return the word of a number; empty when its table does not have it, which is counted."""
        if number and (table, number) not in self._words:
            self.lacking[table] += 1
        return self._words.get((table, number), "")

    def countries_of(self, place: str) -> tuple[str, ...]:
        """Return the countries of a place; it may stand before the table of countries."""
        if place not in self._places:
            self.lacking[_PLACE] += 1
        return tuple(word for area in self._places.get(place, ()) if (word := self.country(area)))

    def country(self, number: str) -> str:
        """Return a country's code where the table has it, else its name."""
        return self._codes.get(("Country", number)) or self.word("Country", number)

    def script_of(self, number: str) -> str:
        """Return a script's ISO 15924 code."""
        return self._codes.get(("Script", number), "")

    def kind_of(self, number: str) -> str:
        """Return what kind of party it is: its sub-type says vessel or aircraft, else its type does."""
        word = self.word("PartySubType", number)
        return word if word not in {"", "Unknown"} else self.word("PartyType", self._party_types.get(number, ""))

    def detail(self, detail: ET.Element) -> str:
        """Return what a detail says: its own text, or the word it refers to."""
        return (detail.text or "").strip() or self.word("DetailReference", detail.get("DetailReferenceID", ""))


def period(element: ET.Element | None) -> Birth | None:
    """Return a period of days: from the first day its start may be to the last its end may be."""
    if element is None:
        return None
    first = _day(element.find("Start/From"))
    last = _day(element.find("End/To")) or _day(element.find("Start/To")) or first
    if not first or not last or first > last:
        return None
    is_circa = any(end.get("Approximate") == "true" for end in element)
    return widened(first, last, 1 if is_circa else 0)


def _day(element: ET.Element | None) -> str | None:
    if element is None:
        return None
    year, month, day = (text(element, part) for part in ("Year", "Month", "Day"))
    if not (year.isdecimal() and month.isdecimal() and day.isdecimal()):
        return None
    y, m, d = int(year), int(month), int(day)
    return f"{y:04d}-{m:02d}-{d:02d}" if 1 <= y <= 9998 and 1 <= m <= 12 and 1 <= d <= 31 else None  # noqa: PLR2004  calendar
