"""The European Union's financial sanctions file, XML schema 1.1.

The trap guarded against: an entity that stands in the file once for each regulation. It is one party.

Source: © European Union; reuse with attribution under Decision 2011/833/EU.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from gatebook.screen.lists.births import birth_of, widened, years
from gatebook.screen.lists.draft import Draft
from gatebook.screen.lists.drafts import Drafts
from gatebook.screen.lists.edition import edition_of
from gatebook.screen.lists.entries import entries, head
from gatebook.screen.lists.tally import Tally
from gatebook.screen.party import ListEdition

NAMESPACE = "http://eu.europa.ec/fpi/fsd/export"
_KINDS = {"person": "individual", "enterprise": "entity"}
_KNOWN = frozenset(
    "remark regulation subjectType nameAlias citizenship birthdate identification address contactInfo".split()  # noqa: SIM905  words in a line are read as such
)


def load(files: Mapping[str, bytes], list_id: str) -> ListEdition:
    """Load the file under the role ``list``. Raises ListError for what is no such list, or a hostile one."""
    tally = Tally()
    drafts = Drafts(tally)
    for number, entity in enumerate(entries(files["list"], frozenset({"sanctionEntity"})), 1):
        tally.row()
        row, party_id = f"xml:{number}", entity.get("logicalId", "").strip()
        said = Draft(party_id, _kind(entity), tally)
        _names(entity, said, row)
        if not party_id or not said.has_names:
            tally.refuse(row, "no-name" if party_id else "no-id")
            continue
        tally.parsed()
        draft = drafts.under(party_id, said.kind)
        _names(entity, draft, row)
        _details(entity, draft, row, tally)
    first = head(files["list"])
    published = first.attributes.get("generationDate", "") if first else ""
    return edition_of(list_id, "eu-fsf", files, drafts, tally, published)


def _kind(entity: ET.Element) -> str:
    subject = entity.find("subjectType")
    return _KINDS.get(subject.get("code", "") if subject is not None else "", "unknown")


def _names(entity: ET.Element, draft: Draft, row: str) -> None:
    for alias in entity.findall("nameAlias"):
        parts = [alias.get(part, "").strip() for part in ("firstName", "middleName", "lastName")]
        whole = alias.get("wholeName", "").strip() or " ".join(part for part in parts if part)
        strength = "weak" if alias.get("strong") == "false" else "strong" if draft.has_names else "primary"
        draft.name(whole, strength, row, "", alias.get("nameLanguage", "").strip().lower())
        draft.sex(alias.get("gender", ""))


def _details(entity: ET.Element, draft: Draft, row: str, tally: Tally) -> None:
    for child in entity:
        if child.tag not in _KNOWN:
            tally.unknown_field(f"xml:{child.tag[:60]}")
    for citizenship in entity.findall("citizenship"):
        draft.national_of(_country(citizenship), row)
    for address in entity.findall("address"):
        draft.lives_in(_country(address), row)
    for birth in entity.findall("birthdate"):
        _born(birth, draft, row, tally)
    for paper in entity.findall("identification"):
        _document(paper, draft, row, tally)
    draft.programme(*(regulation.get("programme", "") for regulation in entity.findall("regulation")))


def _country(element: ET.Element) -> str:
    code = element.get("countryIso2Code", "").strip()
    return element.get("countryDescription", "") if code in {"", "00"} else code


def _born(element: ET.Element, draft: Draft, row: str, tally: Tally) -> None:
    """A birth may be a place alone; a date of another calendar is reported and not used."""
    said = {key: element.get(key, "").strip() for key in ("birthdate", "year", "yearRangeFrom", "yearRangeTo")}
    if not any(said.values()):
        return
    if element.get("calendarType", "GREGORIAN") != "GREGORIAN":
        tally.unread(row, f"date-of-birth-in-another-calendar: {element.get('calendarType', '')[:20]}")
        return
    month = element.get("monthOfYear", "").strip()
    if said["birthdate"]:
        found = birth_of(said["birthdate"])
    elif said["year"]:
        found = birth_of(f"{said['year']}-{month}" if month else said["year"])
    else:
        found = years(said["yearRangeFrom"], said["yearRangeTo"])
    if found and element.get("circa") == "true":
        found = widened(found.earliest, found.latest, 1)
    draft.born_in(found, row)


def _document(paper: ET.Element, draft: Draft, row: str, tally: Tally) -> None:
    kind = paper.get("identificationTypeDescription", "") or paper.get("identificationTypeCode", "")
    number = paper.get("number", "").strip() or paper.get("latinNumber", "").strip()
    if paper.get("knownFalse") == "true":
        tally.unread(row, "document-known-to-be-false")
        return
    imo = paper.get("identificationTypeCode") == "imo"
    draft.document("IMO" if imo else kind, number, row, _country(paper))
