"""What an officer's word does: pieces set aside, and four eyes where a block is cleared. Through HTTP."""

from __future__ import annotations

from typing import Any

import builders as b


def confirm(client: Any, premises: Any, application_id: str) -> Any:
    url = f"/v1/applications/{application_id}/codes"
    client.post(url, json={"channel": "email"})
    code = premises.house.senders["email"].last
    return client.post(f"{url}/answers", json={"channel": "email", "code": code}).json()["determined"]


def open_review(client: Any, application_id: str) -> str:
    reviews = client.get("/v1/reviews", params={"state": "open"}).json()["items"]
    return str(next(r["review_id"] for r in reviews if r["application_id"] == application_id))


def dispose(client: Any, application_id: str, **words: Any) -> Any:
    url = f"/v1/reviews/{open_review(client, application_id)}/dispositions"
    return client.post(url, json={"disposition": "admit", **words})


def test_a_document_sent_by_mistake_is_set_aside_and_the_right_one_opens_the_account(
    client: Any, premises: Any
) -> None:
    # Breaks when somebody who once showed the wrong paper can never be admitted, or an officer's word is the paper.
    wrong = b.passport("SVENSSON", "ERIK", "SWE", "600101", "ERIK00001")
    found = client.post("/v1/applications", json={**b.application(), "evidence": [wrong]}).json()
    application_id = found["application_id"]
    confirm(client, premises, application_id)
    url = f"/v1/applications/{application_id}/evidence"
    found = client.post(url, json=[b.ANNA]).json()
    assert (found["outcome"], found["waiting_on"]) == ("review", "officer")
    reasons = client.get(f"/v1/determinations/{found['determination_id']}/reasons").json()["facts"]
    basis = next(f["basis"] for f in reasons if f["name"] == "identity.document")
    unknown = dispose(client, application_id, set_aside=["evi_nobodys"])
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/set_aside/0")
    done = dispose(client, application_id, set_aside=basis, note="the passport of a relative, sent by mistake").json()
    assert done["outcome"] == "admit", done["clauses"]


def test_an_officers_word_without_the_right_paper_opens_nothing(client: Any, premises: Any) -> None:
    # Breaks when setting the wrong paper aside stands in for the right one.
    wrong = b.passport("SVENSSON", "ERIK", "SWE", "600101", "ERIK00001")
    found = client.post("/v1/applications", json={**b.application(), "evidence": [wrong]}).json()
    found = confirm(client, premises, found["application_id"])
    facts = client.get(f"/v1/determinations/{found['determination_id']}/reasons").json()["facts"]
    basis = next(f["basis"] for f in facts if f["name"] == "identity.document")
    done = dispose(client, found["application_id"], set_aside=basis).json()
    assert (done["outcome"], done["waiting_on"]) == ("review", "applicant")
    assert "document" in {requirement["requirement"] for requirement in done["due"]}


def test_calling_a_confirmed_blocked_party_different_takes_two_officers(client: Any, premises: Any) -> None:
    # Breaks when one officer alone can clear a block.
    namesake = b.person("Somebody Else", "1990-01-01", aliases=["Timur Kasimbekov"], phones=[])
    entity = {
        **b.person("Fjord AS", "", phones=["+46701234569"], emails=["fjord@example.com"]),
        "kind": "entity",
        "registration": {"jurisdiction": "SE", "number": "9"},
        "beneficial_owners": [{"person": {**namesake, "name": "Grigor Voronovsky", "born_on": "1971-03-14"}}],
    }
    extract = {"kind": "registry_extract", "jurisdiction": "SE", "number": "9", "name": "Fjord AS"}
    found = client.post("/v1/applications", json={**b.application(entity), "evidence": [extract]}).json()
    found = confirm(client, premises, found["application_id"])
    assert found["outcome"] == "review", found["clauses"]
    first = dispose(client, found["application_id"], match="different", note="another person of that name").json()
    assert first == {"waiting_for": "a second officer"}
    proposed = client.get("/v1/reviews", params={"state": "proposed"}).json()["items"][0]["review_id"]
    assert client.post(f"/v1/reviews/{proposed}/approvals").status_code == 403
    other = client.post("/v1/api-keys", json={"scopes": ["officer"]}).json()["secret"]
    done = client.post(f"/v1/reviews/{proposed}/approvals", headers={"Authorization": f"Bearer {other}"}).json()
    assert not any(c["clause"].startswith("house/screening.no_possible") for c in done["clauses"])
