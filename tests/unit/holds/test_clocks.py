"""Clocks by class: the longest duty, a cap against policy, law against a cap; and how a hold stands on a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebook.law.parameters import DatedValue, Parameters
from gatebook.procedures.retention import HELD, Relation, clocks, ended_classes
from gatebook.store.law_folder import read_law
from gatebook.terms.determination import Standing
from gatebook.terms.record_class import RecordClass as Class
from gatebook.trace.holds import ALL, NAMED, Grace, holding_of, standing_of
from gatebook.trace.holds import Standing as How

DAY = date(2027, 6, 1)
ENDED = date(2026, 6, 1)
BASE = Relation(ENDED, "2027-06-01", "house/retention_years")
GRACE = Grace(7, 14)


@pytest.fixture(scope="module")
def law(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("law")
    (folder / "adopt.yaml").write_text("[]\n")
    return read_law(folder).on(DAY)


def under(law: Any, **values: Any) -> Any:
    """The law with other values; those whose name begins with law_ are law in force."""
    held = dict(law.parameters.held)
    for name, value in values.items():
        standing = Standing.IN_FORCE if name.startswith("law_") else Standing.HOUSE
        path = name.removeprefix("law_").replace("__", "/")
        held[path] = DatedValue(DAY, None, value, "test", standing, True, DAY)
    return replace(law, parameters=Parameters(held))


def clock(law: Any, of: Class = Class.NATIONAL_NUMBER, relation: Relation = BASE, **more: bool) -> Any:
    return next(c for c in clocks(law, [relation], was_listed=more.get("was_listed", False)) if c.record_class is of)


def test_without_a_table_every_class_has_the_day_of_the_relation(law: Any) -> None:
    # Breaks when the tables a house is delivered with change a day by themselves.
    found = clocks(law, [BASE], was_listed=False)
    assert {c.record_class for c in found} == set(HELD) == set(Class) - {Class.CONTENT}
    assert {(c.until, c.rule, c.cap_rule) for c in found} == {("2027-06-01", "house/retention_years", "")}


@pytest.mark.parametrize(("today", "is_over"), [(date(2027, 6, 1), False), (date(2027, 6, 2), True)])
def test_the_last_day_counts_to_its_end(law: Any, today: date, is_over: bool) -> None:
    # Breaks when something goes on the day until which it is kept.
    assert bool(ended_classes(clocks(law, [BASE], was_listed=False), today)) is is_over


def test_a_duty_of_a_class_is_longer_for_that_class_alone(law: Any) -> None:
    # Breaks when one class keeps all the others, or is let go with them.
    longer = under(law, house__retention_years_by_class={"payment": 5})
    assert clock(longer, Class.PAYMENT).until == "2031-06-01"
    assert clock(longer, Class.PAYMENT).rule == "house/retention_years_by_class"
    assert clock(longer, Class.NAME).until == "2027-06-01"


def test_a_cap_goes_before_policy(law: Any) -> None:
    # Breaks when the house's own wish keeps a number beyond the cap it set.
    found = clock(under(law, house__privacy_caps={"national-number": 30}))
    assert (found.until, found.rule) == ("2026-07-01", "house/privacy_caps")
    assert not found.in_conflict
    assert clock(under(law, house__privacy_caps={"national-number": 30}), Class.NAME).until == "2027-06-01"


def test_a_cap_beyond_the_duty_keeps_nothing(law: Any) -> None:
    # Breaks when a cap is read as a duty.
    found = clock(under(law, house__privacy_caps={"national-number": 4000}))
    assert (found.until, found.rule) == ("2027-06-01", "house/retention_years")


def test_law_in_force_goes_before_a_cap_and_says_so(law: Any) -> None:
    # Breaks when a cap ends what 31 CFR 501.601 keeps, or nobody is told that the two meet.
    capped = under(law, house__privacy_caps={"national-number": 30})
    relation = Relation(ENDED, "2036-06-01", "ofac/retention_years")
    found = clock(capped, relation=relation, was_listed=True)
    assert (found.until, found.rule, found.in_conflict) == ("2036-06-01", "ofac/retention_years", True)


def test_a_duty_of_law_hidden_behind_a_longer_policy_still_counts(law: Any) -> None:
    # Breaks when a cap cuts a long policy and with it the shorter duty of law beneath.
    capped = under(law, house__privacy_caps={"national-number": 30}, house__retention_years=20)
    relation = Relation(ENDED, "2046-06-01", "house/retention_years")
    found = clock(capped, relation=relation, was_listed=True)
    assert (found.until, found.rule, found.in_conflict) == ("2036-06-01", "ofac/retention_years", True)


@given(st.integers(0, 4000), st.integers(0, 15), st.integers(0, 15))
def test_a_clock_is_never_shorter_than_law_nor_longer_than_the_longest(cap: int, own: int, kept: int) -> None:
    # Breaks when some mix of duty, policy and cap gives a day no rule can account for.
    mixed = under(_LAW, house__privacy_caps={"name": cap}, law_house__retention_years_by_class={"name": own})
    until = ENDED.replace(year=ENDED.year + kept).isoformat()
    found = clock(mixed, Class.NAME, Relation(ENDED, until, "house/retention_years"))
    by_law = ENDED.replace(year=ENDED.year + own).isoformat()
    cap_until = (ENDED + timedelta(days=cap)).isoformat()
    assert by_law <= found.until <= max(by_law, until)
    assert found.until == max(by_law, min(max(by_law, until), cap_until))
    assert found.in_conflict is (by_law > cap_until)


def _read() -> Any:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "adopt.yaml").write_text("[]\n")
        return read_law(Path(folder)).on(DAY)


_LAW = _read()


@pytest.mark.parametrize("name", ["house/privacy_caps", "house/retention_years_by_class"])
def test_every_class_may_be_named_in_the_tables(name: str, tmp_path: Any) -> None:
    # Breaks when a class is added and the form of a table refuses it, or takes a word that is none.
    import re

    (tmp_path / "adopt.yaml").write_text("[]\n")
    form = read_law(tmp_path).parameters[name].form
    assert all(re.fullmatch(form, one.value) for one in Class)
    assert not re.fullmatch(form, "passport")


def hold(**values: Any) -> dict[str, Any]:
    return {"hold_id": "hld_1", "state": "in-force", "until": "2027-06-10", "scope": NAMED, "persons": []} | values


@pytest.mark.parametrize(
    ("at", "how"),
    [
        ("2027-05-27T23:59:59", How.IN_FORCE),
        ("2027-05-28T00:00:00", How.NEARLY_LAPSED),
        ("2027-06-10T23:59:59", How.NEARLY_LAPSED),
        ("2027-06-11T00:00:00", How.LAPSED),
        ("2027-06-17T23:59:59", How.LAPSED),
        ("2027-06-18T00:00:00", How.RUN_OUT),
    ],
)
def test_how_a_hold_stands(at: str, how: How) -> None:
    # Breaks when a boundary moves by a day: its last day counts to its end, and then the grace begins.
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert standing_of(hold(), now, GRACE) is how
    assert standing_of(hold(until=""), now, GRACE) is How.IN_FORCE
    assert standing_of(hold(state="ended"), now, GRACE) is How.ENDED


def test_who_is_held() -> None:
    # Breaks when a hold on an account lets its holder go, or one over everything forgets somebody.
    named = holding_of([hold(persons=["per_1"], accounts=["acc_2"])])
    assert named.on("per_1") == ["hld_1"]
    assert named.on("per_2") == []
    assert named.on("per_2", ["acc_1", "acc_2"]) == ["hld_1"]
    assert holding_of([hold(scope=ALL, accounts=[])]).on("anybody") == ["hld_1"]
    assert not holding_of([])
