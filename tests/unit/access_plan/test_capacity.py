"""The plan for access events: from measured figures, refused for nonsense, as a command prints it."""

from __future__ import annotations

import json
import math

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from gatebook.cli.access_plan import access_plan
from gatebook.errors import InvalidInput
from gatebook.record.capacity import MEASURED, Load, plan

LOADS = st.builds(
    Load,
    events_per_day=st.floats(1, 1e13),
    years=st.floats(0.01, 100),
    peak=st.floats(1, 1000),
    disk_tb=st.floats(0.01, 10_000),
    cores=st.floats(1, 4096),
)


def values(load: Load) -> dict[str, float]:
    return {one.name: one.value for one in plan(load)}


def test_a_billion_a_day_for_two_years() -> None:
    # Breaks when a figure is off by the days of a year, a thousand, or a second of the day.
    found = values(Load(1e9, 2))
    assert found["events_mean"] == pytest.approx(11_574, rel=1e-3)
    assert found["events_kept"] == 730e9
    assert found["disk_rows"] == pytest.approx(0.73 * MEASURED["event_bytes"].value)
    assert found["shards"] * 8 >= found["disk_with_room_to_merge"] > found["disk_rows"]
    assert found["disk_growth_a_day"] * 730 == pytest.approx(found["disk_rows"] * 1000)


@given(LOADS)
def test_every_plan_holds_what_it_plans_for(load: Load) -> None:
    # Breaks when shards do not hold the disk or the cores, or a figure is no number.
    found = values(load)
    assert all(math.isfinite(value) and value >= 0 for value in found.values())
    assert found["shards"] * load.disk_tb >= found["disk_with_room_to_merge"] * (1 - 1e-9)
    assert found["shards"] * load.cores >= found["cores_at_the_peak"] * (1 - 1e-9)
    assert found["ledger_entries_a_day"] <= 2 * load.events_per_day * (1 + 1e-9)


@given(LOADS, st.floats(1, 10))
def test_more_never_needs_less(load: Load, factor: float) -> None:
    # Breaks when a larger load is told to need less disk, fewer machines, cores or a smaller ledger.
    larger = Load(min(load.events_per_day * factor, 1e13), load.years, load.peak, load.disk_tb, load.cores)
    less, more = values(load), values(larger)
    for name in ("disk_rows", "shards", "cores_at_the_peak", "log_written_at_the_peak", "ledger_growth_a_year"):
        assert more[name] >= less[name] * (1 - 1e-9)


def test_every_figure_says_what_it_was_made_from() -> None:
    # Breaks when a figure names a measurement there is none of, or a measurement is kept that nothing uses.
    named = {name for one in plan(Load(1e9, 2)) for name in one.measured}
    assert named == set(MEASURED)
    assert all(one.how and one.unit and one.value > 0 for one in MEASURED.values())


@pytest.mark.parametrize("field", ["events_per_day", "years", "peak", "disk_tb", "cores"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1.0, 0.0, 1e99])
def test_nonsense_is_refused_by_name(field: str, value: float) -> None:
    # Breaks when a plan is made of no number, a negative one, or one no machine could meet.
    good = {"events_per_day": 1e9, "years": 2.0, "peak": 5.0, "disk_tb": 8.0, "cores": 4.0}
    with pytest.raises(InvalidInput) as refused:
        plan(Load(**{**good, field: value}))
    assert [problem.pointer for problem in refused.value.problems] == [f"/{field}"]


def test_the_command_prints_a_table_or_json() -> None:
    # Breaks when 1e9 is no number to the command, or JSON lacks where a figure is from.
    app = typer.Typer()
    app.command()(access_plan)
    table = CliRunner().invoke(app, ["--events-per-day", "1e9", "--years", "2"])
    assert table.exit_code == 0
    assert "shards" in table.output
    said = json.loads(CliRunner().invoke(app, ["--events-per-day", "1e9", "--json"]).output)
    assert said["load"] == {"events_per_day": 1e9, "years": 2, "peak": 5, "disk_tb": 8, "cores": 4}
    assert {one["name"] for one in said["plan"]} >= {"shards", "disk_rows", "parts_a_shard", "ledger_growth_a_year"}
    assert said["measured"]["event_bytes"]["how"]
    assert CliRunner().invoke(app, ["--events-per-day", "many"]).exit_code == 2
