"""The four limbs of "United States person", each from evidence, with every contradiction listed.

The trap guarded against: the applicant's word taken for a finding. A claim alone settles nothing; a document,
a paper or several agreeing weak signs do, and what they rest on is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gatebook.identify import contacts, mrz, numbers
from gatebook.terms.account import ApplicationClaims, BankClaim, CardClaim
from gatebook.terms.evidence import Evidence, EvidenceKind
from gatebook.terms.fact import Finding
from gatebook.terms.person import ClaimedUsLimb, PersonKind

_US = "US"
_RESIDENT_CARDS = ("C1", "C2")


@dataclass(frozen=True, slots=True)
class Signs:
    """What points to the United States (``us``) and away from it (``foreign``): names of weak signs.

    ``countries`` are all the countries they point to.
    """

    us: tuple[str, ...]
    foreign: tuple[str, ...]
    countries: frozenset[str] = frozenset()


def weak_signs(claims: ApplicationClaims, evidence: Sequence[Evidence]) -> Signs:
    """Gather weak signs: country of telephone, card, bank, claimed address, and place of access."""
    person = claims.applicant
    countries = {
        "phone": {contacts.phone_country(phone) for phone in person.phones},
        "card": {p.country for p in claims.payments if isinstance(p, CardClaim)},
        "bank": {numbers.iban_country(p.iban) for p in claims.payments if isinstance(p, BankClaim)},
        "address": {person.address.country} if person.address else set(),
        "access": {str(e.data.get("country", "")) for e in evidence if e.kind is EvidenceKind.ACCESS},
        "payment": {str(e.data.get("country", "")) for e in evidence if e.kind is EvidenceKind.PAYMENT_CONFIRMED},
    }
    us = tuple(sign for sign, found in countries.items() if _US in found)
    foreign = tuple(sign for sign, found in countries.items() if found - {_US, ""})
    return Signs(us, foreign, frozenset().union(*countries.values()) - {""})


def weigh(claims: ApplicationClaims, evidence: Sequence[Evidence], today: date, signs_needed: int = 2) -> list[Finding]:
    """Return findings for the limbs that apply to this kind of person, and the count of contradictions."""
    signs = weak_signs(claims, evidence)
    limbs = (
        _entity(claims, evidence)
        if claims.applicant.kind is PersonKind.ENTITY
        else _individual(claims, evidence, today)
    )
    limbs += _located(claims, evidence, signs, limbs)
    if not any(f.value is True for f in limbs):
        limbs = _by_weak_signs(claims, signs, limbs, signs_needed)
    contradictions = _contradictions(claims, limbs)
    return [
        *limbs,
        *_place(claims, evidence, signs, limbs),
        Finding(
            "person.contradictions", len(contradictions), "compared", "contradictions", note="; ".join(contradictions)
        ),
        Finding("person.weak_signs_of_us", len(signs.us), "counted", "weak-signs", signs.us),
        Finding("person.weak_signs_of_foreign", len(signs.foreign), "counted", "weak-signs", signs.foreign),
    ]


def _documents(evidence: Sequence[Evidence], today: date) -> list[tuple[str, mrz.MachineReadableZone]]:
    found = ((e.evidence_id, mrz.read_mrz(e.data["lines"], today)) for e in evidence if e.kind is EvidenceKind.MRZ)
    return [(evidence_id, zone) for evidence_id, zone in found if zone.holds]


def _individual(claims: ApplicationClaims, evidence: Sequence[Evidence], today: date) -> list[Finding]:
    found: list[Finding] = []
    for evidence_id, zone in _documents(evidence, today):
        country, basis = mrz.country_of_code(zone.nationality), (evidence_id,)
        if country == _US:
            found.append(Finding("person.is_us_citizen", True, "mrz", "us-nationality", basis))
        elif mrz.country_of_code(zone.issuer) == _US and zone.document_code in _RESIDENT_CARDS:
            found.append(Finding("person.is_us_permanent_resident", True, "mrz", "us-resident-card", basis))
            found.append(Finding("person.is_us_citizen", False, "mrz", "foreign-nationality", basis))
        elif country:
            found.append(Finding("person.is_us_citizen", False, "mrz", "foreign-nationality", basis))
    for piece in evidence:
        if piece.kind is EvidenceKind.VENDOR_REPORT and piece.data.get("result") == "verified":
            country = str(piece.data.get("document_country", ""))
            if country:
                found.append(
                    Finding(
                        "person.is_us_citizen",
                        country == _US,
                        "vendor_report",
                        "document-country",
                        (piece.evidence_id,),
                    )
                )
    foreign = [f for f in found if f.fact == "person.is_us_citizen" and f.value is False]
    claimed = claims.applicant.us_limb
    # A resident of the US holds a card that says so: a foreign document, no such card and no claim to one settles it.
    if foreign and claimed is not ClaimedUsLimb.PERMANENT_RESIDENT and not any(f.value is True for f in found):
        found.append(Finding("person.is_us_permanent_resident", False, "mrz", "no-card-no-claim", foreign[0].basis))
    return found


def _entity(claims: ApplicationClaims, evidence: Sequence[Evidence]) -> list[Finding]:
    registration = claims.applicant.registration
    return [
        Finding(
            "person.is_organised_in_us",
            piece.data["jurisdiction"] == _US,
            "registry_extract",
            "registered-in",
            (piece.evidence_id,),
        )
        for piece in evidence
        if piece.kind is EvidenceKind.REGISTRY_EXTRACT
        and (registration is None or piece.data["jurisdiction"] == registration.jurisdiction)
    ]


def _located(
    claims: ApplicationClaims, evidence: Sequence[Evidence], signs: Signs, limbs: Sequence[Finding]
) -> list[Finding]:
    """Where somebody is: a paper that shows residence; or a foreign document and address with no sign of the US."""
    papers = [e for e in evidence if e.kind is EvidenceKind.RESIDENCE and e.data.get("shows_name", True)]
    found = [
        Finding(
            "person.is_located_in_us", e.data["country"] == _US, "residence", "paper-of-residence", (e.evidence_id,)
        )
        for e in papers
    ]
    address = claims.applicant.address
    settled_foreign = bool(limbs) and all(f.value is False for f in limbs)
    if not papers and settled_foreign and address and address.country != _US and not signs.us:
        found.append(Finding("person.is_located_in_us", False, "weak_signs", "no-sign-of-us", signs.foreign))
    return found


def _place(
    claims: ApplicationClaims, evidence: Sequence[Evidence], signs: Signs, limbs: Sequence[Finding]
) -> list[Finding]:
    """In which country: as a paper of residence says; without one, the address that every weak sign agrees with."""
    papers = [e for e in evidence if e.kind is EvidenceKind.RESIDENCE and e.data.get("shows_name", True)]
    if papers:
        return [
            Finding("person.located_in", str(e.data["country"]), "residence", "paper-of-residence", (e.evidence_id,))
            for e in papers
        ]
    address = claims.applicant.address
    settled = any(f.fact == "person.is_located_in_us" and f.value is False for f in limbs)
    if settled and address and signs.countries == {address.country}:
        return [Finding("person.located_in", address.country, "weak_signs", "signs-agree", signs.foreign)]
    return []


def _by_weak_signs(claims: ApplicationClaims, signs: Signs, limbs: list[Finding], needed: int) -> list[Finding]:
    """A claimed US limb with enough agreeing weak signs and nothing against it: the low burden for US persons."""
    limb = {
        ClaimedUsLimb.CITIZEN: "person.is_us_citizen",
        ClaimedUsLimb.PERMANENT_RESIDENT: "person.is_us_permanent_resident",
        ClaimedUsLimb.ORGANISED_IN_US: "person.is_organised_in_us",
        ClaimedUsLimb.LOCATED_IN_US: "person.is_located_in_us",
    }.get(claims.applicant.us_limb or ClaimedUsLimb.NONE)
    if limb is None or limbs or signs.foreign or len(signs.us) < needed:
        return limbs
    return [Finding(limb, True, "weak_signs", "claim-and-signs", signs.us)]


def _contradictions(claims: ApplicationClaims, limbs: Sequence[Finding]) -> list[str]:
    found = []
    for fact in sorted({f.fact for f in limbs}):
        if len({f.value for f in limbs if f.fact == fact}) > 1:
            found.append(f"{fact}: two pieces of evidence disagree")  # noqa: PERF401  the sentence reads better than the comprehension
    claimed = {
        ClaimedUsLimb.CITIZEN: "person.is_us_citizen",
        ClaimedUsLimb.ORGANISED_IN_US: "person.is_organised_in_us",
        ClaimedUsLimb.LOCATED_IN_US: "person.is_located_in_us",
    }.get(claims.applicant.us_limb or ClaimedUsLimb.NONE)
    if claimed and any(f.fact == claimed and f.value is False for f in limbs):
        found.append(f"{claimed}: claimed, but evidence says otherwise")
    if claims.applicant.us_limb is ClaimedUsLimb.NONE and any(f.value is True for f in limbs):
        found.append("claimed to be no United States person, but evidence says otherwise")
    return found
