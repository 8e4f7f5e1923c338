"""Checking: every claim tested against the evidence there is, as findings; what nobody tried stays untried.

The trap guarded against: a finding where there is no evidence. Facts that cannot be derived are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from anyascii import anyascii

from gatebook.identify import contacts, mrz, numbers
from gatebook.identify.personhood import weigh
from gatebook.terms.account import ApplicationClaims
from gatebook.terms.evidence import Evidence, EvidenceKind, Verification
from gatebook.terms.fact import Fact, Finding, Scalar
from gatebook.terms.person import PersonClaims, PersonKind


def check_claims(
    claims: ApplicationClaims,
    evidence: Sequence[Evidence],
    today: date,
    *,
    adult_age: int = 18,
    owner_share_percent: int = 25,
) -> tuple[Finding, ...]:
    """Return every finding identify can make of an application on ``today``.

    Evidence about a beneficial owner (``of_owner``) speaks for that owner alone.
    """
    own = evidence_of(evidence)
    person = claims.applicant
    is_entity = person.kind is PersonKind.ENTITY
    return (
        *_asked_for(claims),
        *weigh(claims, own, today),
        *_given(claims, own),
        *_documents(person, own, today, adult_age),
        *_codes(claims, own),
        *_others(claims, own),
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
    if person.address:
        found.append(
            Finding("identity.address_form", contacts.check_address(person.address).value, "form", "address-form")
        )
    for number in person.national_numbers:
        verdict, _ = numbers.check_national_number(number.country, number.scheme, number.value)
        found.append(Finding("identity.national_number", verdict.value, "check_digits", "national-number"))
    return found


def _documents(person: PersonClaims, evidence: Sequence[Evidence], today: date, adult_age: int) -> list[Finding]:
    found = []
    for piece in evidence:
        if piece.kind is EvidenceKind.MRZ:
            zone = mrz.read_mrz(piece.data["lines"], today)
            verdict, code = _compare(person, zone)
            basis = (str(piece.evidence_id),)
            found.append(Finding("identity.document", verdict.value, "mrz", code, basis))
            if verdict is Verification.VERIFIED:
                found.append(
                    Finding("identity.document_expired", zone.expires_on < today.isoformat(), "mrz", "expiry", basis)
                )
                found.append(Finding("identity.is_adult", _age(zone.born_on, today) >= adult_age, "mrz", "age", basis))
        elif piece.kind is EvidenceKind.VENDOR_REPORT:
            found.append(
                Finding("identity.document", str(piece.data["result"]), "vendor_report", "vendor", (piece.evidence_id,))
            )
    return found


def _compare(person: PersonClaims, zone: mrz.MachineReadableZone) -> tuple[Verification, str]:
    """Test the claimed name and birth date against a zone. Wrong check digits are a misread: untried, not refuted."""
    if not zone.holds or not zone.born_on or not zone.expires_on:
        return Verification.UNTRIED, "check-digits"
    if person.born_on and not _same_birth(person.born_on, zone.born_on):
        return Verification.REFUTED, "birth-differs"
    if not any(_same_name(name, f"{zone.given_names} {zone.surname}") for name in (person.name, *person.aliases)):
        return Verification.REFUTED, "name-differs"
    return Verification.VERIFIED, "name-and-birth"


def _same_birth(claimed: str, read: str) -> bool:
    return read.startswith(claimed) or claimed.startswith(read)


def _words(name: str) -> set[str]:
    plain = anyascii(name).upper().replace("'", "").replace("-", " ")
    return set("".join(c if c.isalnum() else " " for c in plain).split())


def _same_name(claimed: str, read: str) -> bool:
    """Every word read stands in the claim, or the other way round: zones cut long names and spell out umlauts."""
    a, b = _words(claimed), _words(read)
    spelt = {w.replace("AE", "A").replace("OE", "O").replace("UE", "U") for w in b}
    return len(b) > 0 and (b <= a or spelt <= a or (len(a) > 1 and (a <= b or a <= spelt)))


def _age(born_on: str, today: date) -> int:
    year, month, day = (
        (int(part) for part in (born_on + "-12-31")[:10].split("-"))
        if len(born_on) == 4  # noqa: PLR2004  a year alone has four digits
        else map(int, born_on.split("-"))
    )
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


def _others(claims: ApplicationClaims, evidence: Sequence[Evidence]) -> list[Finding]:
    found = []
    address = claims.applicant.address
    for piece in evidence:
        basis = (str(piece.evidence_id),)
        if piece.kind is EvidenceKind.RESIDENCE and address:
            same = piece.data["country"] == address.country
            found.append(
                Finding("identity.residence", "verified" if same else "refuted", "residence", "country", basis)
            )
        if piece.kind is EvidenceKind.PAYMENT_CONFIRMED:
            found.append(Finding("payment.means", str(piece.data["result"]), "processor", "processor-word", basis))
    return found


def _registrations(person: PersonClaims, evidence: Sequence[Evidence]) -> list[Finding]:
    """The claimed registration against each extract: jurisdiction, number and name have to be the claimed ones."""
    claimed, found = person.registration, list[Finding]()
    for piece in evidence:
        if piece.kind is EvidenceKind.REGISTRY_EXTRACT:
            same = (
                claimed is not None
                and piece.data["jurisdiction"] == claimed.jurisdiction
                and piece.data["number"] == claimed.number
                and _same_name(person.name, str(piece.data["name"]))
            )
            verdict = "verified" if same else "refuted"
            found.append(
                Finding("entity.registration", verdict, "registry_extract", "extract", (str(piece.evidence_id),))
            )
    return found


def _owners(person: PersonClaims, evidence: Sequence[Evidence], today: date, share: int) -> list[Finding]:
    """Whether owners were named, and whether each who counts is identified by evidence of their own.

    An owner whose share nobody stated counts: not knowing it is no reason to look away.
    """
    if not person.beneficial_owners:
        return []
    verdicts = [
        _owner(owner.person, evidence_of(evidence, n), today)
        for n, owner in enumerate(person.beneficial_owners)
        if owner.has_control or not owner.share_percent or Decimal(owner.share_percent) >= share
    ]
    # One refuted owner refutes all; one not tried yet leaves all untried.
    verdict = next((v for v in ("refuted", "untried") if v in verdicts), "verified")
    return [
        _said("entity.owners_given", True),
        Finding("entity.owners_identified", verdict, "owners_evidence", "each-owner"),
    ]


def _owner(owner: PersonClaims, evidence: Sequence[Evidence], today: date) -> str:
    """Return what evidence says of one owner: refuted by any piece, else verified by any, else untried."""
    verdicts = [_piece(owner, piece, today) for piece in evidence]
    return next((verdict for verdict in ("refuted", "verified") if verdict in verdicts), "untried")


def _piece(owner: PersonClaims, piece: Evidence, today: date) -> str:
    """Return what one piece says; a document that has expired identifies nobody and refutes nobody."""
    found = (*_registrations(owner, [piece]), *_documents(owner, [piece], today, 0))
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
