"""OFAC's advanced XML, SDN_ADVANCED.XML and CONS_ADVANCED.XML: the only form with names in their own scripts.

The trap guarded against: a party without its programmes or papers, for both stand in other parts of the file and
are joined by numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from gatebook.screen.lists import ofac_references
from gatebook.screen.lists.draft import Draft
from gatebook.screen.lists.edition import edition_of
from gatebook.screen.lists.entries import entries, text
from gatebook.screen.lists.ofac_ids import take_id
from gatebook.screen.lists.ofac_references import References
from gatebook.screen.lists.tally import Tally
from gatebook.screen.party import ListEdition

_KINDS = {"individual": "individual", "entity": "entity", "vessel": "vessel", "aircraft": "aircraft"}
_FIRST_PARTS = frozenset({"Last Name", "Entity Name", "Vessel Name", "Aircraft Name"})
_PARTY, _SANCTIONS, _PAPER = "DistinctParty", "SanctionsEntry", "IDRegDocument"
_LATIN = "Latn"


def load(files: Mapping[str, bytes], list_id: str, form: str = "ofac-advanced") -> ListEdition:
    """Load the file under the role ``xml``. Raises ListError for what is no such list, or a hostile one."""
    tally = Tally()
    refs = References()
    drafts: dict[str, Draft] = {}
    parts = frozenset({*ofac_references.PARTS, _PARTY, _SANCTIONS, _PAPER})
    number = 0
    for part in entries(files["xml"], parts):
        if part.tag == _PARTY:
            number += 1
            tally.row()
            _party(part, f"xml:{number}", refs, drafts, tally)
        elif part.tag == _SANCTIONS:
            _sanctions(part, refs, drafts)
        elif part.tag == _PAPER:
            refs.papers.setdefault(part.get("IdentityID", ""), []).append(part)
        else:
            refs.take(part)
    return edition_of(list_id, form, files, drafts.values(), tally, refs.published_on)


def _party(party: ET.Element, row: str, refs: References, drafts: dict[str, Draft], tally: Tally) -> None:
    """Read a party's profile. Its id is the number OFAC's other forms call uid."""
    profile = party.find("Profile")
    party_id = party.get("FixedRef", "").strip()
    if profile is None or not party_id:
        tally.refuse(row, "no-uid")
        return
    kind = refs.kind_of(profile.get("PartySubTypeID", ""))
    draft = Draft(party_id, _KINDS.get(kind.casefold(), "unknown"), tally)
    for identity in profile.findall("Identity"):
        _names(identity, draft, row, refs)
    if not draft.has_names:
        tally.refuse(row, "no-name")
        return
    tally.parsed()
    drafts[profile.get("ID", party_id)] = draft
    for feature in profile.findall("Feature"):
        _feature(feature, draft, row, refs, tally)
    for identity in profile.findall("Identity"):
        for paper in refs.papers.pop(identity.get("ID", ""), ()):
            _paper(paper, draft, row, refs, tally)


def _names(identity: ET.Element, draft: Draft, row: str, refs: References) -> None:
    groups = {
        group.get("ID", ""): refs.word("NamePartType", group.get("NamePartTypeID", ""))
        for group in identity.findall("NamePartGroups/MasterNamePartGroup/NamePartGroup")
    }
    for alias in identity.findall("Alias"):
        is_weak = alias.get("LowQuality") == "true"
        quality = "weak" if is_weak else "primary" if alias.get("Primary") == "true" else "strong"
        for documented in alias.findall("DocumentedName"):
            parts = documented.findall("DocumentedNamePart/NamePartValue")
            first = [part for part in parts if groups.get(part.get("NamePartGroupID", "")) in _FIRST_PARTS]
            rest = [part for part in parts if part not in first]
            script = refs.script_of(parts[0].get("ScriptID", "")) if parts else ""
            name = ", ".join(" ".join((p.text or "").strip() for p in half) for half in (first, rest) if half)
            native = script not in {"", _LATIN}
            draft.name(name, "strong" if native and quality == "primary" else quality, row, script)


def _feature(feature: ET.Element, draft: Draft, row: str, refs: References, tally: Tally) -> None:
    kind = refs.word("FeatureType", feature.get("FeatureTypeID", ""))
    for version in feature.findall("FeatureVersion"):
        countries = [
            country
            for place in version.findall("VersionLocation")
            for country in refs.places.get(place.get("LocationID", ""), ())
        ]
        detail = version.find("VersionDetail")
        said = refs.detail(detail) if detail is not None else ""
        if kind == "Birthdate":
            draft.born_in(ofac_references.period(version.find("DatePeriod")), row)
        elif kind.startswith(("Nationality Country", "Citizenship Country")):
            for country in countries:
                draft.national_of(country, row)
        elif kind != "Place of Birth":
            for country in countries:
                draft.lives_in(country, row)
            _said(kind, said, draft, row, tally)


def _said(kind: str, said: str, draft: Draft, row: str, tally: Tally) -> None:
    if said and kind == "Vessel Call Sign":
        draft.document("Call Sign", said, row)
    elif said and kind == "Vessel Flag":
        draft.lives_in(said, row)
    elif said and kind not in ofac_references.SAYS_NOTHING_OF_WHO and not kind.startswith("VESSEL"):
        take_id(draft, kind, said, "", row, tally)


def _paper(paper: ET.Element, draft: Draft, row: str, refs: References, tally: Tally) -> None:
    if refs.word("Validity", paper.get("ValidityID", "")) in {"Fraudulent", "False"}:
        tally.unread(row, "document-known-to-be-false")
        return
    kind = refs.word("IDRegDocType", paper.get("IDRegDocTypeID", ""))
    country = refs.country(paper.get("IssuedBy-CountryID", ""))
    take_id(draft, kind, text(paper, "IDRegistrationNo"), country, row, tally)


def _sanctions(entry: ET.Element, refs: References, drafts: Mapping[str, Draft]) -> None:
    draft = drafts.get(entry.get("ProfileID", ""))
    if draft is None:
        return
    listed = refs.word("List", entry.get("ListID", ""))
    draft.source = draft.source or listed
    if listed:
        draft.is_blocking = bool(draft.is_blocking) or listed.startswith("SDN")
    for measure in entry.findall("SanctionsMeasure"):
        if refs.word("SanctionsType", measure.get("SanctionsTypeID", "")) == "Program":
            draft.programme(text(measure, "Comment"))
