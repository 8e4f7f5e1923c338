"""The clauses about the use of an open account: every boundary, what is unknown, and that opening never asks them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from gatebook.law.consider import consider, due_facts
from gatebook.law.sources import all_clauses, asks_about_use
from gatebook.law.tree import LawTree
from gatebook.store.law_folder import read_law_texts
from gatebook.terms.fact import Fact, Facts
from law_cases import GOOD, outcome, tree

BEGINS = date(2026, 11, 24)
PLACE, MEASURE = "house/ongoing.place_of_use_fits_residence", "eo13984/s2_use.no_access_from_under_a_measure"
DORMANT, HOLDER = "house/ongoing.no_dormant_account_wakes", "house/ongoing.holder_is_plausibly_the_same"
QUIET: dict[str, Any] = {
    "access.is_ongoing": True, "access.events": 100, "access.events_unplaced": 0, "access.events_elsewhere": 0,
    "access.events_unfamiliar": 0, "access.measure": "none", "access.quiet_days": 0,
    "access.quiet_days_unheard": 0, "account.personhood": "foreign",
    "account.is_under_measure": False,
}  # fmt: skip


def answers(facts: dict[str, Any], day: date = BEGINS, law: LawTree | None = None) -> dict[str, str]:
    put = Facts(tuple(Fact(name, value) for name, value in facts.items() if value is not None))
    reasons = consider((law or tree()).on(day), put)
    return {r.clause: r.answer.value for r in reasons if asks_about_use(r.clause)}


def answer(clause: str, **change: Any) -> str:
    named = {name.replace("__", "."): value for name, value in change.items()}
    found = answers({**QUIET, **named})
    assert all(value == "met" for other, value in found.items() if other != clause), found
    return found[clause]


@pytest.mark.parametrize(
    ("events", "unplaced", "counted", "expected"),
    [
        (40, 0, 20, "unmet"),  # 20 accesses and 50 percent: both reached
        (41, 0, 20, "met"),  # a share just below
        (38, 0, 19, "met"),  # one access too few
        (20, 0, 20, "unmet"),
        (0, 0, 0, "met"),
        (40, 1, 19, "unknown"),  # the one no file places may be the twentieth
        (40, 1, 18, "met"),
        (40, 10, 20, "unmet"),  # whatever those are, enough are elsewhere
        (100, 100, 0, "unknown"),  # no file at all
        (19, 19, 0, "met"),  # too few, wherever they came from
        (40, 0, None, "unknown"),  # nothing says where the holder is
        (None, 0, 20, "unknown"),
    ],
)
def test_the_place_of_use(events: int | None, unplaced: int, counted: int | None, expected: str) -> None:
    # Breaks when a share or a count is read one off, or what no file places is counted for or against anybody.
    change = {"access__events": events, "access__events_unplaced": unplaced, "access__events_elsewhere": counted}
    found = answers({**QUIET, **{name.replace("__", "."): value for name, value in change.items()}})
    assert found[PLACE] == expected


@pytest.mark.parametrize(
    ("events", "unplaced", "counted", "expected"),
    [
        (62, 0, 50, "unmet"),
        (63, 0, 50, "met"),
        (61, 0, 49, "met"),
        (62, 1, 49, "unknown"),
        (62, 0, None, "unknown"),
    ],
)
def test_the_holder_is_plausibly_the_same(events: int, unplaced: int, counted: int | None, expected: str) -> None:
    # Breaks when 80 percent of 50 or more accesses is read one off, or first days not over count as no country.
    change = {"access.events": events, "access.events_unplaced": unplaced, "access.events_unfamiliar": counted}
    assert answers({**QUIET, **change})[HOLDER] == expected


@pytest.mark.parametrize(
    ("days", "unheard", "expected"),
    [
        (0, 0, "met"),
        (179, 0, "met"),
        (180, 0, "unmet"),
        (181, 0, "unmet"),
        (None, 0, "unknown"),
        (0, 179, "met"),  # too few, whatever nobody heard
        (0, 180, "unknown"),
        (179, 1, "unknown"),
        (180, 200, "unmet"),  # enough of them were heard
        (180, None, "unmet"),
        (0, None, "unknown"),
    ],
)
def test_a_dormant_account_wakes_after_its_days_and_not_a_day_before(
    days: int | None, unheard: int | None, expected: str
) -> None:
    # Breaks when the boundary is off by a day, or days in which nobody listened count as quiet or as none.
    assert answer(DORMANT, access__quiet_days=days, access__quiet_days_unheard=unheard) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "met"),
        ({"access__measure": "prohibit"}, "unmet"),
        ({"access__measure": "condition"}, "unmet"),
        ({"access__measure": "condition", "account__is_under_measure": True}, "met"),
        ({"access__measure": "prohibit", "account__is_under_measure": True}, "unmet"),
        (
            {"access__measure": "prohibit", "account__personhood": "us"},
            "met",
        ),  # a US person abroad is no foreign person
        ({"access__measure": "prohibit", "account__personhood": "unknown"}, "unknown"),  # it may be a US person's
        ({"access__measure": "prohibit", "account__personhood": None}, "unknown"),
        ({"access__measure": "condition", "account__personhood": "unknown"}, "unknown"),
        ({"access__measure": "none", "account__personhood": "unknown"}, "met"),
        ({"access__measure": None}, "unknown"),
        ({"access__measure": None, "account__personhood": "us"}, "met"),
    ],
)
def test_access_from_under_a_measure(change: dict[str, Any], expected: str) -> None:
    # Breaks when a measure binds who is or may be a US person, or an address nobody can place counts as one under it.
    assert answer(MEASURE, **change) == expected


def test_a_measure_asks_nothing_of_a_house_that_never_adopted_the_order() -> None:
    # Breaks when an address puts a house under an order that it did not take for its own.
    found = answers({**QUIET, "access.measure": "prohibit"}, law=tree(""))
    assert MEASURE not in found
    assert set(found.values()) == {"met"}


@pytest.mark.parametrize(("days", "count"), [(-1, 0), (0, 4), (1, 4)])
def test_the_clauses_hold_from_their_day_on(days: int, count: int) -> None:
    # Breaks when a day before them finds their clauses or their numbers, and so another edition.
    law = tree().on(BEGINS + timedelta(days))
    assert len([c for c in law.clauses if asks_about_use(c.clause_id)]) == count
    assert ("house/dormant_days" in law.parameters.names()) == bool(count)


def test_an_edition_of_a_day_before_them_is_as_it_was() -> None:
    # Breaks when a determination made before there were such clauses can no longer be replayed.
    texts, sources = read_law_texts()
    adopted = {"adopt.yaml": "- source: eo13984\n  begins: 2026-01-01\n"}
    of_use = ("use_days", "elsewhere_", "dormant_", "first_use_", "unfamiliar_")
    before = {path: text for path, text in texts.items() if not path.rpartition("/")[2].startswith(of_use)}
    assert len(texts) - len(before) == 7
    without = LawTree.build([c for c in all_clauses() if not asks_about_use(c.clause_id)], before, sources, adopted)
    for days, is_same in ((-1, True), (0, False)):
        day = BEGINS + timedelta(days)
        assert (without.on(day).edition == tree().on(day).edition) is is_same


@pytest.mark.parametrize("change", [{}, {"access.is_ongoing": False}])
def test_opening_an_account_asks_none_of_them(change: dict[str, Any]) -> None:
    # Breaks when an application is determined by what only the use of an open account could show.
    put = Facts(tuple(Fact(name, value) for name, value in {**GOOD, **change}.items()))
    reasons = [r for r in consider(tree().on(BEGINS), put) if asks_about_use(r.clause)]
    assert len(reasons) == 4
    assert {(r.answer.value, r.effect) for r in reasons} == {("met", "none")}
    assert outcome({**GOOD, **change}, BEGINS) == "admit"
    bare = consider(tree().on(BEGINS), Facts(()))
    assert not [name for name, clauses in due_facts(bare) if any(map(asks_about_use, clauses))]


def test_they_ask_for_a_person_and_for_nothing_else() -> None:
    # Breaks when such a clause could decline, or lay a condition on an account that is open.
    assert {c.unmet for c in all_clauses() if asks_about_use(c.clause_id)} == {"review"}
    assert all("EO 13984" in c.cites for c in all_clauses() if asks_about_use(c.clause_id))
    unknown = answers({"access.is_ongoing": True})
    assert set(unknown.values()) == {"unknown"}


def test_an_operators_numbers_go_over_ours() -> None:
    # Breaks when a house cannot say for itself what is dormant, or zero accesses count as enough.
    def set_to(name: str, value: int) -> LawTree:
        text = f"means: m\nvalues:\n  - {{begins: 2026-11-24, value: {value}, cites: ours, standing: house, confirmed: true, checked_on: 2026-11-24}}\n"
        return LawTree.build(all_clauses(), *read_law_texts(), {f"house/parameters/{name}.yaml": text})

    assert answers({**QUIET, "access.quiet_days": 30}, law=set_to("dormant_days", 30))[DORMANT] == "unmet"
    assert answers(QUIET, law=set_to("elsewhere_percent", 0))[PLACE] == "met"
    assert answers(QUIET, law=set_to("elsewhere_events", 0))[PLACE] == "met"
