"""The transparency report: counted from registers, and the same when the ledger itself is counted again."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import builders as b
import demands as d
from demanding import post, ready, received, released
from officers import admitted


@pytest.fixture
def answered(client: Any, premises: Any, second_officer: dict[str, str]) -> dict[str, str]:
    """Some demands of each kind: produced, refused, withdrawn, preserved, open, and one nobody described."""
    account = str(admitted(client, premises, {**b.application(), "evidence": [b.ANNA]})["account_id"])
    target = {"kind": "account", "value": account}
    produced = ready(client, target)
    released(client, second_officer, produced)
    found = {"produced": produced, "open": received(client, target, jurisdiction="US-NY")}
    post(client, f"/v1/demands/{produced}/closings", {"outcome": "produced"})
    urgent = {"instrument": "emergency", "belief": "somebody is in danger"}
    keep = {"instrument": "preservation", "jurisdiction": "US"}
    for outcome, more in (("refused", urgent), ("withdrawn", {}), ("preserved", keep)):
        found[outcome] = received(client, target, **more)
        post(client, f"/v1/demands/{found[outcome]}/closings", {"outcome": outcome})
    found["paper"] = d.receive(client, None, d.PDF)["demand_id"]
    body = {"recipient": "peer", "jurisdiction": "DE", "to": "a peer", "classes": ["name"], "accounts": [account]}
    proposed = post(client, "/v1/disclosure-proposals", {**body, "note": "an attack"}, 201)
    seen = {"digest": proposed["digest"]}
    post(client, f"/v1/disclosure-proposals/{proposed['disclosure']}/approvals", seen, 200, second_officer)
    post(client, "/v1/disclosure-proposals", {**body, "note": "a letter", "recipient": "us-government"}, 403)
    post(client, f"/v1/demands/{produced}/notices", {"by": "provider"})
    return found


def _period(premises: Any, days: int = 0) -> dict[str, str]:
    today = premises.now().date()
    return {"from": (today - timedelta(days=days)).isoformat(), "until": (today + timedelta(days=1)).isoformat()}


def _report(client: Any, premises: Any, **more: Any) -> Any:
    answer = client.get("/v1/transparency", params={**_period(premises), **more})
    assert answer.status_code == 200, answer.text
    return answer


def _counted(rows: Any, of: str) -> dict[str, int]:
    return {row[of]: row["demands"] for row in rows}


def test_demands_are_counted_by_kind_place_and_outcome(client: Any, premises: Any, answered: dict[str, str]) -> None:
    # Breaks when a demand is left out of a count, or counted as something else than it is.
    found = _report(client, premises).json()
    assert found["total"] == {"demands": 6, "accounts": 1, "emergencies": 1}
    assert _counted(found["by_instrument"], "instrument") == {
        "emergency": 1,
        "not-described": 1,
        "preservation": 1,
        "subpoena": 3,
    }
    assert _counted(found["by_outcome"], "outcome") == {
        "open": 2,
        "preserved": 1,
        "produced": 1,
        "refused": 1,
        "withdrawn": 1,
    }
    assert _counted(found["by_jurisdiction"], "jurisdiction") == {"US": 1, "US-CA": 3, "US-NY": 1, "unknown": 1}
    assert found["emergencies"] == {"requests": 1, "refused": 1, "produced": 0}
    assert found["notices"]["given_by_provider"] == 1
    assert found["time_to_answer"]["answered"] == 4 and found["time_to_answer"]["overdue"] == 0
    (freely,) = found["without_a_demand"]["by_recipient"]
    assert (freely["recipient"], freely["jurisdiction"], freely["disclosures"]) == ("peer", "DE", 1)
    assert found["without_a_demand"]["refused"] == 1
    assert all(sum(row["demands"] for row in found[t]) == 6 for t in found if t.startswith("by_") or t == "together")


def test_who_counts_the_ledger_again_counts_the_same(client: Any, premises: Any, answered: dict[str, str]) -> None:
    # Breaks when the report knows something that was not entered, or leaves out something that was.
    from gatebook.record.entry import Entry

    with premises.house.state.read() as work:
        entries = [Entry.from_bytes(line) for line in work.ledger.read(0, work.ledger.size())]
    demands: dict[str, dict[str, Any]] = {}
    productions = {e.body["production"]: e.body for e in entries if e.kind == "production.proposed"}
    accounts, voluntary = 0, 0
    for entry in entries:
        if entry.kind in ("demand.received", "demand.described"):
            demands.setdefault(entry.body["demand"], {}).update(entry.body)
        elif entry.kind == "demand.closed":
            demands[entry.body["demand"]]["outcome"] = entry.body["outcome"]
            demands[entry.body["demand"]].setdefault("ended", entry.at)
        elif entry.kind == "disclosure.made" and entry.body["demand"]:
            accounts += productions[entry.body["production"]]["accounts"]
            demands[entry.body["demand"]].setdefault("ended", entry.at)
        elif entry.kind == "disclosure.made":
            voluntary += 1
    keys = [tuple(str(one.get(name) or empty) for name, empty in _EMPTY.items()) for one in demands.values()]
    found = _report(client, premises).json()
    assert Counter(keys) == {tuple(row[name] for name in _EMPTY): row["demands"] for row in found["together"]}
    assert found["total"]["accounts"] == accounts and found["without_a_demand"]["disclosures"] == voluntary
    took = sorted(
        (one["ended"] - datetime.fromisoformat(one["received_at"])).total_seconds() / 60
        for one in demands.values()
        if "ended" in one
    )
    assert found["time_to_answer"]["p90_minutes"] == round(took[-1])


_EMPTY = {"instrument": "not-described", "jurisdiction": "unknown", "recipient": "unknown", "outcome": "open"}


def test_the_report_is_of_its_time_alone(client: Any, premises: Any, answered: dict[str, str]) -> None:
    # Breaks when a demand of another time is counted, or a time that is none is taken.
    past = {"from": "2020-01-01", "until": "2020-12-31"}
    assert client.get("/v1/transparency", params=past).json()["total"]["demands"] == 0
    for wrong in ({"from": "2026-12-31", "until": "2026-01-01"}, {"from": "2026-02-30", "until": "2026-03-01"}):
        assert client.get("/v1/transparency", params=wrong).status_code == 422


def test_in_bands_no_figure_is_exact_and_small_groups_stand_together(
    client: Any, premises: Any, answered: dict[str, str]
) -> None:
    # Breaks when one demand from one small place can be read off a banded report.
    found = _report(client, premises, band=3).json()
    assert found["total"]["demands"] == "6-8"
    assert [row["jurisdiction"] for row in found["by_jurisdiction"]] == ["US-CA", "others"]
    assert [row["instrument"] for row in found["by_instrument"]] == ["subpoena", "others"]
    assert found["together"][-1]["instrument"] == "others" and found["emergencies"]["requests"] == "0-2"
    whole = _report(client, premises, band=10).json()
    assert whole["time_to_answer"]["median_minutes"] is None and whole["time_to_answer"]["overdue_percent"] is None


def test_the_table_and_the_picture_say_what_the_report_says(
    client: Any, premises: Any, answered: dict[str, str]
) -> None:
    # Breaks when a form leaves something out, cannot be read, or has no words beside its bars.
    report = _report(client, premises).json()
    rows = list(csv.reader(io.StringIO(_report(client, premises, form="csv").text)))
    assert ["by_outcome", "refused", "demands", "1"] in rows and ["total", "", "demands", "6"] in rows
    drawn = _report(client, premises, form="svg")
    assert drawn.headers["content-type"] == "image/svg+xml"
    picture = ET.fromstring(drawn.text)  # noqa: S314  our own bytes
    space = "{http://www.w3.org/2000/svg}"
    described = picture.find(f"{space}desc")
    assert described is not None and described.text
    for row in report["by_outcome"]:
        assert f"{row['outcome']} {row['demands']}" in described.text
    bars = [one for one in picture.iter(f"{space}rect") if one.get("class") == "bar"]
    assert len(bars) == sum(len(report[t]) for t in report if t.startswith("by_"))
    assert all(bar.find(f"{space}title") is not None for bar in bars)
    assert "prefers-color-scheme:dark" in drawn.text and "<script" not in drawn.text


def test_no_form_of_it_holds_anything_personal_or_any_id(client: Any, premises: Any, answered: dict[str, str]) -> None:
    # Breaks when a name, an authority, an account or a demand can be read in a report that is published.
    for form in ("json", "csv", "svg"):
        text = _report(client, premises, form=form).text
        words = (*answered.values(), "dem_", "acc_", "per_", "District Attorney", "GJ-2026", "attack")
        assert not [word for word in words if word in text]
        assert b.application()["applicant"]["name"] not in text
