"""What officers do in tests, through HTTP, and the lists that make them do it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

#: A row of the sample's SDN file; each test says who was born when.
_ROW = '{n},"{name}",individual,CYBER2,-0-,-0-,-0-,-0-,-0-,-0-,-0-,{remarks}'


def confirm(client: Any, premises: Any, application_id: str) -> Any:
    url = f"/v1/applications/{application_id}/codes"
    client.post(url, json={"channel": "email"})
    code = premises.house.senders["email"].last
    return client.post(f"{url}/answers", json={"channel": "email", "code": code}).json()["determined"]


def admitted(client: Any, premises: Any, data: Any) -> Any:
    """Apply, confirm, and return what opened the account."""
    found = client.post("/v1/applications", json=data).json()
    found = confirm(client, premises, found["application_id"])
    assert found["account_id"], found["clauses"]
    return found


def reviews(client: Any, application_id: str, state: str) -> list[str]:
    items = client.get("/v1/reviews", params={"state": state}).json()["items"]
    return [r["review_id"] for r in items if r["application_id"] == application_id]


def open_review(client: Any, application_id: str) -> str:
    (found,) = reviews(client, application_id, "open")
    return found


def dispose(client: Any, application_id: str, disposition: str = "admit", **words: Any) -> Any:
    url = f"/v1/reviews/{open_review(client, application_id)}/dispositions"
    return client.post(url, json={"disposition": disposition, **words})


def approve(client: Any, application_id: str, officer: dict[str, str]) -> Any:
    (proposed,) = reviews(client, application_id, "proposed")
    return client.post(f"/v1/reviews/{proposed}/approvals", headers=officer)


def by_two(client: Any, application_id: str, officer: dict[str, str], disposition: str = "admit", **words: Any) -> Any:
    """One officer proposes, the other approves; return what was then determined."""
    asked = dispose(client, application_id, disposition, **words)
    assert asked.json() == {"waiting_for": "a second officer"}, asked.text
    return approve(client, application_id, officer).json()


def fact(client: Any, determined: Any, name: str) -> Any:
    facts = client.get(f"/v1/determinations/{determined['determination_id']}/reasons").json()["facts"]
    return next((f for f in facts if f["name"] == name), None)


def gate(client: Any, account_id: str, act: str = "create") -> Any:
    return client.post("/v1/gate", json={"account": account_id, "act": act}).json()


def load_list(premises: Any, *listed: tuple[str, str]) -> None:
    """The sample list with these people on it too: (name as listed, remarks such as ``DOB 12 Aug 1974.``)."""
    from gatebook.wiring.lists import sample_list

    files = sample_list()
    rows = [_ROW.format(n=95_000 + n, name=name, remarks=remarks) for n, (name, remarks) in enumerate(listed)]
    whole = files["SDN.CSV"].rstrip(b"\r\n\x1a")
    files["SDN.CSV"] = b"\r\n".join([whole, *(row.encode() for row in rows), b""])
    premises.shelf.put("sample", files, premises.now(), confirmed=True)


def told(premises: Any) -> list[str]:
    """The kinds of events queued for endpoints."""
    with premises.house.state.read() as work:
        return [json.loads(row["body"])["type"] for row in work.outbox.listing("", "", 1000)]


def kinds(premises: Any) -> list[str]:
    from gatebook.record.entry import Entry

    with premises.house.state.read() as work:
        return [Entry.from_bytes(line).kind for line in work.ledger.read(0, work.ledger.size())]


@contextmanager
def client_at(premises: Any, operator: Any, now: Callable[[], datetime]) -> Iterator[tuple[Any, Any]]:
    """The same house at another time: its premises and a client of its API."""
    from starlette.testclient import TestClient

    from gatebook.api.app import make_app
    from gatebook.procedures.api_keys import make_key
    from gatebook.procedures.house import SCOPES

    there = replace(premises, now=now)
    _, secret = make_key(there.house, operator, sorted(SCOPES), 730)
    with TestClient(make_app(there), headers={"Authorization": f"Bearer {secret}"}) as found:
        yield there, found
    there.close()
