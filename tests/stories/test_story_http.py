"""Stories a lawyer can read, played through HTTP."""

from __future__ import annotations

from typing import Any

import builders as b


def _confirm(client: Any, premises: Any, application_id: str) -> Any:
    assert client.post(f"/v1/applications/{application_id}/codes", json={"channel": "email"}).status_code == 202
    code = premises.house.senders["email"].last
    answer = client.post(f"/v1/applications/{application_id}/codes/answers", json={"channel": "email", "code": code})
    assert answer.json()["verdict"] == "right"
    return answer.json()["determined"]


def test_a_well_evidenced_foreign_person_is_admitted_and_the_gate_lets_the_account_act(
    client: Any, premises: Any
) -> None:
    # Breaks when an ordinary application needs more than the law of the day asks, or the account opens too early.
    first = client.post("/v1/applications", json={**b.application(), "evidence": [b.ANNA]})
    assert first.status_code == 201
    assert (first.json()["outcome"], first.json()["waiting_on"]) == ("review", "applicant")
    assert [d["requirement"] for d in first.json()["due"]] == ["email_code"]
    application_id = first.json()["application_id"]
    assert client.post("/v1/gate", json={"account": application_id, "act": "use"}).json()["answer"] == "hold"
    done = _confirm(client, premises, application_id)
    assert done["outcome"] == "admit"
    assert done["account_id"].startswith("acc_")
    assert client.post("/v1/gate", json={"account": done["account_id"]}).json()["answer"] == "allow"
    kinds = []
    for position in range(premises_size(premises)):
        kinds.append(client.get(f"/v1/ledger/entries/{position}").json()["kind"])
    assert kinds.index("application.received") < kinds.index("determination.made") < kinds.index("account.opened")
    assert kinds.index("record.read") < len(kinds)


def premises_size(premises: Any) -> int:
    with premises.house.state.read() as work:
        return int(work.ledger.size())


def test_a_listed_person_is_declined_with_the_row_that_matched(client: Any) -> None:
    # Breaks when a confirmed candidate is not declined, or the reason does not name clause and row.
    answer = client.post("/v1/applications", json=b.application(b.person("Grigor Voronovsky", "1971-03-14"))).json()
    assert answer["outcome"] == "decline"
    assert "ofac/blocked.person_is_not_blocked" in [c["clause"] for c in answer["clauses"]]
    found = client.get(f"/v1/applications/{answer['application_id']}/candidates").json()["candidates"][0]
    assert (found["grade"], found["row"], found["agreed"]) == ("confirmed", "sdn:1", ["birth"])
    assert len(found["list_digest"]) == 64
    assert client.post("/v1/gate", json={"account": answer["application_id"]}).json()["answer"] == "deny"


def test_same_name_and_another_birth_year_goes_where_house_policy_says_with_the_clash_shown(
    client: Any, premises: Any
) -> None:
    # Breaks when a namesake is declined by machine, or admitted without a person looking.
    who = b.person("Grigor Voronovsky", "1999-06-01")
    paper = b.passport("VORONOVSKY", "GRIGOR", "SWE", "990601")
    answer = client.post("/v1/applications", json={**b.application(who), "evidence": [paper]}).json()
    assert answer["outcome"] == "review"
    done = _confirm(client, premises, answer["application_id"])
    assert (done["outcome"], done["waiting_on"]) == ("review", "officer")
    found = client.get(f"/v1/applications/{answer['application_id']}/candidates").json()["candidates"][0]
    assert (found["grade"], found["clashed"]) == ("clash", ["birth"])
    review = client.get("/v1/reviews", params={"state": "open"}).json()["items"][0]
    url = f"/v1/reviews/{review['review_id']}/dispositions"
    assert client.post(url, json={"disposition": "admit", "match": "same"}).status_code == 422
    assert client.post(url, json={"disposition": "admit", "match": "different"}).json()["outcome"] == "admit"
    assert client.post(url, json={"disposition": "admit", "match": "different"}).status_code == 409


def test_a_missing_fact_leads_to_review_and_never_admits_or_refuses(client: Any, premises: Any) -> None:
    # Breaks when unknown is read as yes or as no.
    answer = client.post("/v1/applications", json=b.application()).json()
    done = _confirm(client, premises, answer["application_id"])
    assert done["outcome"] == "review"
    assert [d["requirement"] for d in done["due"]] == ["document"]
    more = client.post(f"/v1/applications/{answer['application_id']}/evidence", json=[b.ANNA]).json()
    assert more["outcome"] == "admit"
    assert client.post(f"/v1/applications/{answer['application_id']}/evidence", json=[b.ANNA]).status_code == 409


def test_a_us_citizen_with_two_confirmed_signs_shows_no_papers(client: Any, premises: Any) -> None:
    # Breaks when US persons are asked for documents.
    from gatebook.wiring.premises import CodeBox

    premises.house.senders["phone"] = CodeBox()
    address = {"country": "US", "lines": ["1 Main Street"], "city": "New York", "region": "NY", "postal_code": "10001"}
    who = b.person(
        "Carla Jensen", "1988-03-03", nationalities=["US"], address=address, phones=["+12125550123"], us_limb="citizen"
    )
    card = [{"kind": "card", "bin": "400000", "last4": "0002", "country": "US"}]
    paid = {"kind": "payment_confirmed", "processor": "p", "country": "US", "result": "verified"}
    answer = client.post("/v1/applications", json={**b.application(who, payments=card), "evidence": [paid]}).json()
    url = f"/v1/applications/{answer['application_id']}/codes"
    client.post(url, json={"channel": "phone"})
    code = premises.house.senders["phone"].last
    answer = client.post(f"{url}/answers", json={"channel": "phone", "code": code}).json()["determined"]
    assert [d["requirement"] for d in answer["due"]] == ["email_code"]
    assert _confirm(client, premises, answer["application_id"])["outcome"] == "admit"


def test_a_claim_of_citizenship_alone_settles_nothing(client: Any, premises: Any) -> None:
    # Breaks when the applicant's word becomes a finding.
    answer = client.post("/v1/applications", json=b.application(b.person(us_limb="citizen"))).json()
    assert _confirm(client, premises, answer["application_id"])["outcome"] == "review"


def test_a_high_account_needs_two_officers(client: Any, premises: Any, second_officer: Any) -> None:
    # Breaks when one officer can admit where four eyes are asked for.
    answer = client.post("/v1/applications", json={**b.application(account_type="gpu"), "evidence": [b.ANNA]}).json()
    _confirm(client, premises, answer["application_id"])
    review = client.get("/v1/reviews").json()["items"][0]["review_id"]
    assert "waiting_for" in client.post(f"/v1/reviews/{review}/dispositions", json={"disposition": "admit"}).json()
    assert client.post(f"/v1/reviews/{review}/approvals").status_code == 403
    done = client.post(f"/v1/reviews/{review}/approvals", headers=second_officer)
    assert done.json()["outcome"] == "admit"


def test_every_field_at_fault_is_named_at_once_and_no_value_is_repeated(client: Any) -> None:
    # Breaks when an error stops at the first field, or repeats what was sent.
    bad = b.application(b.person(emails=["no-address"], phones=["12"], nationalities=["ZZ"], born_on="2999"))
    bad["payments"] = [{"kind": "card", "bin": "4111111111111111", "last4": "1111"}, {"kind": "bank", "iban": "DE00"}]
    bad["applicant"]["aliases"] = ["my card 4111 1111 1111 1111", "evil\u202ename"]
    bad["surprise"] = 1
    answer = client.post("/v1/applications", json=bad)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    pointers = {e["pointer"] for e in answer.json()["errors"]}
    assert {"/applicant/emails/0", "/applicant/phones/0", "/applicant/nationalities/0", "/applicant/born_on", "/payments/0/bin",
            "/payments/1/iban", "/applicant/aliases/0", "/applicant/aliases/1", "/surprise"} <= pointers  # fmt: skip
    assert "4111" not in answer.text
    assert client.get("/v1/applications").json()["items"] == []


def test_hostile_bodies_are_refused_clearly(client: Any) -> None:
    # Breaks when a parser takes what another would read differently.
    for body, code in ((b'{"a":1,"a":2}', "duplicate-key"), (b"\xff", "not-utf-8"), (b"[" * 100_000, "too-deep"),
                       (b'{"a":NaN}', "not-json"), (b'"\\ud800"', "not-utf-8"), (b"", "not-json")):  # fmt: skip
        answer = client.post("/v1/applications", content=body)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
    assert client.post("/v1/applications", content=b" " * 1_100_000).status_code == 413
    late = b.application(access={"address": "203.0.113.9", "at": "2999-01-01T00:00:00Z"})
    assert client.post("/v1/applications", json=late).json()["errors"][0]["code"] == "in-the-future"


def test_an_idempotency_key_gives_one_answer_and_refuses_another_body(client: Any, premises: Any) -> None:
    # Breaks when a retried request opens a second application.
    head = {"Idempotency-Key": "once"}
    first = client.post("/v1/applications", json=b.application(), headers=head)
    again = client.post("/v1/applications", json=b.application(), headers=head)
    assert first.json() == again.json()
    assert len(client.get("/v1/applications").json()["items"]) == 1
    other = client.post("/v1/applications", json=b.application(account_type="trial"), headers=head)
    assert (other.status_code, other.json()["type"]) == (422, "/docs/problems#idempotency-key-reused")
    from gatebook.api.idempotency import once
    from gatebook.procedures.house import SCOPES, Operator

    def while_it_is_worked_on(_: Any) -> dict[str, Any]:
        return {
            "status": client.post("/v1/applications", content=b"{}", headers={"Idempotency-Key": "flying"}).status_code
        }

    same_key = Operator(client.headers["Authorization"].split(".")[1], SCOPES)
    assert once(premises.house, same_key, "flying", "applications", b"{}", while_it_is_worked_on) == {"status": 409}


def test_nobody_without_a_key_or_scope_gets_in_and_refusals_are_entered(client: Any, premises: Any) -> None:
    # Breaks when a route forgets to ask, or a refusal leaves no trace.
    assert client.get("/v1/applications", headers={"Authorization": ""}).status_code == 401
    weak = client.post("/v1/api-keys", json={"scopes": ["gate"]}).json()["secret"]
    assert client.get("/v1/applications", headers={"Authorization": f"Bearer {weak}"}).status_code == 403
    last = client.get(f"/v1/ledger/entries/{premises_size(premises) - 1}").json()
    assert last["kind"] == "permission.refused"
    assert (
        client.post("/v1/gate", json={"account": "acc_none"}, headers={"Authorization": f"Bearer {weak}"}).json()[
            "answer"
        ]
        == "unknown"
    )


def test_wrong_codes_lock_the_channel(client: Any) -> None:
    # Breaks when a code can be guessed by trying.
    application_id = client.post("/v1/applications", json=b.application()).json()["application_id"]
    url = f"/v1/applications/{application_id}/codes"
    client.post(url, json={"channel": "email"})
    assert client.post(url, json={"channel": "email"}).status_code == 429
    verdicts = [
        client.post(f"{url}/answers", json={"channel": "email", "code": "x"}).json()["verdict"] for _ in range(6)
    ]
    assert verdicts == ["wrong"] * 5 + ["locked"]


def test_health_metrics_and_openapi(client: Any) -> None:
    # Breaks when a monitor cannot tell a living house from a dead one.
    assert client.get("/healthz").text == "alive"
    assert client.get("/readyz").json()["ready"] is True
    client.get("/v1/law")
    assert 'gatebook_requests_total{route="/v1/law",status="200"}' in client.get("/metrics").text
    assert client.get("/openapi.json").json()["openapi"].startswith("3.1")
    assert client.get("/nowhere").status_code == 404
