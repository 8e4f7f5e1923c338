"""How far an officer's word reaches: to what they had before them, and no further. Through HTTP."""

from __future__ import annotations

from typing import Any

import builders as b
from officers import admitted, by_two, confirm, dispose, fact, load_list, reviews


def reseller(name: str, born: str) -> dict[str, Any]:
    """An application that an officer has to admit whoever it is of."""
    return b.application(b.person(name, born), is_reseller=True)


def test_a_candidate_that_comes_after_an_admission_goes_back_to_an_officer(client: Any, premises: Any) -> None:
    # Breaks when an officer's word, given while a code was still due, admits somebody listed meanwhile.
    paper = b.passport("TESTSSON", "INGRUN", "SWE", "740812")
    data = {**reseller("Ingrun Testsson", "1974-08-12"), "evidence": [paper]}
    application_id = client.post("/v1/applications", json=data).json()["application_id"]
    spoken = dispose(client, application_id).json()
    assert (spoken["outcome"], spoken["waiting_on"]) == ("review", "applicant")
    load_list(premises, ("TESTSSON, Ingrun", "DOB 01 Jan 1950."))
    done = confirm(client, premises, application_id)
    assert (done["outcome"], done["waiting_on"]) == ("review", "officer"), done["clauses"]
    assert fact(client, done, "review.disposition") is None
    again = dispose(client, application_id).json()
    assert again["outcome"] == "admit", again["clauses"]


def test_an_admission_holds_while_nothing_new_is_found(client: Any, premises: Any) -> None:
    # Breaks when an officer has to speak again of what they had before them.
    paper = b.passport("TESTSSON", "INGRUN", "SWE", "740812")
    data = {**reseller("Ingrun Testsson", "1974-08-12"), "evidence": [paper]}
    application_id = client.post("/v1/applications", json=data).json()["application_id"]
    dispose(client, application_id)
    load_list(premises, ("SOMEBODY, Else", "DOB 01 Jan 1950."))
    done = confirm(client, premises, application_id)
    assert done["outcome"] == "admit", done["clauses"]


def test_a_second_clash_is_not_covered_by_the_word_on_the_first(client: Any, premises: Any) -> None:
    # Breaks when the clause was before the officer and the listed party was not.
    paper = b.passport("TESTSSON", "INGRUN", "SWE", "740812")
    first, second = ("TESTSSON, Ingrun", "DOB 01 Jan 1950."), ("TESTSSON, Ingrun", "DOB 01 Jan 1951.")
    load_list(premises, first)
    data = {**b.application(b.person("Ingrun Testsson", "1974-08-12")), "evidence": [paper]}
    application_id = client.post("/v1/applications", json=data).json()["application_id"]
    dispose(client, application_id)
    load_list(premises, first, second)
    done = confirm(client, premises, application_id)
    assert (done["outcome"], done["waiting_on"]) == ("review", "officer"), done["clauses"]


def test_a_clearing_does_not_follow_a_candidate_that_grew_stronger(
    client: Any, premises: Any, second_officer: Any
) -> None:
    # Breaks when one officer clears a name, and the birth date that comes later makes it the listed person.
    data = b.application(b.person("Grigor Voronovsky", ""))
    application_id = client.post("/v1/applications", json=data).json()["application_id"]
    confirm(client, premises, application_id)
    spoken = dispose(client, application_id, match="different").json()
    assert fact(client, spoken, "review.match")["value"] == "different"
    paper = b.passport("VORONOVSKY", "GRIGOR", "SWE", "710314", "FX4410021")
    url = f"/v1/applications/{application_id}/evidence"
    done = client.post(url, json=[paper]).json()
    assert fact(client, done, "screening.person")["value"] == "confirmed"
    assert fact(client, done, "review.match") is None
    assert done["outcome"] == "decline", done["clauses"]


def test_a_confirmed_candidate_cleared_by_one_as_something_less_is_not_cleared(
    client: Any, premises: Any, second_officer: Any
) -> None:
    # Breaks when two officers cannot clear a confirmed namesake for good, or one can.
    found = admitted(client, premises, {**b.application(), "evidence": [b.ANNA]})
    account, application_id = found["account_id"], found["application_id"]
    clash, confirmed = ("ERIKSSON, Anna Maria", "DOB 01 Jan 1950."), ("ERIKSSON, Anna Maria", "DOB 12 Aug 1974.")
    load_list(premises, clash)
    client.post(f"/v1/accounts/{account}/screenings")
    assert dispose(client, application_id, match="different").json()["outcome"] == "admit"
    load_list(premises, confirmed)  # the publisher corrected the date of birth
    assert client.post(f"/v1/accounts/{account}/screenings").json()["outcome"] == "decline"
    assert by_two(client, application_id, second_officer, match="different")["outcome"] == "admit"
    assert client.post(f"/v1/accounts/{account}/screenings").json()["outcome"] == "admit"


def test_a_decline_always_counts(client: Any, premises: Any) -> None:
    # Breaks when a refusal is lost because something else was found meanwhile.
    application_id = client.post("/v1/applications", json=reseller("Ingrun Testsson", "1974-08-12")).json()[
        "application_id"
    ]
    load_list(premises, ("TESTSSON, Ingrun", "DOB 01 Jan 1950."))
    assert dispose(client, application_id, "decline").json()["outcome"] == "decline"


def test_a_new_clash_on_an_account_goes_back_to_an_officer(client: Any, premises: Any) -> None:
    # Breaks when a word on an open account covers whoever is listed later.
    found = admitted(client, premises, {**b.application(), "evidence": [b.ANNA]})
    account, application_id = found["account_id"], found["application_id"]
    first, second = ("ERIKSSON, Anna Maria", "DOB 01 Jan 1950."), ("ERIKSSON, Anna Maria", "DOB 01 Jan 1951.")
    load_list(premises, first)
    assert client.post(f"/v1/accounts/{account}/screenings").json()["outcome"] == "review"
    assert dispose(client, application_id).json()["outcome"] == "admit"
    assert client.post(f"/v1/accounts/{account}/screenings").json()["outcome"] == "admit"
    load_list(premises, first, second)
    again = client.post(f"/v1/accounts/{account}/screenings").json()
    assert (again["outcome"], again["waiting_on"]) == ("review", "officer"), again["clauses"]
    assert len(reviews(client, application_id, "open")) == 1


def test_what_is_found_while_a_word_on_an_account_is_carried_out_is_reviewed_once_more(
    client: Any, premises: Any
) -> None:
    # Breaks when a list that lands between an officer's look and their word is seen by nobody.
    found = admitted(client, premises, {**b.application(), "evidence": [b.ANNA]})
    account, application_id = found["account_id"], found["application_id"]
    first, second = ("ERIKSSON, Anna Maria", "DOB 01 Jan 1950."), ("ERIKSSON, Anna Maria", "DOB 12 Aug 1974.")
    load_list(premises, first)
    client.post(f"/v1/accounts/{account}/screenings")
    load_list(premises, first, second)
    done = dispose(client, application_id, match="different").json()
    assert (done["outcome"], done["waiting_on"]) == ("decline", "officer")
    assert client.get(f"/v1/accounts/{account}").json()["status"] == "restricted"
    assert len(reviews(client, application_id, "open")) == 1


def test_what_was_cleared_at_application_does_not_trouble_the_account(
    client: Any, premises: Any, second_officer: Any
) -> None:
    # Breaks when everybody once cleared is restricted or reviewed at the first rescreening of the same list.
    load_list(premises, ("ERIKSSON, Anna Maria", "DOB 01 Jan 1950."))
    data = {**b.application(account_type="gpu"), "evidence": [b.ANNA]}
    application_id = client.post("/v1/applications", json=data).json()["application_id"]
    confirm(client, premises, application_id)
    done = by_two(client, application_id, second_officer, match="different")
    assert done["outcome"] == "admit", done["clauses"]
    again = client.post(f"/v1/accounts/{done['account_id']}/screenings").json()
    assert (again["outcome"], again["waiting_on"]) == ("admit", ""), again["clauses"]
