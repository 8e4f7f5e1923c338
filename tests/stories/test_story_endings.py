"""How an application ends that was never determined, and what dies on its day. Through HTTP and by command."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import builders as b
from officers import admitted, client_at, confirm, dispose, gate, kinds, load_list, reviews, told

CLASH = ("ERIKSSON, Anna Maria", "DOB 01 Jan 1950.")


class Clock:
    """A clock that is put on by hand."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at

    def on(self, **by: int) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def there(premises: Any, operator: Any, clock: Clock) -> Iterator[tuple[Any, Any]]:
    with client_at(premises, operator, clock) as found:
        found[1].post("/v1/webhook-endpoints", json={"url": "https://provider.example/events"})
        yield found


def waiting(client: Any, **more: Any) -> str:
    found = client.post("/v1/applications", json={**b.application(**more), "evidence": [b.ANNA]}).json()
    assert found["outcome"] == "review"
    return str(found["application_id"])


def row(client: Any, application_id: str) -> Any:
    return client.get(f"/v1/applications/{application_id}").json()


def test_an_application_is_withdrawn_and_its_data_gets_a_day(there: Any, clock: Clock) -> None:
    # Breaks when who thinks better of it is kept for ever.
    premises, client = there
    application_id = waiting(client, account_type="gpu")
    confirm(client, premises, application_id)
    assert len(reviews(client, application_id, "open")) == 1
    done = client.post(f"/v1/applications/{application_id}/withdrawals").json()
    assert (done["state"], done["retain_rule"], "waiting_on" in done) == ("withdrawn", "house/retention_years", False)
    assert reviews(client, application_id, "open") == []
    assert "application.withdrawn" in told(premises)
    assert gate(client, application_id) | {"position": 0} == {
        "answer": "deny",
        "reasons": ["application-withdrawn"],
        "conditions": [],
        "position": 0,
    }
    for path in ("withdrawals", "determinations"):
        assert client.post(f"/v1/applications/{application_id}/{path}").status_code == 409
    assert client.post(f"/v1/applications/{application_id}/evidence", json=[b.ANNA]).status_code == 409
    clock.on(days=370)
    assert client.post("/v1/expirations").json() == {"shredded": [done["person_id"]]}
    assert client.post("/v1/rebuilds").json()["equal"]


def test_an_application_nobody_goes_on_with_lapses(there: Any, clock: Clock) -> None:
    # Breaks when data in review never expires, or lapses while somebody is still at it.
    premises, client = there
    old = waiting(client, account_type="gpu")
    confirm(client, premises, old)
    clock.on(days=100)
    young = waiting(client)
    clock.on(days=81)
    assert client.post("/v1/expirations").json() == {"shredded": []}
    assert [row(client, one)["state"] for one in (old, young)] == ["lapsed", "review"]
    assert (reviews(client, old, "open"), told(premises).count("application.lapsed")) == ([], 1)
    assert row(client, old)["retain_rule"] == "house/retention_years"
    clock.on(days=370)
    assert client.post("/v1/expirations").json() == {"shredded": [row(client, old)["person_id"]]}
    assert row(client, young)["state"] == "lapsed"


def test_what_was_withdrawn_before_it_was_judged_is_a_conflict_and_no_fault(premises: Any, operator: Any) -> None:
    # Breaks when an application that was never determined cannot be shown, or is judged after it ended.
    from dataclasses import replace

    from gatebook.errors import Conflict
    from gatebook.procedures import judge_application, open_account, resume_applications, withdraw_application

    house = premises.house

    def cut() -> Any:
        raise KeyError

    with pytest.raises(KeyError):
        open_account.open_account(replace(house, screener=cut), operator, b.application())
    with house.state.read() as work:
        (found,) = work.registers.page("applications", {}, "", 10)
    withdraw_application.withdraw_application(house, operator, found["application_id"])
    with pytest.raises(Conflict):
        judge_application.take_up(house, operator, found["application_id"])
    assert resume_applications.resume_applications(house, operator, timedelta(0)) == []


def test_nobody_is_shredded_while_an_officer_may_still_look(there: Any, clock: Clock) -> None:
    # Breaks when an open review's papers are destroyed under it.
    premises, client = there
    found = admitted(client, premises, {**b.application(), "evidence": [b.ANNA]})
    load_list(premises, CLASH)
    client.post(f"/v1/accounts/{found['account_id']}/screenings")
    from gatebook.procedures.close_account import enter_end
    from gatebook.procedures.house import SYSTEM

    with premises.house.state.transaction() as work:  # as a house of another day may have left it
        account = work.registers.get("accounts", found["account_id"])
        enter_end(premises.house, SYSTEM, work, account, "asked", for_cause=False)
    clock.on(days=400)
    assert client.post("/v1/expirations").json() == {"shredded": []}
    assert dispose(client, found["application_id"], "decline").status_code == 200
    assert client.post("/v1/expirations").json() == {"shredded": [found["person_id"]]}


def test_a_code_nobody_answered_leaves_the_shelf(there: Any, clock: Clock) -> None:
    # Breaks when unanswered codes are kept for ever.
    premises, client = there
    application_id = waiting(client)
    client.post(f"/v1/applications/{application_id}/codes", json={"channel": "email"})
    clock.on(minutes=59)
    client.post("/v1/expirations")
    assert _codes(premises) == [f"{application_id}/email"]
    clock.on(minutes=2)
    client.post("/v1/expirations")
    assert _codes(premises) == []


def _codes(premises: Any) -> list[str]:
    with premises.house.state.read() as work:
        return [key for key, _ in work.shelf.listing("code", "", 10)]


def test_the_command_line_withdraws(premises: Any, operator: Any) -> None:
    # Breaks when an operator without a running server cannot end an application at its applicant's wish.
    import json

    from typer.testing import CliRunner

    from gatebook.cli.main import app
    from gatebook.procedures.open_account import open_account

    application_id, _ = open_account(premises.house, operator, b.application())
    done = CliRunner().invoke(app, ["withdraw", application_id, "--house", str(premises.folder)])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["state"] == "withdrawn"
    assert kinds(premises)[-1] == "application.withdrawn"
