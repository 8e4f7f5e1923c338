"""The consolidated list of the United Nations Security Council, XML.

The trap guarded against: an alias of low quality read like a good one, and a date that stands in a note.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from gatebook.screen.lists.births import birth_of, widened, years
from gatebook.screen.lists.draft import Draft, made_up_id
from gatebook.screen.lists.drafts import Drafts
from gatebook.screen.lists.edition import edition_of
from gatebook.screen.lists.entries import entries, head, text, texts
from gatebook.screen.lists.tally import Tally
from gatebook.screen.party import ListEdition

_KINDS = {"INDIVIDUAL": "individual", "ENTITY": "entity"}
_NAME = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
_KNOWN = frozenset(
    """DATAID VERSIONNUM FIRST_NAME SECOND_NAME THIRD_NAME FOURTH_NAME UN_LIST_TYPE REFERENCE_NUMBER LISTED_ON
    NAME_ORIGINAL_SCRIPT COMMENTS1 DESIGNATION NATIONALITY NATIONALITY2 LIST_TYPE LAST_DAY_UPDATED TITLE GENDER SORT_KEY
    SORT_KEY_LAST_MOD DELISTED_ON SUBMITTED_BY SUBMITTED_ON""".split()  # noqa: SIM905  words in a line are read as such
)
_PARTS = ("ALIAS", "ADDRESS", "DATE_OF_BIRTH", "PLACE_OF_BIRTH", "DOCUMENT")


def load(files: Mapping[str, bytes], list_id: str) -> ListEdition:
    """Load the file under the role ``list``. Raises ListError for what is no such list, or a hostile one."""
    tally = Tally()
    drafts = Drafts(tally)
    for number, entry in enumerate(entries(files["list"], frozenset(_KINDS)), 1):
        tally.row()
        _party(entry, f"xml:{number}", drafts, tally)
    first = head(files["list"])
    published = first.attributes.get("dateGenerated", "") if first else ""
    return edition_of(list_id, "un", files, drafts, tally, published)


def _party(entry: ET.Element, row: str, drafts: Drafts, tally: Tally) -> None:
    for child in entry:
        if child.tag not in _KNOWN and child.tag.removeprefix(f"{entry.tag}_") not in _PARTS:
            tally.unknown_field(f"xml:{child.tag[:60]}")
    name = " ".join(text(entry, part) for part in _NAME)
    party_id = text(entry, "DATAID") or text(entry, "REFERENCE_NUMBER") or made_up_id("un", [entry.tag, name])
    draft = Draft(party_id, _KINDS[entry.tag], tally)
    draft.name(name, "primary", row)
    _aliases(entry, draft, row)
    if not draft.has_names:
        tally.refuse(row, "no-name")
        return
    tally.parsed()
    draft = drafts.add(draft, row)
    _details(entry, draft, row)
    for born in entry.findall(f"{entry.tag}_DATE_OF_BIRTH"):
        _born(born, draft, row)


def _aliases(entry: ET.Element, draft: Draft, row: str) -> None:
    for original in texts(entry, "NAME_ORIGINAL_SCRIPT"):
        draft.name(original, "strong", row)
    for alias in entry.findall(f"{entry.tag}_ALIAS"):
        quality = "weak" if text(alias, "QUALITY").casefold().startswith("low") else "strong"
        for name in text(alias, "ALIAS_NAME").split(";"):
            draft.name(name, quality, row)


def _details(entry: ET.Element, draft: Draft, row: str) -> None:
    draft.sex(text(entry, "GENDER"))
    draft.programme(*texts(entry, "UN_LIST_TYPE"))
    for country in texts(entry, "NATIONALITY/VALUE") + texts(entry, "NATIONALITY2"):
        draft.national_of(country, row)
    for country in texts(entry, f"{entry.tag}_ADDRESS/COUNTRY"):
        draft.lives_in(country, row)
    for paper in entry.findall(f"{entry.tag}_DOCUMENT"):
        kind = text(paper, "TYPE_OF_DOCUMENT") or text(paper, "TYPE_OF_DOCUMENT2") or "Document"
        country = text(paper, "ISSUING_COUNTRY") or text(paper, "COUNTRY_OF_ISSUE")
        draft.document(kind, text(paper, "NUMBER"), row, country)


def _born(element: ET.Element, draft: Draft, row: str) -> None:
    """Read a date by its type: EXACT, APPROXIMATELY or BETWEEN; what is in the note alone is read there."""
    kind = text(element, "TYPE_OF_DATE").upper()
    first, last = text(element, "FROM_YEAR"), text(element, "TO_YEAR")
    said = texts(element, "DATE") or texts(element, "YEAR")
    if not said and not (first or last):
        said = texts(element, "NOTE")
    for word in said:
        found = birth_of(word)
        draft.born_in(widened(found.earliest, found.latest, 1) if found and kind.startswith("APPROX") else found, row)
    if first or last:
        draft.born_in(years(first, last), row)
