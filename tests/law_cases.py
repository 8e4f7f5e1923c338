"""A case the law admits, and what the law makes of it once something is changed."""

from __future__ import annotations

from datetime import date
from typing import Any

from gatebook.decide.determine import outcome_of
from gatebook.law.consider import consider
from gatebook.law.sources import all_clauses
from gatebook.law.tree import LawTree
from gatebook.store.law_folder import read_law_texts
from gatebook.terms.fact import Fact, Facts

DAY = date(2026, 11, 24)
GOOD: dict[str, Any] = {
    "account.type": "standard", "account.is_reseller": False, "account.on_behalf_of_other": False,
    "product.gives_computing": True, "product.runs_any_software": True, "product.is_trial": False,
    "person.kind": "individual", "person.is_us_citizen": False, "person.is_us_permanent_resident": False,
    "person.is_located_in_us": False, "person.contradictions": 0, "identity.name_given": True,
    "identity.address_given": True, "identity.document": "verified", "identity.document_expired": False,
    "identity.is_adult": True, "contact.email_given": True, "contact.email": "verified", "contact.phone_given": True,
    "payment.given": True, "access.recorded": True, "screening.lists_loaded": True, "screening.lists_fresh": True,
    "screening.person": "none", "screening.identifiers": "none", "screening.blocked": False, "earlier.declined": False,
    "earlier.closed_for_cause": False, "use.place_given": True,
}  # fmt: skip


def tree(adopt: str = "- source: eo13984\n  begins: 2026-01-01\n") -> LawTree:
    return LawTree.build(all_clauses(), *read_law_texts(), {"adopt.yaml": adopt})


def outcome(facts: dict[str, Any], day: date = DAY, law: LawTree | None = None) -> str:
    put = Facts(tuple(Fact(k, v) for k, v in facts.items() if v is not None))
    return outcome_of(consider((law or tree()).on(day), put))[0].value
