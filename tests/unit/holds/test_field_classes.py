"""Every field of what is sealed has a class: those of the claims, of evidence, and of whatever a story leaves sealed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

import builders as b
from gatebook.identify.evidence import SUBMITTED
from gatebook.identify.sealed_form import claims_to_plain
from gatebook.procedures import confirm_contact, open_account, review
from gatebook.record.fields import Field, fields_of
from gatebook.terms.account import (
    AccessClaim,
    ApplicationClaims,
    BankClaim,
    CardClaim,
    ProcessorClaim,
    Product,
    WalletClaim,
)
from gatebook.terms.evidence import EvidenceKind
from gatebook.terms.person import (
    Address,
    BeneficialOwner,
    ClaimedUsLimb,
    NationalNumber,
    PersonClaims,
    PersonKind,
    Registration,
)
from gatebook.terms.record_class import RecordClass as Class
from gatebook.trace.fields import classes_of, index_ended, kinds_with, left_of

WHO = PersonClaims(
    PersonKind.ENTITY,
    "N",
    ("A",),
    "1970-01-01",
    ("SE",),
    Address("SE", ("L",), "C", "R", "P"),
    "SE",
    ("e",),
    ("p",),
    ClaimedUsLimb.NONE,
    (NationalNumber("SE", "s", "1"),),
    Registration("SE", "1", "L"),
)
BEHIND = dataclasses.replace(WHO, beneficial_owners=(BeneficialOwner(WHO, "30", has_control=True),))
FULL = ApplicationClaims(
    dataclasses.replace(BEHIND, beneficial_owners=(BeneficialOwner(BEHIND, "30", has_control=False),)),
    "standard",
    Product("vm"),
    (CardClaim("1", "2", "SE", "f"), BankClaim("i"), WalletClaim("XBT", "a"), ProcessorClaim("p", "t")),
    AccessClaim("192.0.2.1", datetime.fromisoformat("2026-11-01T00:00:00+00:00")),
    "purpose",
    "ref",
    on_behalf_of=WHO,
)


def pointers(payload: Any) -> list[str]:
    return [field.pointer for field in fields_of(payload, bytes(16))]


def test_every_field_of_the_claims_has_a_class_of_its_own() -> None:
    # Breaks when a field is added to the claims and no line of the table says which class it is of.
    payload = {"claims": claims_to_plain(FULL)}
    found = {p: classes_of("application.received", p, payload) for p in pointers(payload)}
    assert [p for p, of in found.items() if of is Class.ASSESSMENT] == []
    filled = {f.name for of in (ApplicationClaims, PersonClaims) for f in dataclasses.fields(of)}
    assert filled <= {step for p in found for step in p.replace("#", "/").split("/")}, "the claims above miss a field"


@pytest.mark.parametrize(
    ("pointer", "of"),
    [
        ("/claims/applicant/name", Class.NAME),
        ("/claims/applicant/emails#3", Class.CONTACT),
        ("/claims/applicant/national_numbers#0/value", Class.NATIONAL_NUMBER),
        ("/claims/applicant/registration", Class.NATIONAL_NUMBER),  # none was given
        ("/claims/applicant/address", Class.ADDRESS),
        ("/claims/applicant/beneficial_owners", Class.OWNERSHIP),
        ("/claims/applicant/beneficial_owners#0/share_percent", Class.OWNERSHIP),
        ("/claims/applicant/beneficial_owners#0/person/name", Class.OWNERSHIP),
        ("/claims/applicant/beneficial_owners#0/person/emails#0", Class.OWNERSHIP),
        ("/claims/applicant/beneficial_owners#0/person/born_on", Class.IDENTITY_DOCUMENT),
        (
            "/claims/applicant/beneficial_owners#0/person/beneficial_owners#1/person/national_numbers#0/value",
            Class.NATIONAL_NUMBER,
        ),
        ("/claims/applicant/beneficial_owners#0/person/beneficial_owners#1/person/name", Class.OWNERSHIP),
        ("/claims/on_behalf_of", Class.OWNERSHIP),
        ("/claims/on_behalf_of/nationalities#0", Class.IDENTITY_DOCUMENT),
        ("/claims/access/address", Class.NETWORK_ADDRESS),
        ("/claims/access/at", Class.SESSION),
        ("/claims/payments#0/bin", Class.PAYMENT),
        ("/claims/product/code", Class.SERVICE),
        ("/claims/purpose", Class.USE),
        ("/claims/applicant/favourite_colour", Class.ASSESSMENT),
        ("/claims/applicant/beneficial_owners#0/person/favourite_colour", Class.ASSESSMENT),
        ("/anything", Class.ASSESSMENT),
    ],
)
def test_classes_of_the_claims(pointer: str, of: Class) -> None:
    # Breaks when somebody behind the applicant is told apart less, or more, than the law does.
    assert classes_of("application.received", pointer, {}) is of


@pytest.mark.parametrize("kind", list(EvidenceKind))
def test_every_field_of_evidence_has_a_class(kind: EvidenceKind) -> None:
    # Breaks when a kind of evidence, or a field of one, is taken in that no table names.
    own = {EvidenceKind.CODE: {"channel", "destination", "verdict"}, EvidenceKind.ACCESS: {"address", "at", "country"}}
    names = own[kind] if kind in own else SUBMITTED[kind][0]
    payload = {"evidence": "evi_1", "kind": kind.value, "data": dict.fromkeys(names, "x")}
    found = {p: classes_of("evidence.received", p, payload) for p in pointers(payload)}
    assert Class.ASSESSMENT not in found.values()


def test_numbers_of_an_extract_are_numbers_and_its_rest_a_document() -> None:
    # Breaks when a register's number of an owner's firm is shown with the name.
    payload = {"kind": "registry_extract"}
    assert classes_of("evidence.received", "/data/number", payload) is Class.NATIONAL_NUMBER
    assert classes_of("evidence.received", "/data/name", payload) is Class.IDENTITY_DOCUMENT
    assert classes_of("evidence.received", "/data/number", {"kind": "of-later"}) is Class.ASSESSMENT


def test_what_a_record_is_stays_with_the_last_of_its_fields() -> None:
    # Breaks when a trimmed piece of evidence no longer says of which kind it is, or outlives all it held.
    payload = {"evidence": "evi_1", "kind": "access", "data": {"address": "192.0.2.1", "at": "x", "country": "SE"}}
    some = left_of("evidence.received", pointers(payload), payload, {Class.NETWORK_ADDRESS})
    assert some == {"/evidence", "/kind", "/data/at"}
    both = {Class.NETWORK_ADDRESS, Class.SESSION}
    assert left_of("evidence.received", pointers(payload), payload, both) == frozenset()


def test_an_index_field_ends_with_the_first_of_its_classes() -> None:
    # Breaks when a number that ended can still be looked for under another name.
    assert index_ended({Class.NATIONAL_NUMBER}) >= {"national_number", "lei", "number"}
    assert index_ended({Class.IDENTITY_DOCUMENT}) >= {"document_number", "number"}
    assert index_ended({Class.NAME}) == frozenset()


def _sealed(premises: Any) -> Iterator[tuple[str, Any, list[Field]]]:
    house = premises.house
    with house.state.read() as work:
        for row in work.registers.page("records", {}, "", 1000):
            parts = house.door.vault.unseal_parts(work.records.get(row["record_id"]), row["commitment"])
            payload = house.door.vault.unseal(work.records.get(row["record_id"]), row["commitment"])
            yield row["kind"], payload, parts


def test_whatever_a_story_seals_is_of_a_kind_the_tables_know(premises: Any, operator: Any) -> None:
    # Breaks when a procedure seals a kind no class reaches, or indexes a field whose end nobody thought of.
    house = premises.house
    claims = b.application(
        b.person("Anna Eriksson", "1974-08-12", emails=["anna@example.com"]),
        payments=[{"kind": "card", "bin": "400000", "last4": "1000", "fingerprint": "f"}],
    )
    papers = [b.passport("ERIKSSON", "ANNA", "SWE", "740812", "X10000001")]
    application, _ = open_account.open_account(house, operator, claims, papers)
    confirm_contact.send_code(house, operator, application, "email")
    confirm_contact.answer_code(house, operator, application, "email", house.senders["email"].last)
    high = b.application(b.person("Hans Holmgren", "1970-01-01", emails=["h@example.com"]), account_type="gpu")
    open_account.open_account(house, operator, high, [b.passport("HOLMGREN", "HANS", "SWE", "700101", "X10000002")])
    with house.state.read() as work:
        reviews = work.registers.page("reviews", {"state": "open"}, "", 10)
    for one in reviews:
        review.dispose(house, operator, one["review_id"], "decline")
    kinds = set()
    for kind, payload, parts in _sealed(premises):
        kinds.add(kind)
        for field in parts:
            assert kind in kinds_with({classes_of(kind, field.pointer, payload)})
    assert kinds >= {"application.received", "evidence.received", "code.answered", "person.screened"}
    assert kinds >= {"determination.made", "review.disposed"}
    with house.state.read() as work:
        tags = {row[0] for row in work.records._connection.exec_driver_sql("SELECT field FROM index_tags")}
    assert tags <= index_ended(set(Class)), "a field of the index that no class ends"
