"""What an officer's word does: pieces set aside, and four eyes that are four. Through HTTP."""

from __future__ import annotations

from typing import Any

import pytest

import builders as b
from officers import admitted, approve, by_two, confirm, dispose, fact, kinds, load_list, reviews

WRONG = b.passport("SVENSSON", "ERIK", "SWE", "600101", "ERIK00001")


def test_a_document_sent_by_mistake_is_set_aside_and_the_right_one_opens_the_account(
    client: Any, premises: Any, second_officer: Any
) -> None:
    # Breaks when somebody who once showed the wrong paper can never be admitted, or an officer's word is the paper.
    found = client.post("/v1/applications", json={**b.application(), "evidence": [WRONG]}).json()
    application_id = found["application_id"]
    confirm(client, premises, application_id)
    found = client.post(f"/v1/applications/{application_id}/evidence", json=[b.ANNA]).json()
    assert (found["outcome"], found["waiting_on"]) == ("review", "officer")
    basis = fact(client, found, "identity.document")["basis"]
    unknown = dispose(client, application_id, set_aside=["evi_nobodys"])
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/set_aside/0")
    note = "the passport of a relative, sent by mistake"
    done = by_two(client, application_id, second_officer, set_aside=basis, note=note)
    assert done["outcome"] == "admit", done["clauses"]


def test_an_officers_word_without_the_right_paper_opens_nothing(
    client: Any, premises: Any, second_officer: Any
) -> None:
    # Breaks when setting the wrong paper aside stands in for the right one.
    found = client.post("/v1/applications", json={**b.application(), "evidence": [WRONG]}).json()
    found = confirm(client, premises, found["application_id"])
    basis = fact(client, found, "identity.document")["basis"]
    done = by_two(client, found["application_id"], second_officer, set_aside=basis)
    assert (done["outcome"], done["waiting_on"]) == ("review", "applicant")
    assert "document" in {requirement["requirement"] for requirement in done["due"]}


def test_one_officer_alone_sets_no_evidence_aside(client: Any, premises: Any) -> None:
    # Breaks when one officer can take away the paper a block, a refutation or a limb of personhood rests on.
    paper = b.passport("ERIKSSON", "ANNA MARIA", "SWE", "740812", "FX99887")
    found = admitted(client, premises, {**b.application(), "evidence": [paper]})
    load_list(premises, ("ERIKSSON, Anna Maria", "Passport FX99887."))
    screened = client.post(f"/v1/accounts/{found['account_id']}/screenings").json()
    basis = fact(client, screened, "identity.document")["basis"]
    assert basis
    assert dispose(client, found["application_id"], set_aside=basis).json() == {"waiting_for": "a second officer"}


def test_what_was_set_aside_stays_aside_for_the_account(client: Any, premises: Any, second_officer: Any) -> None:
    # Breaks when a paper two officers set aside comes back once the account is open.
    found = client.post("/v1/applications", json={**b.application(), "evidence": [WRONG]}).json()
    application_id = found["application_id"]
    confirm(client, premises, application_id)
    found = client.post(f"/v1/applications/{application_id}/evidence", json=[b.ANNA]).json()
    basis = fact(client, found, "identity.document")["basis"]
    done = by_two(client, application_id, second_officer, set_aside=basis)
    again = client.post(f"/v1/accounts/{done['account_id']}/screenings").json()
    assert again["outcome"] == "admit", again["clauses"]


def _confirmed_namesake(client: Any, premises: Any) -> str:
    """An entity with a listed owner, whom a document would have to tell from the listed party."""
    owner = b.person("Grigor Voronovsky", "1971-03-14", phones=[])
    entity = {
        **b.person("Fjord AS", "", phones=["+46701234569"], emails=["fjord@example.com"]),
        "kind": "entity",
        "registration": {"jurisdiction": "SE", "number": "9"},
        "beneficial_owners": [{"person": owner}],
    }
    extract = {"kind": "registry_extract", "jurisdiction": "SE", "number": "9", "name": "Fjord AS"}
    found = client.post("/v1/applications", json={**b.application(entity), "evidence": [extract]}).json()
    found = confirm(client, premises, found["application_id"])
    assert found["outcome"] == "review", found["clauses"]
    return str(found["application_id"])


def test_calling_a_confirmed_blocked_party_different_takes_two_officers(
    client: Any, premises: Any, second_officer: Any
) -> None:
    # Breaks when one officer alone can clear a block.
    application_id = _confirmed_namesake(client, premises)
    done = by_two(client, application_id, second_officer, match="different", note="another person of that name")
    assert not any(c["clause"].startswith("house/screening.no_possible") for c in done["clauses"])


def test_who_proposed_cannot_approve_and_the_attempt_is_entered(client: Any, premises: Any) -> None:
    # Breaks when four eyes are two, or a try at it leaves no trace.
    application_id = _confirmed_namesake(client, premises)
    dispose(client, application_id, match="different")
    before = kinds(premises).count("permission.refused")
    own = {"Authorization": client.headers["Authorization"]}
    refused = approve(client, application_id, own)
    assert (refused.status_code, refused.json()["type"]) == (403, "/docs/problems#not-permitted")
    assert kinds(premises).count("permission.refused") == before + 1
    assert reviews(client, application_id, "proposed")


@pytest.mark.parametrize("revoked", [False, True])
def test_an_officer_does_not_make_the_second_one(client: Any, premises: Any, revoked: bool) -> None:
    # Breaks when a key that disposes hands out, itself or by a key between, the one that approves.
    application_id = _confirmed_namesake(client, premises)
    dispose(client, application_id, match="different")

    def made(scopes: list[str], by: str = "") -> Any:
        head = {"Authorization": f"Bearer {by}"} if by else {}
        return client.post("/v1/api-keys", json={"scopes": scopes}, headers=head).json()

    between = made(["admin"])
    grandchild = made(["officer"], between["secret"])
    if revoked:  # a maker that is gone is still the maker
        client.delete(f"/v1/api-keys/{between['key']}")
    for secret in (made(["officer"])["secret"], grandchild["secret"]):
        assert approve(client, application_id, {"Authorization": f"Bearer {secret}"}).status_code == 403
    assert reviews(client, application_id, "proposed")


def test_two_officers_made_by_one_officers_key_are_one(client: Any, premises: Any) -> None:
    # Breaks when somebody who may dispose and administer makes both of the officers.
    application_id = _confirmed_namesake(client, premises)
    heads = [
        {"Authorization": "Bearer " + client.post("/v1/api-keys", json={"scopes": ["officer"]}).json()["secret"]}
        for _ in range(2)
    ]
    (review,) = reviews(client, application_id, "open")
    words = {"disposition": "admit", "match": "different"}
    assert client.post(f"/v1/reviews/{review}/dispositions", json=words, headers=heads[0]).status_code == 200
    assert approve(client, application_id, heads[1]).status_code == 403
