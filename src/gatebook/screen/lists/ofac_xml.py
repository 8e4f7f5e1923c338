"""OFAC's classic XML, SDN.XML and CONSOLIDATED.XML.

The trap guarded against: the strength of an alias, which is a word beside it and not the place it stands in.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from gatebook.screen.lists.draft import Draft
from gatebook.screen.lists.drafts import Drafts
from gatebook.screen.lists.edition import edition_of
from gatebook.screen.lists.entries import entries, text, texts
from gatebook.screen.lists.ofac_ids import take_id
from gatebook.screen.lists.tally import Tally
from gatebook.screen.party import ListEdition

_KINDS = {"Individual": "individual", "Entity": "entity", "Vessel": "vessel", "Aircraft": "aircraft"}
_ENTRY, _PUBLISHED = "sdnEntry", "Publish_Date"
_KNOWN = frozenset(
    """uid firstName lastName title sdnType remarks programList akaList addressList idList dateOfBirthList
    placeOfBirthList nationalityList citizenshipList vesselInfo""".split()  # noqa: SIM905  words in a line are read as such
)


def load(files: Mapping[str, bytes], list_id: str, form: str = "ofac-sdn-xml") -> ListEdition:
    """Load the file under the role ``xml``. Raises ListError for what is no such list, or a hostile one."""
    tally = Tally()
    drafts = Drafts(tally)
    published = ""
    for number, entry in enumerate(entries(files["xml"], frozenset({_ENTRY, _PUBLISHED})), 0):
        if entry.tag == _PUBLISHED:
            published = _iso_day(entry.text or "")
        else:
            tally.row()
            _party(entry, f"xml:{number if published else number + 1}", drafts, tally)
    return edition_of(list_id, form, files, drafts, tally, published)


def _iso_day(american: str) -> str:
    parts = american.strip().split("/")
    return f"{parts[2]}-{parts[0]}-{parts[1]}" if len(parts) == 3 else ""  # noqa: PLR2004  month, day, year


def _party(entry: ET.Element, row: str, drafts: Drafts, tally: Tally) -> None:
    for child in entry:
        if child.tag not in _KNOWN:
            tally.unknown_field(f"xml:{child.tag[:60]}")
    kind = text(entry, "sdnType")
    draft = Draft(text(entry, "uid"), _KINDS.get(kind, "unknown"), tally)
    if not draft.party_id or not _name(entry):
        tally.refuse(row, "no-name" if draft.party_id else "no-uid")
        return
    tally.parsed()
    draft.name(_name(entry), "primary", row)
    for aka in entry.findall("akaList/aka"):
        draft.name(_name(aka), "weak" if text(aka, "category") == "weak" else "strong", row)
    draft = drafts.add(draft, row)
    draft.programme(*texts(entry, "programList/program"))
    _details(entry, draft, row, tally)


def _details(entry: ET.Element, draft: Draft, row: str, tally: Tally) -> None:
    for born in texts(entry, "dateOfBirthList/dateOfBirthItem/dateOfBirth"):
        draft.born(born, row)
    for path in ("nationalityList/nationality/country", "citizenshipList/citizenship/country"):
        for country in texts(entry, path):
            draft.national_of(country, row)
    for country in texts(entry, "addressList/address/country") + texts(entry, "vesselInfo/vesselFlag"):
        draft.lives_in(country, row)
    for call_sign in texts(entry, "vesselInfo/callSign"):
        draft.document("Call Sign", call_sign, row)
    for item in entry.findall("idList/id"):
        take_id(draft, text(item, "idType"), text(item, "idNumber"), text(item, "idCountry"), row, tally)


def _name(element: ET.Element) -> str:
    """Return a name as OFAC's tables write it: LAST, First."""
    last, first = text(element, "lastName"), text(element, "firstName")
    return f"{last}, {first}" if first and last else last or first
