"""The four limbs of "United States person", each from evidence, with every contradiction listed.

The trap guarded against: the applicant's word taken for a finding. A claim, however often it is repeated in other
fields, settles nothing in the applicant's favour; a document, a paper or several agreeing signs that evidence bears
do, and what they rest on is named. What is claimed against one's own interest counts as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gatebook.identify import contacts, numbers
from gatebook.identify.papers import Document
from gatebook.identify.registration import try_extract
from gatebook.terms.account import ApplicationClaims, BankClaim, CardClaim
from gatebook.terms.evidence import Evidence, EvidenceKind, Verification
from gatebook.terms.fact import Finding
from gatebook.terms.person import ClaimedUsLimb, PersonKind

_US = "US"
_LIMBS = {
    ClaimedUsLimb.CITIZEN: "person.is_us_citizen",
    ClaimedUsLimb.PERMANENT_RESIDENT: "person.is_us_permanent_resident",
    ClaimedUsLimb.ORGANISED_IN_US: "person.is_organised_in_us",
    ClaimedUsLimb.LOCATED_IN_US: "person.is_located_in_us",
}


@dataclass(frozen=True, slots=True)
class Signs:
    """Weak signs by name (``phone``, ``payment``, ``access``, ``card`` ...), each with the countries it points to.

    ``borne`` are those that evidence bears: a telephone whose code came back, a payment its processor confirmed, the
    place of access by the provider's own file. ``claimed`` are the rest: words, good only against whoever says them.
    """

    borne: Mapping[str, frozenset[str]]
    claimed: Mapping[str, frozenset[str]]

    @property
    def of_us(self) -> tuple[str, ...]:
        """The signs of the United States that evidence bears."""
        return tuple(sign for sign, found in self.borne.items() if _US in found)

    @property
    def foreign(self) -> tuple[str, ...]:
        """The signs that point elsewhere, whoever says so."""
        both = (*self.borne.items(), *self.claimed.items())
        return tuple(dict.fromkeys(sign for sign, found in both if found - {_US}))

    @property
    def places(self) -> frozenset[str]:
        """Every country that any sign points to."""
        return frozenset().union(*self.borne.values(), *self.claimed.values())


def weak_signs(claims: ApplicationClaims, evidence: Sequence[Evidence]) -> Signs:
    """Gather the country of telephones, payments, the place of access and the claimed address."""
    person = claims.applicant
    back = {e.data.get("destination") for e in evidence if e.kind is EvidenceKind.CODE}
    confirmed = [phone for phone in person.phones if phone in back]
    paid = (e.data for e in evidence if e.kind is EvidenceKind.PAYMENT_CONFIRMED)
    reached = (e.data for e in evidence if e.kind is EvidenceKind.ACCESS)
    borne = {
        "phone": [contacts.phone_country(phone) for phone in confirmed],
        "payment": [data.get("country", "") for data in paid if data.get("result") == "verified"],
        "access": [data.get("country", "") for data in reached],
    }
    claimed = {
        "phone": [contacts.phone_country(phone) for phone in person.phones if phone not in confirmed],
        "card": [p.country for p in claims.payments if isinstance(p, CardClaim)],
        "bank": [numbers.iban_country(p.iban) for p in claims.payments if isinstance(p, BankClaim)],
        "address": [person.address.country] if person.address else [],
    }
    return Signs(_countries(borne), _countries(claimed))


def _countries(signs: Mapping[str, Sequence[object]]) -> dict[str, frozenset[str]]:
    return {sign: frozenset(str(country) for country in found if country) for sign, found in signs.items()}


def weigh(
    claims: ApplicationClaims,
    evidence: Sequence[Evidence],
    documents: Sequence[Document],
    residences: Sequence[Evidence],
    signs_needed: int = 2,
) -> list[Finding]:
    """Return findings for the limbs that apply to this kind of person, and the count of contradictions.

    ``documents`` are those that verified: a paper of somebody else says nothing of this person. ``residences`` are the
    papers of residence that count.
    """
    signs = weak_signs(claims, evidence)
    is_entity = claims.applicant.kind is PersonKind.ENTITY
    limbs = _entity(claims, evidence) if is_entity else _individual(claims, documents)
    limbs += _located(claims, residences, signs, limbs)
    if not any(f.value is True for f in limbs):
        limbs = _by_weak_signs(claims, signs, limbs, signs_needed)
    contradictions = _contradictions(claims, limbs)
    return [
        *limbs,
        *_place(claims, residences, signs, limbs, _issued_in(claims, evidence, documents)),
        Finding(
            "person.contradictions", len(contradictions), "compared", "contradictions", note="; ".join(contradictions)
        ),
        Finding("person.weak_signs_of_us", len(signs.of_us), "counted", "weak-signs", signs.of_us),
        Finding("person.weak_signs_of_foreign", len(signs.foreign), "counted", "weak-signs", signs.foreign),
    ]


def _individual(claims: ApplicationClaims, documents: Sequence[Document]) -> list[Finding]:
    found: list[Finding] = []
    for document in documents:
        method, basis = document.method, (document.evidence_id,)
        if document.nationality == _US:
            found.append(Finding("person.is_us_citizen", True, method, "us-nationality", basis))
        elif document.is_us_resident_card:
            found.append(Finding("person.is_us_permanent_resident", True, method, "us-resident-card", basis))
            found.append(Finding("person.is_us_citizen", False, method, "foreign-nationality", basis))
        elif document.nationality:
            found.append(Finding("person.is_us_citizen", False, method, "foreign-nationality", basis))
    foreign = [f for f in found if f.fact == "person.is_us_citizen" and f.value is False]
    claimed = claims.applicant.us_limb
    # A resident of the US holds a card that says so: a foreign document, no such card and no claim to one settles it.
    if foreign and claimed is not ClaimedUsLimb.PERMANENT_RESIDENT and not any(f.value is True for f in found):
        by = foreign[0]
        found.append(Finding("person.is_us_permanent_resident", False, by.method, "no-card-no-claim", by.basis))
    return found


def _entity(claims: ApplicationClaims, evidence: Sequence[Evidence]) -> list[Finding]:
    """Where an entity is organised: in the US by an extract that verified, elsewhere by any of its jurisdiction."""
    registration, found = claims.applicant.registration, list[Finding]()
    for piece in evidence:
        if piece.kind is EvidenceKind.REGISTRY_EXTRACT:
            country = str(piece.data.get("jurisdiction", ""))
            is_other = registration is not None and country != registration.jurisdiction
            verified = try_extract(claims.applicant, piece)[0] is Verification.VERIFIED
            if country and not is_other and (verified or country != _US):
                fact, basis = "person.is_organised_in_us", (piece.evidence_id,)
                found.append(Finding(fact, country == _US, "registry_extract", "registered-in", basis))
    return found


def _located(
    claims: ApplicationClaims, residences: Sequence[Evidence], signs: Signs, limbs: Sequence[Finding]
) -> list[Finding]:
    """Whether somebody is in the United States: as a paper that shows residence says.

    Without one, somebody is not there when all of this holds: a document that verified, or an extract, shows them
    foreign, the address they claim is foreign, and no sign, borne or only claimed, points to the United States. It
    rests on that document; the address alone would be their word, and to say where else they are takes more.
    """
    fact = "person.is_located_in_us"
    if residences:
        return [
            Finding(fact, e.data["country"] == _US, "residence", "paper-of-residence", (e.evidence_id,))
            for e in residences
        ]
    address = claims.applicant.address
    settled_foreign = bool(limbs) and all(f.value is False for f in limbs)
    if settled_foreign and address and _US not in signs.places:
        basis = tuple(dict.fromkeys((*limbs[0].basis, *signs.foreign)))
        return [Finding(fact, False, "document", "foreign-document-no-sign-of-us", basis)]
    return []


def _place(
    claims: ApplicationClaims,
    residences: Sequence[Evidence],
    signs: Signs,
    limbs: Sequence[Finding],
    issued_in: Mapping[str, str],
) -> list[Finding]:
    """In which country: as a paper of residence says.

    Without one, where the claimed address is, as long as evidence points there too (a sign it bears, or a document
    issued there, by ``issued_in``) and nothing said or borne points anywhere else.
    """
    if residences:
        return [
            Finding("person.located_in", str(e.data["country"]), "residence", "paper-of-residence", (e.evidence_id,))
            for e in residences
        ]
    address = claims.applicant.address
    settled = any(f.fact == "person.is_located_in_us" and f.value is False for f in limbs)
    if not settled or address is None or signs.places != {address.country}:
        return []
    bearing = tuple(sign for sign, found in signs.borne.items() if address.country in found)
    if address.country in issued_in:
        bearing += (issued_in[address.country],)
    return [Finding("person.located_in", address.country, "weak_signs", "signs-agree", bearing)] if bearing else []


def _issued_in(
    claims: ApplicationClaims, evidence: Sequence[Evidence], documents: Sequence[Document]
) -> dict[str, str]:
    """Return, by country, a document or extract that verified and was issued there."""
    extracts = [
        e
        for e in evidence
        if e.kind is EvidenceKind.REGISTRY_EXTRACT and try_extract(claims.applicant, e)[0] is Verification.VERIFIED
    ]
    return {
        **{d.issuer: d.evidence_id for d in documents if d.issuer},
        **{str(e.data["jurisdiction"]): str(e.evidence_id) for e in extracts},
    }


def _by_weak_signs(claims: ApplicationClaims, signs: Signs, limbs: list[Finding], needed: int) -> list[Finding]:
    """A claimed US limb, enough signs that evidence bears, and nothing against it: the low burden of US persons."""
    limb = _LIMBS.get(claims.applicant.us_limb or ClaimedUsLimb.NONE)
    if limb is None or limbs or signs.foreign or len(signs.of_us) < needed:
        return limbs
    return [Finding(limb, True, "weak_signs", "claim-and-signs", signs.of_us)]


def _contradictions(claims: ApplicationClaims, limbs: Sequence[Finding]) -> list[str]:
    found = []
    for fact in sorted({f.fact for f in limbs}):
        if len({f.value for f in limbs if f.fact == fact}) > 1:
            found.append(f"{fact}: two pieces of evidence disagree")  # noqa: PERF401  the sentence reads better than the comprehension
    limb = claims.applicant.us_limb or ClaimedUsLimb.NONE
    claimed = None if limb is ClaimedUsLimb.PERMANENT_RESIDENT else _LIMBS.get(limb)
    if claimed and any(f.fact == claimed and f.value is False for f in limbs):
        found.append(f"{claimed}: claimed, but evidence says otherwise")
    if claims.applicant.us_limb is ClaimedUsLimb.NONE and any(f.value is True for f in limbs):
        found.append("claimed to be no United States person, but evidence says otherwise")
    return found
