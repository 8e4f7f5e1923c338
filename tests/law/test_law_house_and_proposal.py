"""Answers of single clauses where a wrong three-valued reading once admitted, or would have declined, a person."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from gatebook.decide.determine import outcome_of
from gatebook.law.consider import consider
from gatebook.law.sources import all_clauses
from gatebook.law.tree import LawTree
from gatebook.store.law_folder import read_law_texts
from gatebook.terms.fact import Fact, Facts

DAY = date(2026, 11, 24)
ADOPTED = "- {source: eo13984, begins: 2026-01-01}\n- {source: cip_2024, begins: 2026-01-01}\n"
LAW = LawTree.build(all_clauses(), *read_law_texts(), {"adopt.yaml": ADOPTED}).on(DAY)
FOREIGN: dict[str, Any] = {
    "product.gives_computing": True,
    "product.runs_any_software": True,
    "person.kind": "individual",
    "person.is_us_citizen": False,
    "person.is_us_permanent_resident": False,
    "person.is_located_in_us": False,
}


def answer(clause: str, **facts: str | bool | None) -> str:
    named = {name.replace("__", "."): value for name, value in facts.items()}
    put = {name: value for name, value in {**FOREIGN, **named}.items() if value is not None}
    reasons = consider(LAW, Facts(tuple(Fact(name, value) for name, value in put.items())))
    return next(r.answer.value for r in reasons if r.clause == clause)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"screening__person": "confirmed", "screening__blocked": True}, "unmet"),
        ({"screening__person": "confirmed", "screening__blocked": False}, "met"),
        ({"screening__person": "confirmed"}, "unknown"),
        ({"screening__person": "possible"}, "met"),
        ({"screening__person": "confirmed", "screening__blocked": True, "review__match": "different"}, "met"),
        ({"screening__person": "none", "screening__blocked": False, "review__match": "same"}, "unmet"),
        ({"screening__blocked": True}, "unknown"),
        ({"review__match": "different"}, "unknown"),
    ],
)
def test_a_block(facts: dict[str, Any], expected: str) -> None:
    # Breaks when not knowing whether a list blocks is read as that it does not.
    assert answer("ofac/blocked.person_is_not_blocked", **facts) == expected


@pytest.mark.parametrize(
    ("kind", "owners", "expected"),
    [
        ("individual", None, "met"),
        ("entity", None, "unknown"),
        ("entity", "none", "met"),
        ("entity", "possible", "unmet"),
        (None, None, "unknown"),
    ],
)
def test_owners_nobody_screened_are_unknown(kind: str | None, owners: str | None, expected: str) -> None:
    # Breaks when the owners of an entity count as clean because nobody looked.
    facts = {"person__kind": kind, "screening__person": "none", "screening__owners": owners}
    assert answer("house/screening.no_possible_candidate", **facts) == expected


@pytest.mark.parametrize(("phone", "expected"), [(None, "met"), ("untried", "met"), ("refuted", "unmet")])
def test_a_refuted_telephone_never_passes(phone: str | None, expected: str) -> None:
    # Breaks when a code that failed is overlooked because the house does not ask for one.
    assert answer("house/contact.phone_is_confirmed", contact__phone=phone) == expected


@pytest.mark.parametrize(
    ("clause", "fact"),
    [
        ("house/contact.payment_was_not_refuted", "payment__means"),
        ("house/contact.address_has_its_countrys_form", "identity__address_form"),
        ("house/contact.no_other_paper_was_refuted", "entity__registration"),
        ("house/contact.no_other_paper_was_refuted", "identity__residence"),
    ],
)
@pytest.mark.parametrize(
    ("value", "expected"), [(None, "met"), ("untried", "met"), ("verified", "met"), ("refuted", "unmet")]
)
def test_a_check_that_failed_never_passes(clause: str, fact: str, value: str | None, expected: str) -> None:
    # Breaks when a failed check is looked at by no clause, or one nobody tried is read as a failed one.
    assert answer(clause, **{fact: value}) == expected


@pytest.mark.parametrize(
    ("document", "expired", "residence", "expected"),
    [
        ("verified", False, None, "met"),
        ("verified", True, "refuted", "unknown"),
        ("verified", True, "verified", "met"),
        ("verified", None, None, "unknown"),
        (None, None, None, "unknown"),
    ],
)
def test_an_expired_document_does_not_verify(
    document: str | None, expired: bool | None, residence: str | None, expected: str
) -> None:
    # Breaks when the proposal's "unexpired" is left out.
    facts = {
        "identity__document": document,
        "identity__document_expired": expired,
        "identity__residence": residence,
    }
    assert answer("cip_2024/program.verified_by_document_or_other_means", **facts) == expected


@pytest.mark.parametrize(
    ("document", "expected"), [(None, "met"), ("untried", "met"), ("verified", "met"), ("refuted", "unmet")]
)
def test_identity_that_cannot_be_verified_goes_to_a_person(document: str | None, expected: str) -> None:
    # Breaks when a means nobody tried is read as a failed one, or a failed one is outvoted.
    facts = {"identity__document": document, "identity__residence": "verified"}
    assert answer("cip_2024/identity.no_verification_failed", **facts) == expected


GROUPS = (
    "identity__name_given",
    "identity__address_given",
    "payment__given",
    "contact__email_given",
    "contact__phone_given",
    "access__recorded",
)


@pytest.mark.parametrize("name", GROUPS)
def test_each_of_the_six_groups_is_asked_for(name: str) -> None:
    # Breaks when one of the six groups is dropped from the list.
    whole: dict[str, Any] = dict.fromkeys(GROUPS, True) | {"product__is_trial": False}
    clause = "cip_2024/identity.six_groups_are_recorded"
    assert answer(clause, **whole) == "met"
    assert answer(clause, **{**whole, name: None}) == "unknown"
    assert answer(clause, **{**whole, name: False}) == "unmet"
    assert answer(clause, **{**whole, name: False, "person__is_us_citizen": True}) == "met"


def test_no_fact_alone_admits() -> None:
    # Breaks when knowing one thing about nobody opens an account.
    for name, value in FOREIGN.items():
        assert outcome_of(consider(LAW, Facts((Fact(name, value),))))[0].value == "review"
