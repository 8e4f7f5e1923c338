"""Planning: from the facts a clause misses to the least evidence that would settle them.

The trap guarded against: asking for everything a form has room for. What no clause asks is not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gatebook.identify import papers
from gatebook.identify.registration import plain
from gatebook.terms.account import ApplicationClaims, BankClaim, CardClaim, ProcessorClaim, WalletClaim
from gatebook.terms.evidence import Evidence, Requirement
from gatebook.terms.identifier import ADDRESS, NUMBER, plain_address, plain_number
from gatebook.terms.person import ClaimedUsLimb, PersonClaims, PersonKind

_NUMBERS = ("document_number", "national_number", "registration_number", "lei")
#: What settles a limb of the definition of a United States person.
_LIMB_PAPERS = ("document", "residence", "registration")
#: requirement -> (words for the applicant, what is enough, facts it would settle, for individual / entity / both)
_MEANS: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...], str], ...] = (
    ("name", "Your full name.", ("applicant.name",), ("identity.name_given",), ""),
    ("address", "Your postal address.", ("applicant.address",), ("identity.address_given",), ""),
    (
        "email_code",
        "Confirm your e-mail address with the code we send.",
        ("code",),
        ("contact.email", "contact.email_given"),
        "",
    ),
    ("phone", "A telephone number.", ("applicant.phones",), ("contact.phone_given",), ""),
    ("phone_code", "Confirm your telephone number with the code we send.", ("code",), ("contact.phone",), ""),
    (
        "payment",
        "A means of payment: card (never the full number), bank account, wallet or processor token.",
        ("payments",),
        ("payment.given",),
        "",
    ),
    (
        "document",
        "The machine-readable lines of a passport or identity card, or your verifier's report with birth and expiry.",
        ("mrz", "vendor_report"),
        (
            "identity.document",
            "identity.is_adult",
            "identity.document_expired",
            "identity.national_number",
            "person.is_us_citizen",
            "person.is_us_permanent_resident",
        ),
        "individual",
    ),
    (
        "residence",
        "A recent paper that shows your name and address, such as a bill or a bank statement.",
        ("residence",),
        ("person.is_located_in_us", "identity.residence"),
        "",
    ),
    (
        "registration",
        "An extract of the register your organisation is in.",
        ("registry_extract",),
        ("entity.registration", "person.is_organised_in_us", "identity.national_number"),
        "entity",
    ),
    (
        "owners",
        "The persons who own or control your organisation, with the share of each and whether they control it.",
        ("applicant.beneficial_owners",),
        ("entity.owners_given",),
        "entity",
    ),
    (
        "owners_evidence",
        "The document lines of each person who owns or controls your organisation, or its register extract.",
        ("mrz", "vendor_report", "registry_extract"),
        ("entity.owners_identified",),
        "entity",
    ),
    (
        "place_of_use",
        "The country in which the service will be used.",
        ("applicant.place_of_use",),
        ("use.place_given",),
        "",
    ),
    (
        "access",
        "The network address the application came from; the provider's own system sends it.",
        ("access",),
        ("access.recorded",),
        "",
    ),
)


def requirements_due(
    missing: Sequence[tuple[str, tuple[str, ...]]], claims: ApplicationClaims
) -> tuple[Requirement, ...]:
    """Return the least requirements that together settle every missing fact an applicant can supply.

    ``missing`` holds (fact, clauses that ask for it). Greedy: the means that settles most goes first, ties by table.
    """
    kind = "entity" if claims.applicant.kind is PersonKind.ENTITY else "individual"
    means = [_reach(m, claims) for m in _MEANS if m[4] in ("", kind)]
    asking = dict(missing)
    left = {fact for fact in asking if any(fact in m[3] for m in means)}
    chosen = []
    while left:
        best = max(means, key=lambda m: len(left & set(m[3])))
        settled = tuple(sorted(left & set(best[3])))
        clauses = tuple(sorted({c for fact in settled for c in asking[fact]}))
        chosen.append(Requirement(best[0], best[1], best[2], settled, clauses))
        left -= set(settled)
    return tuple(sorted(chosen, key=lambda r: [m[0] for m in _MEANS].index(r.requirement)))


def _reach(
    means: tuple[str, str, tuple[str, ...], tuple[str, ...], str], claims: ApplicationClaims
) -> tuple[str, str, tuple[str, ...], tuple[str, ...], str]:
    """What a means settles and what is enough, for these claims.

    A foreign document with a foreign address and no sign of the US settles location too; then no paper is asked. Who
    says that they are a United States person needs one limb only, and may let two signs of it be confirmed instead of
    showing any paper.
    """
    name, words, enough, facts, kind = means
    address, limb = claims.applicant.address, claims.applicant.us_limb
    says_us = limb not in (None, ClaimedUsLimb.NONE)
    if says_us and name in _LIMB_PAPERS:
        words += " Or let two signs of the United States be confirmed: telephone, payment, place of access."
        enough = (*enough, "code", "payment_confirmed")
    is_elsewhere = address and address.country != "US" and "US" not in claims.applicant.nationalities
    by_limb = says_us and limb is not ClaimedUsLimb.LOCATED_IN_US and name in ("document", "registration")
    if by_limb or (name == "document" and is_elsewhere):
        facts = (*facts, "person.is_located_in_us")
    return name, words, enough, facts, kind


def screening_identifiers(claims: ApplicationClaims, evidence: Sequence[Evidence]) -> tuple[tuple[str, str], ...]:
    """Return (type, normal value) of what is compared exactly: ``wallet:<currency>`` and document numbers."""
    wallets = [(f"wallet:{p.currency}", p.address) for p in claims.payments if isinstance(p, WalletClaim)]
    own = [piece for piece in evidence if piece.data.get("of_owner") is None]
    papers = [(f, v) for f, v in index_values(claims, own) if f in _NUMBERS]
    return tuple(dict.fromkeys((*wallets, *papers)))


def identifiers_of(person: PersonClaims, evidence: Sequence[Evidence] = ()) -> tuple[tuple[str, str], ...]:
    """Return the same for one behind the applicant, from what is claimed of them and from evidence about them."""
    return tuple(dict.fromkeys((*_numbers_of(person), *_document_numbers(evidence))))


def index_values(claims: ApplicationClaims, evidence: Iterable[Evidence]) -> tuple[tuple[str, str], ...]:
    """Return (field, normal value) of everything that is found again by exact search through a keyed index."""
    person = claims.applicant
    found = [("email", email.lower()) for email in person.emails]
    found += [("phone", phone) for phone in person.phones]
    found += _numbers_of(person)
    for payment in claims.payments:
        found += _payment(payment)
    found += _document_numbers(evidence)
    return tuple(dict.fromkeys(found))


def screened_values(claims: ApplicationClaims, evidence: Iterable[Evidence]) -> tuple[tuple[str, str], ...]:
    """Return (field, normal value) of every number and address by which a list may name anybody concerned.

    They are sealed into the keyed index in the form lists are brought to, so that one listed later is found without
    opening anything: bare numbers of the applicant, of owners at any depth and of whom it is opened for, and addresses.
    """
    numbers = [*(v for _, v in _document_numbers(evidence)), *(v for p in _persons(claims) for _, v in _numbers_of(p))]
    wallets = [p.address for p in claims.payments if isinstance(p, WalletClaim)]
    found = [*((NUMBER, plain_number(v)) for v in numbers), *((ADDRESS, plain_address(a)) for a in wallets)]
    return tuple(dict.fromkeys(found))


def _persons(claims: ApplicationClaims) -> list[PersonClaims]:
    waiting = [claims.applicant, *([claims.on_behalf_of] if claims.on_behalf_of else [])]
    for person in waiting:  # grows while it is gone through
        waiting += [owner.person for owner in person.beneficial_owners]
    return waiting


def _numbers_of(person: PersonClaims) -> list[tuple[str, str]]:
    found = [("national_number", f"{n.country}:{plain(n.value)}") for n in person.national_numbers]
    if registration := person.registration:
        number = plain(registration.number)
        if any(c.isdigit() and c != "0" for c in number):  # "none" and "pending" are nobody's number
            found.append(("registration_number", f"{registration.jurisdiction}:{number}"))
        if registration.lei:
            found.append(("lei", registration.lei))
    return found


def _document_numbers(evidence: Iterable[Evidence]) -> list[tuple[str, str]]:
    return [("document_number", number) for number in papers.document_numbers(evidence)]


def _payment(payment: object) -> list[tuple[str, str]]:
    if isinstance(payment, BankClaim):
        return [("iban", payment.iban)]
    if isinstance(payment, WalletClaim):
        return [("wallet", f"{payment.currency}:{payment.address}")]
    if isinstance(payment, ProcessorClaim):
        return [("processor_token", f"{payment.processor}:{payment.token}")]
    if isinstance(payment, CardClaim) and payment.fingerprint:
        return [("card_fingerprint", payment.fingerprint)]
    return []
