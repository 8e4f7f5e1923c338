"""Papers: identity documents, by their zone or by a verifier's report, and papers that show where somebody lives.

The trap guarded against: a paper that cannot be read, is about somebody else, or is too old, and counts all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from gatebook.errors import InvalidInput
from gatebook.identify import mrz
from gatebook.identify.names import is_same_birth, is_same_name
from gatebook.terms.evidence import Evidence, EvidenceKind, Verification
from gatebook.terms.person import Address, PersonClaims

#: What a verifier may say it looked at; ``resident_card`` is a permanent resident's.
DOCUMENT_TYPES = ("passport", "identity_card", "resident_card", "driving_licence", "other")
_US = "US"
_RESIDENT_CARDS = ("C1", "C2")
#: Types that show whose citizen somebody is, in a report on a document of another country than the United States.
_OF_CITIZENS = ("", "passport", "identity_card")
_SEXES = {"M": "male", "F": "female"}


@dataclass(frozen=True, slots=True)
class Document:
    """What one identity document says and whether it is the person's. Empty means not said.

    ``issuer`` and ``nationality`` are ISO countries; ``nationality`` is there only where the document shows it.
    ``sex`` is the zone's letter, X where the zone leaves it open.
    """

    evidence_id: str
    method: str
    verdict: Verification
    code: str
    born_on: str = ""
    expires_on: str = ""
    issuer: str = ""
    nationality: str = ""
    is_us_resident_card: bool = False
    sex: str = ""


def read_documents(person: PersonClaims, evidence: Iterable[Evidence]) -> list[Document]:
    """Test each identity document against the person. One that cannot be read is untried and says nothing."""
    read = {EvidenceKind.MRZ: _by_zone, EvidenceKind.VENDOR_REPORT: _by_report}
    return [read[piece.kind](person, piece) for piece in evidence if piece.kind in read]


def newest(documents: Sequence[Document]) -> list[Document]:
    """Return the documents that verified, the one that holds longest first: an older one beside it is no fault."""
    verified = (d for d in documents if d.verdict is Verification.VERIFIED)
    return sorted(verified, key=lambda d: d.expires_on, reverse=True)


def sex_shown(person: PersonClaims, evidence: Iterable[Evidence]) -> str:
    """Return ``male`` or ``female`` where every zone that verified as the person's own says so; else empty."""
    said = {d.sex for d in read_documents(person, evidence) if d.verdict is Verification.VERIFIED and d.sex}
    return _SEXES.get(said.pop(), "") if len(said) == 1 else ""


def read_zone(piece: Evidence, born_on: str = "") -> mrz.MachineReadableZone | None:
    """Return the zone of a piece as of the day it was received, or None when it cannot be read."""
    try:
        return mrz.read_mrz([str(line) for line in piece.data.get("lines", ())], piece.received_at.date(), born_on)
    except InvalidInput:
        return None


def document_numbers(evidence: Iterable[Evidence]) -> list[str]:
    """Return each number as its zone has it, with its issuer, so that two states' equal numbers differ."""
    zones = (read_zone(piece) for piece in evidence if piece.kind is EvidenceKind.MRZ)
    return [f"{zone.issuer}:{zone.number}" for zone in zones if zone and zone.number]


def who_is_read(evidence: Iterable[Evidence], born_on: str = "") -> list[tuple[str, str]]:
    """Return each name the evidence shows with the birth beside it, whatever was claimed; either may be empty."""
    found = []
    for piece in evidence:
        if piece.kind is EvidenceKind.MRZ and (zone := read_zone(piece, born_on)):
            found.append((_name(zone), zone.born_on))
        elif piece.kind in (EvidenceKind.VENDOR_REPORT, EvidenceKind.REGISTRY_EXTRACT):
            found.append((str(piece.data.get("name", "")), str(piece.data.get("born_on", ""))))
    return [pair for pair in dict.fromkeys(found) if any(pair)]


def _name(zone: mrz.MachineReadableZone) -> str:
    return f"{zone.given_names} {zone.surname}".strip()


def _by_zone(person: PersonClaims, piece: Evidence) -> Document:
    zone = read_zone(piece, person.born_on)
    if zone is None:
        return Document(piece.evidence_id, "mrz", Verification.UNTRIED, "unreadable")
    # Wrong check digits are a misread of the reader: untried, not refuted.
    if not zone.holds or not zone.born_on or not zone.expires_on:
        return Document(piece.evidence_id, "mrz", Verification.UNTRIED, "check-digits")
    issuer, nationality = (mrz.country_of_code(code) or "" for code in (zone.issuer, zone.nationality))
    is_card = issuer == _US and nationality != _US and zone.document_code in _RESIDENT_CARDS
    verdict, code = _compare(person, _name(zone), zone.born_on)
    sex = zone.sex.replace("<", "X")
    return Document(
        piece.evidence_id, "mrz", verdict, code, zone.born_on, zone.expires_on, issuer, nationality, is_card, sex
    )


def _by_report(person: PersonClaims, piece: Evidence) -> Document:
    """A verifier's word, as far as what it read is what was claimed.

    A document of the United States shows a citizen only when it is a passport; a foreign one shows a foreign citizen
    unless it is of a kind that residents hold as well.
    """
    said = {name: str(piece.data.get(name, "")) for name in ("name", "born_on", "expires_on", "document_type")}
    country, kind = str(piece.data.get("document_country", "")), said["document_type"]
    verdict, code = _compare(person, said["name"], said["born_on"])
    if verdict is Verification.VERIFIED:
        verdict, code = Verification(str(piece.data.get("result", "untried"))), "vendor"
    shows_citizen = kind == "passport" if country == _US else kind in _OF_CITIZENS
    return Document(
        piece.evidence_id,
        "vendor_report",
        verdict,
        code,
        said["born_on"],
        said["expires_on"],
        country,
        country if shows_citizen else "",
        country == _US and kind == "resident_card",
    )


def _compare(person: PersonClaims, name: str, born_on: str) -> tuple[Verification, str]:
    """Test the claimed birth and name against those read; a report may leave either out."""
    if born_on and person.born_on and not is_same_birth(person.born_on, born_on):
        return Verification.REFUTED, "birth-differs"
    if name and not any(is_same_name(claimed, name) for claimed in (person.name, *person.aliases)):
        return Verification.REFUTED, "name-differs"
    return Verification.VERIFIED, "name-and-birth"


def try_residence(piece: Evidence, address: Address | None, today: date, most_days: int) -> tuple[Verification, str]:
    """Test the claimed address against a paper that has to show name and address and be young enough.

    A paper of which nobody said that it shows both does not count, and neither refutes.
    """
    data = piece.data
    if data.get("shows_name") is not True or data.get("shows_address") is not True:
        return Verification.UNTRIED, "not-said-to-show"
    try:
        issued_on = date.fromisoformat(str(data.get("issued_on", "")))
    except ValueError:
        return Verification.UNTRIED, "not-a-date"
    if not today - timedelta(days=most_days) <= issued_on <= today:
        return Verification.UNTRIED, "too-old"
    if address is None:
        return Verification.UNTRIED, "no-address-claimed"
    same = data.get("country") == address.country
    return (Verification.VERIFIED, "country") if same else (Verification.REFUTED, "country-differs")


def residences_that_count(evidence: Iterable[Evidence], today: date, most_days: int) -> list[Evidence]:
    """Return the papers of residence that say where somebody is, whatever address was claimed."""
    anywhere = Address("")
    papers = (piece for piece in evidence if piece.kind is EvidenceKind.RESIDENCE and piece.data.get("country"))
    return [p for p in papers if try_residence(p, anywhere, today, most_days)[0] is not Verification.UNTRIED]
