"""A legal hold over HTTP and by command: placed, seen to lapse, renewed late, ended; and what it kept goes then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

import builders as b
from gatebook.procedures import holds
from gatebook.procedures.look_at_holds import tell_of_holds
from gatebook.terms.demand import HoldKind
from officers import admitted, client_at


class Clock:
    """A clock that is put on by hand."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def there(premises: Any, operator: Any, clock: Clock) -> Iterator[tuple[Any, Any]]:
    with client_at(premises, operator, clock) as found:
        found[1].post("/v1/webhook-endpoints", json={"url": "https://provider.example/events"})
        yield found


def opened(client: Any, premises: Any) -> str:
    found = admitted(client, premises, {**b.application(), "evidence": [b.ANNA]})
    return str(found["account_id"])


def _preserve(house: Any, operator: Any, person: str) -> str:
    with house.state.transaction() as work:
        return holds.place_hold(house, operator, work, "dem_1", HoldKind.PRESERVATION, [person], [], everything=False)


def _topics(house: Any) -> list[str]:
    with house.state.read() as work:
        rows = work.outbox.due(house.now() + timedelta(days=1), 1000)
    return [json.loads(row["body"])["type"] for row in rows if json.loads(row["body"])["type"].startswith("hold.")]


def test_a_hold_of_the_houses_own_keeps_until_it_is_ended(there: tuple[Any, Any], clock: Clock) -> None:
    # Breaks when what is held expires, or what was held never does.
    premises, client = there
    account = opened(client, premises)
    client.post(f"/v1/accounts/{account}/closings", json={"cause": "asked"})
    person = client.get(f"/v1/accounts/{account}").json()["person_id"]
    placed = client.post("/v1/holds", json={"accounts": [account]})
    assert placed.status_code == 201
    hold = placed.json()["hold_id"]
    assert placed.json()["standing"] == "in-force"
    clock.at += timedelta(days=400)
    assert client.post("/v1/expirations").json() == {"shredded": []}
    assert client.get(f"/v1/persons/{person}/retention").json()["held_by"] == [hold]
    assert client.get(f"/v1/persons/{person}/destruction-certificate").status_code == 409
    ended = client.post(f"/v1/holds/{hold}/ends", json={"cause": "settled"}).json()
    assert (ended["standing"], ended["cause"]) == ("ended", "settled")
    assert client.post(f"/v1/holds/{hold}/ends", json={"cause": "settled"}).status_code == 409
    assert client.post("/v1/expirations").json() == {"shredded": [person]}


def test_a_lapse_is_told_once_and_a_late_renewal_shows(there: tuple[Any, Any], operator: Any, clock: Clock) -> None:
    # Breaks when a lapse goes by in silence, ends the hold at once, or is forgotten by a late renewal.
    premises, client = there
    house = premises.house
    account = opened(client, premises)
    person = client.get(f"/v1/accounts/{account}").json()["person_id"]
    hold = _preserve(house, operator, person)
    until = client.get(f"/v1/holds/{hold}").json()["until"]
    last = datetime.fromisoformat(until).replace(tzinfo=UTC)
    for day, standing, topic in (
        (-3, "nearly-lapsed", "hold.nearly-lapsed"),
        (2, "lapsed", "hold.lapsed"),
        (9, "run-out", "hold.run-out"),
    ):
        clock.at = last + timedelta(days=day)
        assert tell_of_holds(house) == [hold]
        assert tell_of_holds(house) == []
        assert _topics(house)[-1] == topic or topic in _topics(house)
        assert client.get("/v1/holds").json()["items"][0]["standing"] == standing
        assert f'gatebook_holds{{standing="{standing}"}} 1.0' in client.get("/metrics").text
    late = client.post(f"/v1/holds/{hold}/renewals").json()
    assert late["standing"] == "in-force"
    assert late["lapsed_at"].startswith((last + timedelta(days=1)).date().isoformat())
    assert late["until"] > (clock.at + timedelta(days=80)).date().isoformat()
    again = client.post(f"/v1/holds/{hold}/renewals").json()
    assert again["lapsed_at"] == late["lapsed_at"]


def test_a_hold_names_whom_this_house_knows_and_only_an_officer_ends_it(there: tuple[Any, Any], operator: Any) -> None:
    # Breaks when a hold is placed on nobody, a slip of an id keeps nothing in silence, or anybody may end one.
    from gatebook.procedures.api_keys import make_key

    premises, client = there
    house = premises.house
    refused = client.post("/v1/holds", json={"persons": ["per_nobody"]})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/persons/0")
    assert client.post("/v1/holds", json={}).status_code == 422
    account = opened(client, premises)
    hold = client.post("/v1/holds", json={"accounts": [account]}).json()["hold_id"]
    _, secret = make_key(house, operator, ["read-records"], 30)
    reader = {"Authorization": f"Bearer {secret}"}
    assert client.post("/v1/holds", json={"accounts": [account]}, headers=reader).status_code == 201
    assert client.post(f"/v1/holds/{hold}/ends", json={"cause": "over"}, headers=reader).status_code == 403
    assert client.post(f"/v1/holds/{hold}/ends", json={"cause": "Not a slug."}).status_code == 422
    assert client.post(f"/v1/holds/{hold}/renewals").status_code == 409, "an open one has nothing to renew"


def test_the_same_by_command(premises: Any, client: Any) -> None:
    # Breaks when the command line cannot do, or does not show, what the API does.
    from gatebook.cli.main import app

    account = opened(client, premises)
    person = client.get(f"/v1/accounts/{account}").json()["person_id"]

    def said(*words: str) -> Any:
        found = CliRunner().invoke(app, [*words, "--house", str(premises.folder)])
        assert found.exit_code == 0, found.output
        return json.loads(found.stdout)

    hold = said("hold", "place", "--person", person)["hold_id"]
    assert [one["standing"] for one in said("hold", "list")["items"]] == ["in-force"]
    assert said("retention", "show", person) == {
        **client.get(f"/v1/persons/{person}/retention").json(),
        "held_by": [hold],
        "runs": False,
    }
    assert said("hold", "end", hold, "settled")["standing"] == "ended"
    assert said("hold", "show", hold)["cause"] == "settled"
