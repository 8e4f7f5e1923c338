"""OFAC's advanced XML, SDN_ADVANCED.XML and CONS_ADVANCED.XML: the only form with names in their own scripts.

The trap guarded against: a party without its programmes or papers, for both stand in other parts of the file, before
it or after, and are joined by numbers. All else is read first; what then belongs to nobody is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from gatebook.screen.lists import ofac_references
from gatebook.screen.lists.draft import Draft
from gatebook.screen.lists.drafts import Drafts
from gatebook.screen.lists.edition import edition_of
from gatebook.screen.lists.entries import entries, text
from gatebook.screen.lists.ofac_ids import take_id
from gatebook.screen.lists.ofac_references import References
from gatebook.screen.lists.tally import Tally
from gatebook.screen.party import ListEdition

_KINDS = {"individual": "individual", "entity": "entity", "vessel": "vessel", "aircraft": "aircraft"}
_FIRST_PARTS = frozenset({"Last Name", "Entity Name", "Vessel Name", "Aircraft Name"})
_PARTY, _SANCTIONS, _PAPER = "DistinctParty", "SanctionsEntry", "IDRegDocument"
#: parts joined to a party -> what names it there
_JOINED: Mapping[str, str] = {_SANCTIONS: "ProfileID", _PAPER: "IdentityID"}
_LATIN = "Latn"


class _Beside:
    """What stands beside the parties: tables, and the papers and sanctions of each identity and profile."""

    def __init__(self, data: bytes) -> None:
        self.refs = References()
        self._held: dict[tuple[str, str], list[ET.Element]] = {}
        self._asked: set[tuple[str, str]] = set()
        for part in entries(data, frozenset({*ofac_references.PARTS, *_JOINED})):
            if part.tag in _JOINED:
                self._held.setdefault((part.tag, part.get(_JOINED[part.tag], "")), []).append(part)
            else:
                self.refs.take(part)

    def of(self, tag: str, number: str) -> list[ET.Element]:
        """Return the parts that name an identity or a profile."""
        self._asked.add((tag, number))
        return self._held.get((tag, number), [])

    def tell(self, tally: Tally) -> None:
        """Report what belongs to no party, and numbers that stand in no table."""
        for (tag, number), parts in self._held.items():
            if (tag, number) not in self._asked:
                for part in parts:
                    tally.unread(f"{tag}:{part.get('ID', '')[:20]}", "of-no-party")
        for table, count in self.refs.lacking.items():
            tally.unknown_field(f"xml:{table} in no table", count)


def load(files: Mapping[str, bytes], list_id: str, form: str = "ofac-advanced") -> ListEdition:
    """Load the file under the role ``xml``. Raises ListError for what is no such list, or a hostile one."""
    tally = Tally()
    beside = _Beside(files["xml"])
    drafts = Drafts(tally)
    for number, party in enumerate(entries(files["xml"], frozenset({_PARTY})), 1):
        tally.row()
        _party(party, f"xml:{number}", beside, drafts, tally)
    beside.tell(tally)
    return edition_of(list_id, form, files, drafts, tally, beside.refs.published_on)


def _party(party: ET.Element, row: str, beside: _Beside, drafts: Drafts, tally: Tally) -> None:
    """Read a party with all its profiles. Its id is the number OFAC's other forms call uid."""
    profiles = party.findall("Profile")
    numbers = [party.get("FixedRef", ""), *(profile.get("ID", "") for profile in profiles)]
    party_id = next((plain for number in numbers if (plain := number.strip())), "")
    if not profiles or not party_id:
        tally.refuse(row, "no-uid" if profiles else "no-profile")
        return
    words = {beside.refs.kind_of(profile.get("PartySubTypeID", "")).casefold() for profile in profiles}
    draft = Draft(party_id, _KINDS.get(words.pop(), "unknown") if len(words) == 1 else "unknown", tally)
    for identity in party.findall("Profile/Identity"):
        _names(identity, draft, row, beside.refs)
    if not draft.has_names:
        tally.refuse(row, "no-name")
        return
    tally.parsed()
    for profile in profiles:
        _profile(profile, draft, row, beside, tally)
    drafts.add(draft, row)


def _profile(profile: ET.Element, draft: Draft, row: str, beside: _Beside, tally: Tally) -> None:
    for feature in profile.findall("Feature"):
        _feature(feature, draft, row, beside.refs, tally)
    for identity in profile.findall("Identity"):
        for paper in beside.of(_PAPER, identity.get("ID", "")):
            _paper(paper, draft, row, beside.refs, tally)
    sanctions = beside.of(_SANCTIONS, profile.get("ID", ""))
    if not sanctions:
        tally.unread(row, "profile-without-a-sanctions-entry")
    for entry in sanctions:
        _sanctions(entry, draft, beside.refs)


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
            for country in refs.countries_of(place.get("LocationID", ""))
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


def _sanctions(entry: ET.Element, draft: Draft, refs: References) -> None:
    listed = refs.word("List", entry.get("ListID", ""))
    draft.source = draft.source or listed
    if listed:
        draft.is_blocking = bool(draft.is_blocking) or listed.startswith("SDN")
    for measure in entry.findall("SanctionsMeasure"):
        if refs.word("SanctionsType", measure.get("SanctionsTypeID", "")) == "Program":
            draft.programme(text(measure, "Comment"))
