"""Counting and drawing a transparency report, for any demands there could be."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebook.terms.demand import Instrument, Recipient
from gatebook.trace import notice_text
from gatebook.trace.notice import REFUSALS, Standing, Teller, is_owed, refusal, standing_of
from gatebook.trace.transparency import TABLES, Case, Period, Voluntary, count, to_csv
from gatebook.trace.transparency_svg import draw

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PERIOD = Period(date(2026, 1, 1), date(2026, 12, 31), NOW)
_minutes = st.integers(0, 500_000).map(lambda n: NOW - timedelta(minutes=n))
_cases = st.builds(
    Case,
    instrument=st.sampled_from([*(one.value for one in Instrument), "not-described"]),
    jurisdiction=st.sampled_from(["US", "US-CA", "SE", "DE", "unknown"]),
    recipient=st.sampled_from([one.value for one in Recipient]),
    outcome=st.sampled_from(["open", "produced", "partly-produced", "refused", "withdrawn"]),
    is_emergency=st.booleans(),
    accounts=st.integers(0, 30),
    received_at=_minutes,
    due_at=st.none() | _minutes,
    ended_at=st.none() | st.integers(0, 9000).map(lambda n: NOW + timedelta(minutes=n)),
    notice=st.sampled_from([*(one.value for one in Standing), "given-by-provider", "given-by-authority"]),
    was_delayed=st.booleans(),
)
_voluntary = st.builds(
    Voluntary, st.sampled_from(["peer", "subject"]), st.sampled_from(["US", "SE"]), st.integers(0, 40)
)


@given(st.lists(_cases, max_size=60), st.lists(_voluntary, max_size=20), st.integers(0, 9))
def test_exact_tables_add_up_to_the_total(cases: list[Case], voluntary: list[Voluntary], refused: int) -> None:
    # Breaks when a demand falls out of a table, or into two rows of one.
    found = count(PERIOD, cases, voluntary, refused, 0)
    for table in TABLES:
        for counted in ("demands", "accounts", "emergencies"):
            assert sum(row[counted] for row in found[table]) == found["total"][counted]
    assert sum(row["disclosures"] for row in found["without_a_demand"]["by_recipient"]) == len(voluntary)
    times = found["time_to_answer"]
    if times["answered"]:
        assert 0 <= times["median_minutes"] <= times["p90_minutes"]


@given(st.lists(_cases, max_size=60), st.lists(_voluntary, max_size=20), st.integers(2, 25))
def test_a_banded_report_holds_no_exact_count(cases: list[Case], voluntary: list[Voluntary], band: int) -> None:
    # Breaks when one figure is left exact, or a group that is smaller than a band has a row of its own.
    found = count(PERIOD, cases, voluntary, 0, band)

    def figures(value: Any) -> Any:
        if isinstance(value, dict):
            return [one for name, inner in value.items() if not _is_time(name) for one in figures(inner)]
        return [one for inner in value for one in figures(inner)] if isinstance(value, list) else [value]

    counted = {name: value for name, value in found.items() if name != "band"}
    assert not [one for one in figures(counted) if isinstance(one, int)]
    exact = count(PERIOD, cases, voluntary, 0, 0)
    for table, by in TABLES.items():
        held = {tuple(row[name] for name in by): row["demands"] for row in exact[table]}
        named = [tuple(row[name] for name in by) for row in found[table]]
        assert all(held.get(one, band) >= band for one in named)


def _is_time(name: str) -> bool:
    return name.endswith(("_minutes", "_percent"))


@given(st.lists(_cases, max_size=30), st.lists(_voluntary, max_size=5), st.sampled_from([0, 5, 10]))
def test_any_report_is_drawn_well_formed_and_tabled(cases: list[Case], voluntary: list[Voluntary], band: int) -> None:
    # Breaks when a report cannot be drawn, or what is drawn cannot be read.
    found = count(PERIOD, cases, voluntary, 2, band)
    assert ET.fromstring(draw(found)).tag.endswith("svg")  # noqa: S314  our own bytes
    lines = to_csv(found).split("\r\n")
    assert lines[0] == "table,row,counted,figure" and not [
        line for line in lines if line.startswith(("=", "+", "-", "@"))
    ]


@pytest.mark.parametrize(
    "said", ["", *(one.value for one in Standing if one not in (Standing.UNKNOWN, Standing.GIVEN))]
)
def test_every_way_notice_can_stand_has_its_answer(said: str) -> None:
    # Breaks when a way notice can stand is refused without its law, or let through without one.
    row = {"notice": said, "notice_until": "", "state": "scoped", "closed_at": "", "answered_at": ""}
    found = standing_of(row, NOW)
    words = refusal(row, NOW, Teller.PROVIDER)
    assert (words == "") is (found in (Standing.TO_GIVE, Standing.DUE))
    assert words == REFUSALS.get(found, "")


@given(st.integers(-60, 60))
def test_a_delay_binds_to_the_end_of_its_last_day_and_no_longer(days: int) -> None:
    # Breaks when the last day itself is not counted, or the day after is.
    until = (NOW.date() + timedelta(days=days)).isoformat()
    row = {"notice": "delayed", "notice_until": until, "state": "scoped", "closed_at": "", "answered_at": ""}
    assert standing_of(row, NOW) is (Standing.DELAYED if days >= 0 else Standing.DUE)
    assert is_owed(row, NOW) is (days < 0) and bool(refusal(row, NOW, Teller.PROVIDER)) is (days >= 0)


def test_every_class_has_plain_words() -> None:
    # Breaks when a class is added that a notice cannot name.
    from gatebook.terms.record_class import RecordClass

    assert set(notice_text.CLASSES) == set(RecordClass)
