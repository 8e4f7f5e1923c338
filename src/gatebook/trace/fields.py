"""Fields of what is sealed, and the class of record each falls into: what laws on disclosure and retention ask about.

The trap guarded against: a field that came later and that no law is asked about. What the tables do not name is an
assessment, which a subpoena does not reach; a test fails for every field of the claims or of evidence without a line.

A document about an owner is as much an identity document as the applicant's. What is claimed of whoever stands behind
the applicant is ownership, but for birth, nationality and numbers, which are no less those of a person.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from gatebook.terms.identifier import ADDRESS, NUMBER
from gatebook.terms.record_class import RecordClass as Class

#: Kinds whose fields the tables say; every other kind holds what the house concluded, or was served with.
_CLAIMS, _EVIDENCE, _SCREENED = "application.received", "evidence.received", "person.screened"
_SAME_FORM = {"code.answered": _EVIDENCE}

#: Of a person, beneath any pointer that leads to one.
_PERSON: Mapping[str, Class] = {
    "kind": Class.NAME,
    "name": Class.NAME,
    "aliases": Class.NAME,
    "born_on": Class.IDENTITY_DOCUMENT,
    "nationalities": Class.IDENTITY_DOCUMENT,
    "us_limb": Class.IDENTITY_DOCUMENT,
    "address": Class.ADDRESS,
    "place_of_use": Class.USE,
    "emails": Class.CONTACT,
    "phones": Class.CONTACT,
    "national_numbers": Class.NATIONAL_NUMBER,
    "registration": Class.NATIONAL_NUMBER,
    "beneficial_owners": Class.OWNERSHIP,
}
#: What stays of its own class even of somebody behind the applicant.
_NO_LESS_BEHIND = frozenset({Class.IDENTITY_DOCUMENT, Class.NATIONAL_NUMBER})
_BEHIND = re.compile(r"^/claims/(?:on_behalf_of|applicant/beneficial_owners#\d+/person)")
_DEEPER = re.compile(r"^/beneficial_owners#\d+/person")

_APPLICATION: Mapping[str, Class] = {
    "account_type": Class.SERVICE,
    "product": Class.SERVICE,
    "payments": Class.PAYMENT,
    "purpose": Class.USE,
    "reference": Class.SERVICE,
    "is_reseller": Class.SERVICE,
    "on_behalf_of": Class.OWNERSHIP,
}
_ACCESS: Mapping[str, Class] = {
    "address": Class.NETWORK_ADDRESS,
    "country": Class.NETWORK_ADDRESS,
    "at": Class.SESSION,
}
#: By kind of evidence: the class of its fields, but for those named.
_OF_EVIDENCE: Mapping[str, tuple[Class, Mapping[str, Class]]] = {
    "mrz": (Class.IDENTITY_DOCUMENT, {}),
    "vendor_report": (Class.IDENTITY_DOCUMENT, {}),
    "registry_extract": (
        Class.IDENTITY_DOCUMENT,
        {"jurisdiction": Class.NATIONAL_NUMBER, "number": Class.NATIONAL_NUMBER, "lei": Class.NATIONAL_NUMBER},
    ),
    "residence": (Class.ADDRESS, {}),
    "payment_confirmed": (Class.PAYMENT, {}),
    "code": (Class.CONTACT, {}),
    "access": (Class.NETWORK_ADDRESS, _ACCESS),
}
#: Of a question put to the lists. The candidates themselves are what the house concluded, whatever they compared.
_QUESTION: Mapping[str, Class] = {
    "born_on": Class.IDENTITY_DOCUMENT,
    "countries": Class.IDENTITY_DOCUMENT,
    "gender": Class.IDENTITY_DOCUMENT,
    "numbers": Class.NATIONAL_NUMBER,
    "wallets": Class.PAYMENT,
}
_ASKED = re.compile(r"^/(?:query|queries_of_others#\d+)/([^/#]+)")
_STEP = re.compile(r"^/([^/#]+)")

#: Fields that say what the rest of a payload is and nothing of anybody: they end when nothing else is left of it.
_FRAME = frozenset({"/evidence", "/kind"})

#: By field of the keyed index: the classes its values may be of. A tag goes with the first of them.
_INDEXED: Mapping[str, frozenset[Class]] = {
    "email": frozenset({Class.CONTACT}),
    "phone": frozenset({Class.CONTACT}),
    "national_number": frozenset({Class.NATIONAL_NUMBER}),
    "registration_number": frozenset({Class.NATIONAL_NUMBER}),
    "lei": frozenset({Class.NATIONAL_NUMBER}),
    "document_number": frozenset({Class.IDENTITY_DOCUMENT}),
    "iban": frozenset({Class.PAYMENT}),
    "wallet": frozenset({Class.PAYMENT}),
    "processor_token": frozenset({Class.PAYMENT}),
    "card_fingerprint": frozenset({Class.PAYMENT}),
    NUMBER: frozenset({Class.NATIONAL_NUMBER, Class.IDENTITY_DOCUMENT}),
    ADDRESS: frozenset({Class.PAYMENT}),
    "candidate": frozenset({Class.ASSESSMENT}),
}


_KINDS: Mapping[str, frozenset[Class]] = {
    _CLAIMS: frozenset({*_PERSON.values(), *_APPLICATION.values(), *_ACCESS.values()}),
    _EVIDENCE: frozenset(
        {*(c for c, _ in _OF_EVIDENCE.values()), *(c for _, n in _OF_EVIDENCE.values() for c in n.values())}
    ),
    "code.answered": frozenset({Class.CONTACT}),
    _SCREENED: frozenset({Class.ASSESSMENT, *_QUESTION.values()}),
    "determination.made": frozenset({Class.ASSESSMENT}),
    "review.opened": frozenset({Class.ASSESSMENT}),
    "review.disposed": frozenset({Class.ASSESSMENT}),
}
#: A row of the access record is of these three; it goes once all of them ended.
_OF_ACCESSES = frozenset({Class.NETWORK_ADDRESS, Class.SESSION, Class.ACTIVITY})


def ends_accesses(person: Mapping[str, Any]) -> bool:
    """Return whether what is being ended of a person takes the rows of accesses with it: the last of their classes."""
    ending = {*(person["trimming"] or {}).get("classes", ())}
    before = {*(person["trimmed"] or {}).get("classes", ())}
    return ending >= _OF_ACCESSES and not before >= _OF_ACCESSES


def kinds_with(classes: Collection[Class]) -> frozenset[str]:
    """Return the kinds of a person's sealed records that may hold a field of one of these classes."""
    return frozenset(kind for kind, held in _KINDS.items() if held & frozenset(classes))


#: What the entry of a sealed record says in the clear, by kind; of evidence, what its kind is most of.
_ENTRIES: Mapping[str, Class] = {
    _CLAIMS: Class.SERVICE,
    "code.answered": Class.CONTACT,
    **dict.fromkeys((_SCREENED, "determination.made", "review.opened", "review.disposed"), Class.ASSESSMENT),
}


def class_of_entry(kind: str, evidence_kind: str = "") -> Class:
    """Return the class of what the entry of a sealed record says in the clear, such as that a passport was shown."""
    if kind == _EVIDENCE:
        return _OF_EVIDENCE[evidence_kind][0] if evidence_kind in _OF_EVIDENCE else Class.ASSESSMENT
    return _ENTRIES.get(kind, Class.ASSESSMENT)


def classes_of(kind: str, pointer: str, payload: Mapping[str, Any]) -> Class:
    """Return the class of the field at ``pointer`` (as ``record.fields`` writes it) of a payload of this entry kind.

    Of ``payload`` only the kind of evidence is looked at, which stays as long as anything of the record.
    """
    form = _SAME_FORM.get(kind, kind)
    if form == _EVIDENCE:
        return _evidence(str(payload.get("kind", "")), pointer)
    if form == _CLAIMS:
        return _claims(pointer)
    asked = _ASKED.match(pointer) if form == _SCREENED else None
    return _QUESTION.get(asked.group(1), Class.ASSESSMENT) if asked else Class.ASSESSMENT


def left_of(kind: str, pointers: Sequence[str], payload: Mapping[str, Any], ended: Collection[Class]) -> frozenset[str]:
    """Return the pointers of the fields that stay of a record when classes end.

    What says only what a record is stays while anything else does: without it the others could not be told apart.
    """
    frame = {p for p in pointers if _SAME_FORM.get(kind, kind) == _EVIDENCE and p in _FRAME}
    stay = {p for p in pointers if p not in frame and classes_of(kind, p, payload) not in ended}
    return frozenset(stay | frame) if stay else frozenset()


def index_ended(ended: Collection[Class]) -> frozenset[str]:
    """Return the fields of the keyed index that end with classes; one that holds values of several ends with the first.

    The same number may be a national one and a document's, and a tag does not say which.
    """
    gone = frozenset(ended)
    return frozenset(field for field, classes in _INDEXED.items() if classes & gone)


def _evidence(kind: str, pointer: str) -> Class:
    of_kind, named = _OF_EVIDENCE.get(kind, (Class.ASSESSMENT, {}))
    within = _STEP.match(pointer.removeprefix("/data")) if pointer.startswith("/data/") else None
    return named.get(within.group(1), of_kind) if within else of_kind


@cache
def _claims(pointer: str) -> Class:
    if behind := _BEHIND.match(pointer):
        return _behind(pointer[behind.end() :])
    rest = pointer.removeprefix("/claims")
    if rest.startswith("/access"):
        return _ACCESS.get(_name(rest.removeprefix("/access")), Class.NETWORK_ADDRESS)
    if rest.startswith("/applicant/"):
        return _PERSON.get(_name(rest.removeprefix("/applicant")), Class.ASSESSMENT)
    return _APPLICATION.get(_name(rest), Class.ASSESSMENT)


def _behind(rest: str) -> Class:
    """Somebody behind the applicant, at any depth."""
    while deeper := _DEEPER.match(rest):
        rest = rest[deeper.end() :]
    own = _PERSON.get(_name(rest), Class.ASSESSMENT) if rest else Class.OWNERSHIP
    if own is Class.ASSESSMENT:
        return own
    return own if own in _NO_LESS_BEHIND else Class.OWNERSHIP


def _name(rest: str) -> str:
    step = _STEP.match(rest)
    return step.group(1) if step else ""
