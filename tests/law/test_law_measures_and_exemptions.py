"""Section 2's special measures and section 1(c)'s exemptions: dated values of a house, and how far each reaches."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from gatebook.decide.determine import outcome_of
from gatebook.errors import LawError
from gatebook.law.consider import consider
from gatebook.law.sources import all_clauses
from gatebook.law.tree import LawTree
from gatebook.store.law_folder import read_law_texts
from gatebook.terms.fact import Fact, Facts
from law_cases import DAY, GOOD, outcome

ADOPTED = "- {source: eo13984, begins: 2026-01-01}\n"
_REST = "cites: ours, standing: house, confirmed: true, checked_on: 2026-11-24"


def law(name: str = "", value: str = "", more: str = "", adopted: str = ADOPTED) -> LawTree:
    own = {"adopt.yaml": adopted}
    if name:
        own[f"eo13984/parameters/{name}.yaml"] = (
            f"means: m\nvalues:\n  - {{begins: 2026-11-24{more}, value: {value}, {_REST}}}\n"
        )
    return LawTree.build(all_clauses(), *read_law_texts(), own)


PLACES = law("measures_on_jurisdictions", "{QQ: prohibit, QR: condition}")
PERSONS = law("measures_on_persons", "{ours/7: prohibit, ours/8: condition}")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"person.located_in": "SE"}, "admit"),
        ({"person.located_in": "QQ"}, "decline"),
        ({"person.located_in": "QR"}, "admit on conditions"),
        ({}, "review"),  # where the person is, nobody knows
        ({"person.located_in": "QQ", "person.is_us_citizen": True}, "admit"),  # a US person abroad is no foreign person
        ({"person.located_in": "QQ", "product.runs_any_software": False}, "admit"),  # no IaaS product
        ({"person.located_in": "QQ", "person.is_located_in_us": None}, "review"),  # perhaps a US person
        ({"person.located_in": "SE", "account.on_behalf_of_other": True, "behalf.claimed_in": "QQ"}, "decline"),
        ({"person.located_in": "SE", "account.on_behalf_of_other": True}, "review"),
        ({"person.located_in": "QQ", "review.disposition": "admit"}, "decline"),  # no officer lifts it
    ],
)
def test_a_measure_on_a_jurisdiction_goes_by_where_the_person_is(change: dict[str, Any], expected: str) -> None:
    # Breaks when a measure is read from a passport, binds a US person, or unknown is read as elsewhere.
    assert outcome({**GOOD, **change}, DAY, PLACES) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [("none", "admit"), ("prohibit", "decline"), ("condition", "admit on conditions"), (None, "review")],
)
def test_a_measure_on_a_person_goes_by_who_they_are(found: str | None, expected: str) -> None:
    # Breaks when an undisposed candidate counts as the named person, or as somebody else.
    assert outcome({**GOOD, "measure.on_person": found}, DAY, PERSONS) == expected


def test_the_condition_has_its_name() -> None:
    # Breaks when the control plane cannot know what to hold the account to.
    facts = Facts(tuple(Fact(k, v) for k, v in {**GOOD, "person.located_in": "QR"}.items()))
    assert outcome_of(consider(PLACES.on(DAY), facts))[1] == ("special-measure",)
    trial = Facts(tuple(Fact(k, v) for k, v in {**GOOD, "account.type": "trial"}.items()))
    assert outcome_of(consider(law().on(DAY), trial)) == ("admit on conditions", ("limited-use",))


def test_a_measure_counts_from_its_day_to_its_day_and_only_where_the_order_is_adopted() -> None:
    # Breaks when a boundary is off by a day, or a measure binds a house that never adopted the order.
    there = {**GOOD, "person.located_in": "QQ"}
    dated = law("measures_on_jurisdictions", "{QQ: prohibit}", more=", ends: 2027-11-24")
    days = {n: outcome(there, DAY + timedelta(n), dated) for n in (-1, 0, 364, 365)}
    assert days == {-1: "admit", 0: "decline", 364: "decline", 365: "admit"}
    assert outcome(there, DAY, law("measures_on_jurisdictions", "{QQ: prohibit}", adopted="")) == "admit"
    assert outcome(there, DAY, law()) == "admit"  # the order itself names nobody


BARE = {**GOOD, "identity.document": None, "identity.document_expired": None, "identity.is_adult": None, "payment.given": None}  # fmt: skip


@pytest.mark.parametrize(
    ("value", "change", "expected"),
    [
        ("[]", {}, "review"),
        ("[provider]", {}, "admit"),
        ("[account_type/standard]", {}, "admit"),
        ("[account_type/gpu]", {}, "review"),
        ("[lessee/per_a]", {"lessee.id": "per_a"}, "admit"),
        ("[lessee/per_a]", {"lessee.id": "per_b"}, "review"),
        ("[lessee/per_a]", {}, "review"),
        ("[provider, account_type/standard]", {}, "admit"),
        ("[provider]", {"screening.person": "confirmed", "screening.blocked": True}, "decline"),
        ("[provider]", {"contact.email": "untried"}, "review"),
        ("[provider]", {"earlier.closed_for_cause": True}, "review"),
        ("[provider]", {"identity.document": "refuted"}, "review"),
    ],
)
def test_an_exemption_sets_aside_the_duties_of_section_1_and_nothing_else(
    value: str, change: dict[str, Any], expected: str
) -> None:
    # Breaks when an exemption reaches another subject, or becomes a pass around screening or house policy.
    assert outcome({**BARE, **change}, DAY, law("exemptions", value)) == expected


def test_an_exemption_lapses_on_its_day_and_says_what_it_set_aside() -> None:
    # Breaks when a lapsed exemption goes on, or a reader cannot see which clause yielded to it.
    lapsing = law("exemptions", "[provider]", more=", ends: 2027-01-01")
    assert [outcome(BARE, date(2026, 12, 31), lapsing), outcome(BARE, date(2027, 1, 1), lapsing)] == ["admit", "review"]
    reasons = consider(lapsing.on(DAY), Facts(tuple(Fact(k, v) for k, v in BARE.items() if v is not None)))
    yielded = {r.clause: r.yielded_to for r in reasons if r.yielded_to}
    assert yielded["eo13984/s1_records.identity_is_verified"] == "eo13984/s1_exemption.is_exempt"
    assert not any(clause.startswith(("ofac", "house", "eo13984/s2")) for clause in yielded)


def test_no_other_exception_meets_an_exemption() -> None:
    # Breaks when an officer's word and an exemption both set one clause aside, which is an error of the law.
    assert outcome({**BARE, "review.disposition": "admit"}, DAY, law("exemptions", "[provider]")) == "admit"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("measures_on_jurisdictions", "{QQ: forbid}"),
        ("measures_on_jurisdictions", "{qq: prohibit}"),
        ("measures_on_jurisdictions", "{QQ: 1}"),
        ("measures_on_jurisdictions", "[QQ]"),
        ("measures_on_jurisdictions", "{NO: prohibit, no: prohibit}"),
        ("measures_on_persons", "{somebody: prohibit}"),
        ("exemptions", "[everybody]"),
        ("exemptions", "[lessee/Anna Eriksson]"),
        ("exemptions", "[1]"),
        ("exemptions", "provider"),
    ],
)
def test_a_misspelt_measure_or_exemption_is_refused(name: str, value: str) -> None:
    # Breaks when a country code or a word nobody knows is taken, and a measure holds for nobody.
    with pytest.raises(LawError, match=f"eo13984/{name}"):
        law(name, value)


@pytest.mark.parametrize("blocked", [True, False])
def test_a_listed_wallet_is_not_cleared_by_an_officers_word(blocked: bool) -> None:
    # Breaks when "different" lifts a block that no judgement of likeness was part of.
    facts = {**GOOD, "screening.identifiers": "match" if blocked else "none", "review.match": "different"}
    assert outcome({**facts, "review.disposition": "admit"}) == ("decline" if blocked else "admit")
