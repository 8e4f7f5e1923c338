"""Checking: every claim tested against the evidence there is, as findings; what nobody tried stays untried.

The trap guarded against: a finding where there is no evidence. Facts that cannot be derived are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from gatebook.identify import contacts, mrz, numbers, papers, registration
from gatebook.identify.papers import Document
from gatebook.identify.personhood import weigh
from gatebook.terms.account import ApplicationClaims
from gatebook.terms.evidence import Evidence, EvidenceKind
from gatebook.terms.fact import Fact, Finding, Scalar
from gatebook.terms.person import BeneficialOwner, PersonClaims, PersonKind


def check_claims(
    claims: ApplicationClaims,
    evidence: Sequence[Evidence],
    today: date,
    *,
    adult_age: int = 18,
    owner_share_percent: int = 25,
    residence_paper_days: int = 120,
) -> tuple[Finding, ...]:
    """Return every finding identify can make of an application on ``today``.

    Evidence about a beneficial owner (``of_owner``) speaks for that owner alone.
    """
    own = evidence_of(evidence)
    person = claims.applicant
    is_entity = person.kind is PersonKind.ENTITY
    documents = papers.read_documents(person, own)
    residences = papers.residences_that_count(own, today, residence_paper_days)
    return (
        *_asked_for(claims),
        *weigh(claims, own, papers.newest(documents), residences),
        *_given(claims, own),
        *_documents(documents, today, adult_age),
        *_codes(claims, own),
        *_residences(person, own, today, residence_paper_days),
        *_payments(own),
        *(_registrations(person, own) if is_entity else ()),
        *(_owners(person, evidence, today, owner_share_percent) if is_entity else ()),
    )


def evidence_of(evidence: Sequence[Evidence], owner: int | None = None) -> list[Evidence]:
    """Return the evidence about the applicant, or about the beneficial owner of this number (0 is the first)."""
    return [piece for piece in evidence if piece.data.get("of_owner") == owner]


def _said(fact: str, value: Scalar) -> Finding:
    return Finding(fact, value, "claim", "as-claimed")


def _asked_for(claims: ApplicationClaims) -> list[Finding]:
    product = claims.product
    return [
        _said("account.type", claims.account_type),
        _said("account.is_reseller", claims.is_reseller),
        _said("account.on_behalf_of_other", claims.on_behalf_of is not None),
        *_behalf(claims),
        _said("product.gives_computing", product.gives_computing),
        _said("product.runs_any_software", product.runs_any_software),
        _said("product.is_trial", product.is_trial),
        _said("person.kind", claims.applicant.kind.value),
    ]


def _behalf(claims: ApplicationClaims) -> list[Finding]:
    other = claims.on_behalf_of
    return [_said("behalf.claimed_in", other.address.country)] if other and other.address else []


def _given(claims: ApplicationClaims, evidence: Sequence[Evidence]) -> list[Finding]:
    """What was claimed at all. A field left out is unknown, not a no: it can still be supplied."""
    person = claims.applicant
    there = {
        "identity.name_given": person.name,
        "identity.address_given": person.address and person.address.lines,
        "contact.email_given": person.emails,
        "contact.phone_given": person.phones,
        "payment.given": claims.payments,
        "use.place_given": person.place_of_use,
        "access.recorded": [e for e in evidence if e.kind is EvidenceKind.ACCESS],
    }
    found = [_said(fact, True) for fact, value in there.items() if value]
    if person.address and person.address.lines:  # an address of which only the country is said is not given yet
        form = contacts.check_address(person.address)
        found.append(Finding("identity.address_form", form.value, "form", "address-form"))
    for number in person.national_numbers:
        verdict, _ = numbers.check_national_number(number.country, number.scheme, number.value)
        found.append(Finding("identity.national_number", verdict.value, "check_digits", "national-number"))
    return found


def _documents(documents: Sequence[Document], today: date, adult_age: int) -> list[Finding]:
    """What each document says of name and birth; of those that verified, the one that holds longest says the rest."""
    found = [Finding("identity.document", d.verdict.value, d.method, d.code, (d.evidence_id,)) for d in documents]
    verified = papers.newest(documents)
    for document in [d for d in verified if d.expires_on][:1]:
        expired, basis = document.expires_on < today.isoformat(), (document.evidence_id,)
        found.append(Finding("identity.document_expired", expired, document.method, "expiry", basis))
    for document in [d for d in verified if d.born_on][:1]:
        is_adult, basis = _age(document.born_on, today) >= adult_age, (document.evidence_id,)
        found.append(Finding("identity.is_adult", is_adult, document.method, "age", basis))
    return found


def _age(born_on: str, today: date) -> int:
    """Return the whole years since a birth; of one known by month or year alone, since the last day it may mean."""
    year, month, day = map(int, mrz.last_day(born_on).split("-"))
    return today.year - year - ((today.month, today.day) < (month, day))


def _codes(claims: ApplicationClaims, evidence: Sequence[Evidence]) -> list[Finding]:
    """A code that came back verifies the contact; one still out leaves it untried."""
    found = []
    person = claims.applicant
    for channel, claimed in (("email", person.emails), ("phone", person.phones)):
        back = [
            e
            for e in evidence
            if e.kind is EvidenceKind.CODE and e.data.get("channel") == channel and e.data.get("destination") in claimed
        ]
        if back:
            found.append(
                Finding(
                    f"contact.{channel}",
                    "verified",
                    f"{channel}_code",
                    "code-came-back",
                    tuple(e.evidence_id for e in back),
                )
            )
        elif claimed:
            found.append(Finding(f"contact.{channel}", "untried", f"{channel}_code", "no-code-yet"))
    return found


def _residences(person: PersonClaims, evidence: Sequence[Evidence], today: date, most_days: int) -> list[Finding]:
    found = []
    for piece in evidence:
        if piece.kind is EvidenceKind.RESIDENCE:
            verdict, code = papers.try_residence(piece, person.address, today, most_days)
            found.append(Finding("identity.residence", verdict.value, "residence", code, (piece.evidence_id,)))
    return found


def _payments(evidence: Sequence[Evidence]) -> list[Finding]:
    return [
        Finding("payment.means", str(piece.data["result"]), "processor", "processor-word", (piece.evidence_id,))
        for piece in evidence
        if piece.kind is EvidenceKind.PAYMENT_CONFIRMED
    ]


def _registrations(person: PersonClaims, evidence: Sequence[Evidence]) -> list[Finding]:
    found = []
    for piece in evidence:
        if piece.kind is EvidenceKind.REGISTRY_EXTRACT:
            verdict, code = registration.try_extract(person, piece)
            found.append(Finding("entity.registration", verdict.value, "registry_extract", code, (piece.evidence_id,)))
    return found


def _owners(person: PersonClaims, evidence: Sequence[Evidence], today: date, share: int) -> list[Finding]:
    """Whether owners were named, and whether each who counts is identified by evidence of their own.

    An owner counts unless it is stated that their share is below ``share`` and that they have no control: not knowing
    it is no reason to look away. Where none counts, the shares stated have to leave no room for one who was not named.
    """
    owners = person.beneficial_owners
    if not owners:
        return []
    verdicts = [
        _owner(owner.person, evidence_of(evidence, n), today) for n, owner in enumerate(owners) if _counts(owner, share)
    ]
    code = "each-owner"
    if not verdicts and 100 - sum(Decimal(owner.share_percent) for owner in owners) >= share:  # per cent
        verdicts, code = ["untried"], "room-for-another-owner"
    # One refuted owner refutes all; one not tried yet leaves all untried.
    verdict = next((v for v in ("refuted", "untried") if v in verdicts), "verified")
    return [_said("entity.owners_given", True), Finding("entity.owners_identified", verdict, "owners_evidence", code)]


def _counts(owner: BeneficialOwner, share: int) -> bool:
    is_below = bool(owner.share_percent) and Decimal(owner.share_percent) < share
    return not (is_below and owner.has_control is False)


def _owner(owner: PersonClaims, evidence: Sequence[Evidence], today: date) -> str:
    """Return what evidence says of one owner: refuted by any piece, else verified by any, else untried."""
    verdicts = [_piece(owner, piece, today) for piece in evidence]
    return next((verdict for verdict in ("refuted", "verified") if verdict in verdicts), "untried")


def _piece(owner: PersonClaims, piece: Evidence, today: date) -> str:
    """Return what one piece says; a document that has expired identifies nobody and refutes nobody."""
    found = (*_registrations(owner, [piece]), *_documents(papers.read_documents(owner, [piece]), today, 0))
    values = {finding.fact: finding.value for finding in found}
    if values.get("identity.document_expired"):
        return "untried"
    return str(values.get("identity.document") or values.get("entity.registration") or "untried")


_RANK = {"untried": 0, "verified": 1, "refuted": 2}


def findings_to_facts(findings: Iterable[Finding]) -> tuple[Fact, ...]:
    """Return one fact per name: refuted over verified over untried; a yes and a no together are unknown."""
    by_name: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.value is not None:
            by_name.setdefault(finding.fact, []).append(finding)
    facts = []
    for name, found in sorted(by_name.items()):
        values = {f.value for f in found if f.value is not None}
        if len(values) > 1 and not all(v in _RANK for v in values):
            continue
        value = max(values, key=lambda v: _RANK.get(str(v), 0))
        basis = tuple(dict.fromkeys(b for f in found if f.value == value for b in f.basis))
        facts.append(Fact(name, value, basis))
    return tuple(facts)
