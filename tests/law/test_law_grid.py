"""Law as tables: facts, dates and answers; every boundary; no gap, no clash, every clause cited."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from gatebook.decide.determine import outcome_of
from gatebook.errors import LawError
from gatebook.law.consider import consider, due_facts, personhood
from gatebook.law.parameters import parse_parameter
from gatebook.law.sources import all_clauses
from gatebook.law.tree import LawTree, parse_adoptions
from gatebook.store.law_folder import read_law, read_law_texts
from gatebook.terms.determination import Answer, Outcome, Standing
from gatebook.terms.fact import FACTS, Fact, Facts
from law_cases import DAY, GOOD, outcome, tree


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "admit"),
        ({"identity.document": "untried"}, "review"),
        ({"identity.document": "refuted"}, "review"),
        ({"identity.document_expired": True}, "review"),
        ({"identity.is_adult": False}, "review"),
        ({"contact.email": "untried"}, "review"),
        ({"contact.email": "refuted"}, "review"),
        ({"payment.means": "refuted"}, "review"),
        ({"payment.means": "refuted", "review.disposition": "admit"}, "review"),
        ({"payment.means": "untried"}, "admit"),
        ({"identity.address_form": "refuted"}, "review"),
        ({"identity.address_form": "refuted", "review.disposition": "admit"}, "admit"),
        ({"identity.residence": "refuted"}, "review"),
        ({"entity.registration": "refuted"}, "review"),
        ({"person.is_located_in_us": None}, "review"),
        ({"person.is_us_citizen": True, "identity.document": None, "payment.given": None}, "admit"),
        ({"product.runs_any_software": False, "identity.document": None}, "admit"),
        ({"product.is_trial": True, "payment.given": None}, "admit"),
        ({"screening.person": "confirmed", "screening.blocked": True}, "decline"),
        ({"screening.person": "confirmed", "screening.blocked": False}, "review"),
        ({"screening.person": "possible"}, "review"),
        ({"screening.person": "possible", "review.match": "different"}, "admit"),
        ({"screening.person": "possible", "review.match": "same"}, "decline"),
        ({"screening.person": "clash"}, "review"),
        ({"screening.person": "clash", "review.disposition": "admit"}, "admit"),
        ({"screening.person": "weak"}, "admit"),
        ({"screening.person": None}, "review"),
        ({"screening.identifiers": "match"}, "decline"),
        ({"screening.lists_loaded": False}, "review"),
        ({"screening.lists_fresh": False}, "review"),
        ({"earlier.declined": True}, "review"),
        ({"earlier.closed_for_cause": True}, "review"),
        ({"person.contradictions": 1}, "review"),
        ({"account.type": "gpu"}, "review"),
        ({"account.type": "nobody-knows"}, "review"),
        ({"account.type": "gpu", "review.disposition": "admit"}, "admit"),
        ({"account.is_reseller": True}, "review"),
        ({"account.on_behalf_of_other": True}, "review"),
        ({"review.disposition": "decline"}, "decline"),
        ({"identity.document": "untried", "review.disposition": "admit"}, "review"),
        ({"screening.person": "confirmed", "screening.blocked": True, "review.disposition": "admit"}, "decline"),
    ],
)
def test_facts_lead_to_outcomes(change: dict[str, Any], expected: str) -> None:
    # Breaks when a clause changes what it asks, or an exception reaches further than written.
    assert outcome({**GOOD, **change}) == expected


def test_a_missing_fact_never_admits_where_a_clause_looks_and_never_declines() -> None:
    # Breaks when unknown becomes a yes or a no: take away each fact, and each pair.
    law = tree()
    for names in (*((n,) for n in GOOD), *itertools.combinations(GOOD, 2)):
        found = outcome({k: v for k, v in GOOD.items() if k not in names}, law=law)
        assert found in ("admit", "review"), names
    assert outcome({}, law=law) == "review"


def test_unknown_never_turns_a_decline_into_an_admission() -> None:
    # Breaks when losing a fact helps a listed person.
    bad = {**GOOD, "screening.person": "confirmed", "screening.blocked": True}
    for name in bad:
        assert outcome({k: v for k, v in bad.items() if k != name}) != "admit", name


def test_every_day_of_a_grid_has_law_and_every_clause_is_cited_and_dated() -> None:
    # Breaks on a gap, a clash, a missing citation, an undeclared fact or a parameter without a value.
    law = tree("- source: eo13984\n  begins: 2026-01-01\n- source: cip_2024\n  begins: 2026-06-01\n")
    for n in range(0, 900, 7):
        day = law.on(date(2026, 1, 1) + timedelta(n))
        reasons = consider(day, Facts(()))
        assert {r.clause for r in reasons} == {c.clause_id for c in day.clauses}
        assert all(r.cites and r.duty and set(r.missing) <= set(FACTS) for r in reasons)
        begun = {name for name, p in law.parameters.items() if p.values[0].begins <= day.day}
        assert begun <= set(day.parameters.held)  # one that came with a later clause begins with it, and has no gap


def test_a_source_counts_from_the_day_it_is_adopted_and_not_the_day_before() -> None:
    # Breaks when a proposed rule binds by itself, or a boundary is off by a day.
    law = tree("- source: cip_2024\n  begins: 2026-06-01\n  ends: 2026-09-01\n")
    held = {
        d: "cip_2024" in law.on(d).resting
        for d in (date(2026, 5, 31), date(2026, 6, 1), date(2026, 8, 31), date(2026, 9, 1))
    }
    assert list(held.values()) == [False, True, True, False]
    reason = next(r for r in consider(law.on(date(2026, 6, 1)), Facts(())) if r.clause.startswith("cip_2024"))
    assert reason.standing is Standing.PROPOSED
    assert reason.rests_on == "proposed; adopted by the house from 2026-06-01"


def test_the_ofac_record_period_changes_on_its_day() -> None:
    # Breaks when a dated number is read a day early or late.
    law = tree()
    years = [law.on(date(2025, 3, d)).parameters.number("ofac/retention_years") for d in (11, 12, 13)]
    assert years == [5, 10, 10]


def test_an_operators_value_goes_over_ours_from_its_day_on() -> None:
    # Breaks when an override rewrites the past or needs our file to change.
    own = "means: m\nvalues:\n  - {begins: 2026-11-24, value: admit, cites: ours, standing: house, confirmed: true, checked_on: 2026-11-24}\n"
    law = LawTree.build(all_clauses(), *read_law_texts(), {"house/parameters/clash_goes_to.yaml": own})
    clash = {**GOOD, "screening.person": "clash"}
    assert outcome(clash, DAY - timedelta(1), law) == "review"
    assert outcome(clash, DAY, law) == "admit"
    declines = own.replace("admit", "decline")
    law = LawTree.build(all_clauses(), *read_law_texts(), {"house/parameters/clash_goes_to.yaml": declines})
    assert outcome(clash, DAY, law) == "decline"


def test_later_law_leaves_an_earlier_edition_as_it_was_and_a_changed_number_does_not() -> None:
    # Breaks when replaying an old determination would find another digest, or a rewritten past would not.
    plain, later = tree(), tree("- source: eo13984\n  begins: 2026-01-01\n- source: cip_2024\n  begins: 2027-01-01\n")
    assert plain.on(DAY).edition == later.on(DAY).edition
    assert plain.on(date(2027, 1, 1)).edition != later.on(date(2027, 1, 1)).edition
    ours, sources = read_law_texts()
    moved = {**ours, "house/parameters/adult_age.yaml": ours["house/parameters/adult_age.yaml"].replace("18", "21")}
    assert (
        LawTree.build(all_clauses(), moved, sources).on(DAY).edition
        != LawTree.build(all_clauses(), ours, sources).on(DAY).edition
    )


@pytest.mark.parametrize(
    ("limbs", "expected"),
    [
        (("individual", True, None, None), "us"), (("individual", False, False, False), "foreign"),
        (("individual", False, False, None), "unknown"), (("individual", False, None, True), "us"),
        (("individual", None, None, None), "unknown"),
    ],
)  # fmt: skip
def test_the_limbs_of_a_united_states_person(limbs: tuple[Any, ...], expected: str) -> None:
    # Breaks when one unsettled limb is read as a no.
    names = ("person.kind", "person.is_us_citizen", "person.is_us_permanent_resident", "person.is_located_in_us")
    assert (
        personhood(Facts(tuple(Fact(n, v) for n, v in zip(names, limbs, strict=True) if v is not None))).value
        == expected
    )


def test_a_foreign_subsidiary_is_foreign_and_a_branch_of_a_us_firm_is_us() -> None:
    # Breaks when organisation and place are confused (EO 13984 s. 5).
    subsidiary = {"person.kind": "entity", "person.is_organised_in_us": False, "person.is_located_in_us": False}
    assert personhood(Facts(tuple(Fact(k, v) for k, v in subsidiary.items()))).value == "foreign"
    assert personhood(Facts((Fact("person.kind", "entity"), Fact("person.is_organised_in_us", True)))).value == "us"


def test_law_that_is_wrong_is_refused_with_its_name() -> None:
    # Breaks when a bad parameter or adoption is taken silently.
    for text in (
        "means: [",
        "means: m\nvalues: [{begins: 2026-01-01}]",
        "means: m\nvalues:\n  - {begins: x, value: 1, cites: c, standing: house, confirmed: true, checked_on: 2026-01-01}",
    ):
        with pytest.raises(LawError, match="house/x"):
            parse_parameter("house/x", text)
    with pytest.raises(LawError):
        parse_adoptions("- source: a")
    with pytest.raises(LawError, match="not there"):
        tree("- source: nowhere\n  begins: 2026-01-01\n")
    with pytest.raises(LawError, match="no clause knows"):
        LawTree.build(all_clauses(), *read_law_texts(), {"house/parameters/typo.yaml": "means: m\nvalues: []\n"})
    with pytest.raises(LawError):
        Facts((Fact("no.such_fact", True),))
    for place in ("", "  ", "Sweden", "se"):
        with pytest.raises(LawError, match="form"):
            Facts((Fact("person.located_in", place),))


def test_due_facts_name_the_clauses_that_ask() -> None:
    # Breaks when the applicant is asked for something no clause needs.
    reasons = consider(tree().on(DAY), Facts(tuple(Fact(k, v) for k, v in GOOD.items() if k != "contact.email")))
    assert due_facts(reasons) == [("contact.email", ("house/contact.email_is_confirmed",))]
    assert all(r.answer is not Answer.UNKNOWN or r.effect in ("review", "none") for r in reasons)
    assert Outcome.REVIEW is outcome_of(reasons)[0]


def test_the_tree_reads_from_the_package() -> None:
    # Breaks when a YAML file is left out of the package.
    assert read_law(Path("/nonexistent")).on(DAY).clauses
