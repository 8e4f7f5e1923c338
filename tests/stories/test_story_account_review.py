"""What becomes of an open account: restricted, restored, conditioned, closed, and how long it is kept. Through HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import builders as b
from officers import admitted, by_two, dispose, gate, kinds, load_list, open_review, reviews, told

SAME = ("ERIKSSON, Anna Maria", "DOB 12 Aug 1974.")
CLASH = ("ERIKSSON, Anna Maria", "DOB 01 Jan 1950.")


@pytest.fixture
def account(client: Any, premises: Any) -> Any:
    client.post("/v1/webhook-endpoints", json={"url": "https://provider.example/events"})
    return admitted(client, premises, {**b.application(), "evidence": [b.ANNA]})


def rescreen(client: Any, account: Any) -> Any:
    return client.post(f"/v1/accounts/{account['account_id']}/screenings").json()


def row(client: Any, account: Any) -> Any:
    return client.get(f"/v1/accounts/{account['account_id']}").json()


def test_a_false_positive_is_restored_and_everybody_is_told(
    client: Any, premises: Any, account: Any, second_officer: Any
) -> None:
    # Breaks when an account once restricted stays so whatever officers find.
    load_list(premises, SAME)
    assert rescreen(client, account)["outcome"] == "decline"
    assert gate(client, account["account_id"])["answer"] == "deny"
    assert gate(client, account["account_id"], "use")["answer"] == "hold"
    done = by_two(client, account["application_id"], second_officer, match="different", note="another of that name")
    assert done["outcome"] == "admit", done["clauses"]
    assert row(client, account)["status"] == "open"
    assert gate(client, account["account_id"])["answer"] == "allow"
    assert ("account.restored" in told(premises), "account.restored" in kinds(premises)) == (True, True)
    again = rescreen(client, account)
    assert (again["outcome"], row(client, account)["status"]) == ("admit", "open"), again["clauses"]
    assert reviews(client, account["application_id"], "open") == []


def test_a_likeness_found_later_does_not_bring_a_cleared_block_back(
    client: Any, premises: Any, account: Any, second_officer: Any
) -> None:
    # Breaks when a namesake once cleared by two is restricted again by any new clash.
    load_list(premises, SAME)
    rescreen(client, account)
    by_two(client, account["application_id"], second_officer, match="different")
    load_list(premises, SAME, CLASH)
    found = rescreen(client, account)
    assert (found["outcome"], found["waiting_on"]) == ("review", "officer"), found["clauses"]
    assert row(client, account)["status"] == "open"


def test_a_word_that_leaves_a_block_standing_restores_nothing(client: Any, premises: Any, account: Any) -> None:
    # Breaks when any admission opens a restricted account.
    load_list(premises, SAME)
    rescreen(client, account)
    done = dispose(client, account["application_id"]).json()
    assert done["outcome"] == "decline"
    assert row(client, account)["status"] == "restricted"
    assert "account.restored" not in kinds(premises)


def test_a_restricted_account_comes_before_an_officer_when_the_list_was_mended(
    client: Any, premises: Any, account: Any
) -> None:
    # Breaks when a block that is no longer on the list leaves an account restricted and no review to end it.
    load_list(premises, SAME)
    rescreen(client, account)
    dispose(client, account["application_id"])
    load_list(premises)
    found = rescreen(client, account)
    assert (found["outcome"], row(client, account)["status"]) == ("admit", "restricted")
    assert dispose(client, account["application_id"]).json()["outcome"] == "admit"
    assert row(client, account)["status"] == "open"


def test_conditions_found_at_a_rescreening_are_the_accounts_and_the_gate_tells_them(
    client: Any, premises: Any, account: Any
) -> None:
    # Breaks when a special measure that came after the account opened is determined and then forgotten.
    folder = Path(premises.folder) / "law" / "eo13984" / "parameters"
    folder.mkdir(parents=True)
    measures = folder / "measures_on_jurisdictions.yaml"
    text = "means: m\nvalues:\n  - {begins: 2026-01-01, value: {SE: condition}, cites: c, standing: house, confirmed: true, checked_on: 2026-01-01}\n"
    measures.write_text(text)
    assert rescreen(client, account)["outcome"] == "admit on conditions"
    assert gate(client, account["account_id"])["conditions"] == ["special-measure"]
    load_list(premises, CLASH)  # what waits for a person ends no condition
    assert rescreen(client, account)["outcome"] == "review"
    assert gate(client, account["account_id"])["conditions"] == ["special-measure"]
    measures.write_text(text.replace("{SE: condition}", "{QQ: condition}"))
    assert dispose(client, account["application_id"]).json()["outcome"] == "admit"
    assert gate(client, account["account_id"])["conditions"] == []
    assert kinds(premises).count("account.conditioned") == told(premises).count("account.conditioned") == 2


def test_an_account_of_a_listed_person_is_kept_as_long_as_sanctions_rules_ask(
    client: Any, premises: Any, account: Any
) -> None:
    # Breaks when what is kept of a blocked person goes after the house's own year.
    load_list(premises, SAME)
    rescreen(client, account)
    done = dispose(client, account["application_id"], "decline", match="same").json()
    assert done["outcome"] == "decline"
    found = row(client, account)
    assert (found["status"], found["retain_rule"], found["retain_until"][:4]) == (
        "closed",
        "ofac/retention_years",
        str(int(found["closed_at"][:4]) + 10),
    )


def test_an_officers_same_alone_makes_a_listed_person(client: Any, premises: Any, account: Any) -> None:
    # Breaks when only a machine's finding counts as a listed person found.
    load_list(premises, CLASH)
    assert rescreen(client, account)["outcome"] == "review"
    dispose(client, account["application_id"], "decline", match="same")
    assert row(client, account)["retain_rule"] == "ofac/retention_years"


def test_an_account_of_nobody_listed_is_kept_for_the_houses_own_term(client: Any, premises: Any, account: Any) -> None:
    # Breaks when everybody's data is kept for ten years.
    load_list(premises, CLASH)
    rescreen(client, account)
    dispose(client, account["application_id"], "decline", match="different")
    assert row(client, account)["retain_rule"] == "house/retention_years"


@pytest.mark.parametrize("listed", [SAME, CLASH])
def test_who_may_only_apply_does_not_close_an_account_under_question(
    client: Any, premises: Any, account: Any, listed: tuple[str, str]
) -> None:
    # Breaks when a listed person leaves before the question is answered.
    load_list(premises, listed)
    rescreen(client, account)
    secret = client.post("/v1/api-keys", json={"scopes": ["apply"]}).json()["secret"]
    url = f"/v1/accounts/{account['account_id']}/closings"
    refused = client.post(url, json={"cause": "asked"}, headers={"Authorization": f"Bearer {secret}"})
    assert (refused.status_code, row(client, account)["status"] == "closed") == (409, False)
    assert open_review(client, account["application_id"])
    assert client.post(url, json={"cause": "asked"}).json()["status"] == "closed"
    assert reviews(client, account["application_id"], "open") == []
