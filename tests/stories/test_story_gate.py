"""What the gate answers a control plane, act by act, while an account is open, restricted and closed."""

from __future__ import annotations

from typing import Any

import pytest

import builders as b
from gatebook.record.enter import enter
from gatebook.record.entry import Entry


def confirm(client: Any, premises: Any, application_id: str) -> Any:
    url = f"/v1/applications/{application_id}/codes"
    client.post(url, json={"channel": "email"})
    code = premises.house.senders["email"].last
    return client.post(f"{url}/answers", json={"channel": "email", "code": code}).json()["determined"]


def test_a_restricted_account_deletes_nothing_and_opens_nothing(client: Any, premises: Any) -> None:
    # Breaks when an account found on a list may go on as if nothing were, or destroys what will be asked for.
    found = client.post("/v1/applications", json={**b.application(), "evidence": [b.ANNA]}).json()
    found = confirm(client, premises, found["application_id"])
    account = found["account_id"]

    def asked(act: str) -> str:
        return str(client.post("/v1/gate", json={"account": account, "act": act}).json()["answer"])

    acts = ("use", "create", "look", "stop", "export", "delete")
    assert {asked(act) for act in acts} == {"allow"}
    assert 'gatebook_requests_total{route="/v1/gate",status="200"}' in client.get("/metrics").text
    with premises.house.state.transaction() as work:
        row = work.registers.get("accounts", account)
        ids = {"person": row["person_id"], "application": row["application_id"], "account": account}
        enter(work, Entry("account.restricted", premises.now(), "opr-test", body={"cause": "rescreened"}, **ids))
    assert [asked(act) for act in acts] == ["hold", "deny", "allow", "allow", "allow", "deny"]
    client.post(f"/v1/accounts/{account}/closings", json={"cause": "abuse", "for_cause": True})
    assert {asked(act) for act in acts} == {"deny"}


def test_a_name_check_looks_for_each_name_it_is_given(client: Any) -> None:
    # Breaks when a second name or a town behind a name hides the listed one.
    for name in ("Grigor Voronovsky, Yerevan", "Anna Lind a.k.a. Grigor Voronovsky", "Grigor Voronovsky (Grisha)"):
        answer = client.post("/v1/screenings", json={"name": name}).json()
        assert [c["explanation"]["query_name"] for c in answer["candidates"]][:1] == ["Grigor Voronovsky"], name


@pytest.mark.parametrize(("name", "born"), [("Grigor Voronovsky", "14.03.1971"), ("", ""), ("---", "1971")])
def test_a_name_check_refuses_what_it_cannot_compare(client: Any, name: str, born: str) -> None:
    # Breaks when a birth date in another form turns a confirmed match into a clash, or an empty name into nobody.
    answer = client.post("/v1/screenings", json={"name": name, "born_on": born})
    assert answer.status_code == 422, answer.text
