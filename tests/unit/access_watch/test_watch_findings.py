"""What the watch makes of uses: the same in whatever order they come, cut nowhere, and a clock that is wrong is no sign."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebook.terms.fact import Finding
from gatebook.trace import watch
from gatebook.trace.by_day import begin_of, day_of, uses_by_day
from gatebook.trace.ports import Filter
from listed_rows import ListedRows, at

TODAY = date(2026, 11, 24)
BY = watch.Yardstick(TODAY, 30, 30, {})
HOLDER = watch.Holder(frozenset({"SE"}), "foreign", False)
days = st.integers(0, 90).map(lambda n: TODAY - timedelta(days=n))
batches = st.lists(
    st.dictionaries(days, st.dictionaries(st.sampled_from(["SE", "BR", ""]), st.integers(1, 9), min_size=1)), max_size=6
)


def day(ago: int) -> date:
    return TODAY - timedelta(days=ago)


def remembered(*tallies: watch.Tally) -> watch.Seen:
    seen = watch.Seen()
    for tally in tallies:
        seen = watch.remember(seen, tally, TODAY - timedelta(days=29))
    return seen


def found(seen: watch.Seen, holder: watch.Holder = HOLDER, by: watch.Yardstick = BY, quiet: Any = None) -> Any:
    return {f.fact: f for f in watch.findings(seen, quiet or watch.Quiet(), holder, by)}


@given(batches, st.randoms(use_true_random=False))
def test_batches_in_any_order_come_to_the_same(tallies: list[watch.Tally], chance: Any) -> None:
    # Breaks when what is found depends on which segment was sealed first.
    mixed = list(tallies)
    chance.shuffle(mixed)
    one, other = remembered(*tallies), remembered(*mixed)
    assert (one, found(one)) == (other, found(other))
    total = Counter[str]()
    for tally in tallies:
        for when, counts in tally.items():
            if when > day(30):
                total.update(counts)
    assert found(one)["access.events"].value == total.total()
    assert found(one)["access.events_elsewhere"].value == total["BR"]
    assert found(one)["access.events_unplaced"].value == total[""]


rows = st.lists(
    st.tuples(
        st.sampled_from(["acc_a", "acc_b", "p"]), st.sampled_from(["192.0.2.1", "2001:db8::1", ""]), days,
        st.sampled_from([0, 1, 43_200, 86_399]),
    ),
    max_size=40,
)  # fmt: skip


@given(rows, st.integers(1, 5))
def test_no_use_is_cut_off_at_a_limit(listed: list[tuple[str, str, date, int]], limit: int) -> None:
    # Breaks when a day with more than is answered at once is read in part, or one access counted on two days.
    held = ListedRows([(1, who, address, at(when, second)) for who, address, when, second in listed])
    asked = Filter(from_at=begin_of(day(90)), until_at=begin_of(day(-1)), segment=1)
    seen = Counter[tuple[str, str, date]]()
    for use in uses_by_day(held, asked, limit):
        assert day_of(use.first_at) == day_of(use.last_at)
        seen[use.principal, use.address, day_of(use.first_at)] += use.events
    assert seen == Counter((who, address, when) for who, address, when, _ in listed)


def test_a_segment_of_one_day_is_asked_about_once() -> None:
    # Breaks when every turn of the watch costs a question for each hour or day there ever was.
    held = ListedRows()
    held.access(1, "acc_a", "192.0.2.1", TODAY, 20)
    asked = Filter(from_at=begin_of(day(400)), until_at=begin_of(day(-1)), segment=1)
    assert [use.events for use in uses_by_day(held, asked, 100)] == [20]
    assert held.asked == 1


@pytest.mark.parametrize(("ago", "counted"), [(0, 1), (29, 1), (30, 0), (31, 0)])
def test_days_looked_back_on_today_included(ago: int, counted: int) -> None:
    # Breaks when the window is a day too long or too short.
    assert found(remembered({day(ago): {"BR": 1}}))["access.events_elsewhere"].value == counted


def test_where_nothing_says_where_the_holder_is_nothing_is_elsewhere() -> None:
    # Breaks when somebody of whom nothing is known is found to be in the wrong place.
    assert (
        found(remembered({TODAY: {"BR": 9}}), replace(HOLDER, known_in=None))["access.events_elsewhere"].value is None
    )


@pytest.mark.parametrize(("ago", "value"), [(59, 5), (31, 5), (30, 5), (29, None), (0, None)])
def test_first_days_have_to_be_over(ago: int, value: int | None) -> None:
    # Breaks when an account is judged by first days it is still in, or a country of its first days counts as new.
    seen = remembered({day(ago): {"SE": 1}}, {TODAY: {"BR": 5}})
    assert found(seen)["access.events_unfamiliar"].value == value


@pytest.mark.parametrize(("after", "value"), [(29, 0), (30, 4)])
def test_a_country_of_the_first_days_is_familiar_to_the_day(after: int, value: int) -> None:
    # Breaks when the first days are counted one off.
    first = day(60)
    seen = remembered({first: {"SE": 1}, first + timedelta(days=after): {"BR": 1}, TODAY: {"BR": 4}})
    assert found(seen)["access.events_unfamiliar"].value == value


def test_first_days_nobody_could_place_make_nothing_unfamiliar() -> None:
    # Breaks when a file of countries that came later makes every holder another one.
    assert found(remembered({day(60): {"": 9}, TODAY: {"BR": 9}}))["access.events_unfamiliar"].value is None


@pytest.mark.parametrize(
    ("counted", "measures", "expected"),
    [
        ({"SE": 1}, {}, "none"),
        ({"": 5}, {}, "none"),
        ({"SE": 1}, {"BR": "prohibit"}, "none"),
        ({"SE": 1, "": 1}, {"BR": "prohibit"}, None),
        ({"BR": 1, "": 1}, {"BR": "condition"}, "condition"),
        ({"BR": 1, "AR": 1}, {"BR": "condition", "AR": "prohibit"}, "prohibit"),
    ],
)
def test_the_strictest_measure_on_a_place_of_access(counted: Any, measures: Any, expected: str | None) -> None:
    # Breaks when a lesser measure hides a stricter, or an address nobody places is outside every measure.
    assert found(remembered({TODAY: counted}), by=replace(BY, measures=measures))["access.measure"].value == expected


def test_countries_an_officer_let_stand_are_counted_no_more() -> None:
    # Breaks when a person is asked every minute about what was answered, or never about what is new.
    kept = {
        name: frozenset({"BR"}) for name in ("access.events_elsewhere", "access.events_unfamiliar", "access.measure")
    }
    by = replace(BY, measures={"BR": "prohibit"})
    seen = remembered({day(60): {"SE": 1}, TODAY: {"BR": 9, "AR": 2}})
    told = found(seen, replace(HOLDER, kept=kept), by)
    assert told["access.events_elsewhere"] == Finding("access.events_elsewhere", 2, "counted", "by-country", ("AR",))
    assert told["access.events_unfamiliar"].value == 2
    assert told["access.measure"].value == "none"


@pytest.mark.parametrize(
    ("earlier", "now", "expected"),
    [
        ([], [0], 326),  # never seen: quiet since an access would have been seen
        ([200], [19], 180),
        ([200], [200], 0),
        ([200], [199], 0),
        ([200], [198], 1),
        ([10], [200], 0),  # what comes late ends nothing
        ([300], [200, 10], 189),  # the longest of two
    ],
)
def test_whole_days_without_an_access(earlier: list[int], now: list[int], expected: int) -> None:
    # Breaks when quiet days are counted one off, or a late record counts as a waking.
    seen = remembered({day(ago): {"": 1} for ago in earlier})
    opened = date(2026, 1, 1)
    found = watch.longest_quiet(seen, {day(ago): {"SE": 1} for ago in now}, opened, opened)
    assert (found.days, found.unheard) == (expected, 0)


@pytest.mark.parametrize(
    ("heard", "earlier", "now", "expected"),
    [
        (200, [200], [0], (199, 0)),  # heard since the day it was seen last
        (199, [200], [0], (198, 1)),  # the day after may have been noisy
        (0, [200], [0], (0, 199)),  # a source that came, or came back, today
        (None, [200], [0], (0, 199)),  # one is silent, or none was ever heard of
        (300, [200], [0], (199, 0)),
        (10, [], [0], (9, 317)),  # never seen, opened 327 days ago
        (50, [300], [100, 0], (49, 150)),  # of the first run nobody heard anything, of the second a part
        (100, [300], [40, 0], (59, 200)),
    ],
)
def test_days_in_which_not_every_source_was_heard_are_no_quiet_days(
    heard: int | None, earlier: list[int], now: list[int], expected: tuple[int, int]
) -> None:
    # Breaks when a hole of the record counts against an account, or a run that was heard whole counts for less.
    seen = remembered({day(ago): {"": 1} for ago in earlier})
    since = None if heard is None else day(heard)
    found = watch.longest_quiet(seen, {day(ago): {"SE": 1} for ago in now}, date(2026, 1, 1), since)
    assert (found.days, found.unheard) == expected
