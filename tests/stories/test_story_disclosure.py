"""Disclosed without a demand: what the law allows to whom, by two officers, and what the register then says."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest

import builders as b
from demanding import post, ready, released
from officers import admitted, client_at, kinds


@pytest.fixture
def account(client: Any, premises: Any) -> str:
    return str(admitted(client, premises, {**b.application(), "evidence": [b.ANNA]})["account_id"])


def _asked(account: str, recipient: str = "peer", *classes: str, **more: Any) -> dict[str, Any]:
    return {
        "recipient": recipient,
        "jurisdiction": "US",
        "to": "the abuse desk of another provider",
        "classes": list(classes or ("name", "contact")),
        "accounts": [account],
        "note": "the same machines were attacked from both houses",
        **more,
    }


def _propose(client: Any, body: Any, status: int = 201) -> Any:
    return post(client, "/v1/disclosure-proposals", body, status)


def _approve(client: Any, officer: dict[str, str], proposed: Any, status: int = 200) -> Any:
    url = f"/v1/disclosure-proposals/{proposed['disclosure']}/approvals"
    return post(client, url, {"digest": proposed["digest"]}, status, officer)


def test_a_peer_is_given_the_classes_that_were_named_and_no_other_field(
    client: Any, premises: Any, second_officer: dict[str, str], account: str
) -> None:
    # Breaks when something leaves that nobody entered, on no named basis, on one officer's word, or beside its classes.
    proposed = _propose(client, _asked(account))
    url = f"/v1/disclosures/{proposed['disclosure']}/readings"
    assert client.post(url).status_code == 409
    assert client.get("/v1/disclosures").json()["items"] == []
    assert "another officer" in _approve(client, {}, proposed, 403)["detail"]
    assert _approve(client, second_officer, {**proposed, "digest": "0" * 64}, 422)["errors"][0]["pointer"] == "/digest"
    row = _approve(client, second_officer, proposed)
    assert row["basis"] == {
        "contact": "sca/s2702_grants.peers_may_be_told",
        "name": "sca/s2702_grants.peers_may_be_told",
    }
    _approve(client, second_officer, proposed, 409)
    before = kinds(premises).count("record.read")
    given = post(client, url)
    assert kinds(premises).count("record.read") > before
    text = json.dumps([one["fields"] for one in given["records"]])
    applicant = b.application()["applicant"]
    assert applicant["name"] in text and applicant["emails"][0] in text
    assert applicant["born_on"] not in text and "national_numbers" not in text and "payments" not in text
    assert post(client, url) == given
    shown = client.get(f"/v1/disclosures/{proposed['disclosure']}").json()
    assert (
        shown["instrument"] == "none" and shown["digest"] == row["digest"] and shown["records"] == len(given["records"])
    )


def test_every_part_that_is_given_leads_to_what_the_ledger_committed_to(
    client: Any, second_officer: dict[str, str], account: str
) -> None:
    # Breaks when a field or a hash of one that is not shown is not what was sealed.
    from gatebook.record.fields import commitment_of, parts_from_plain

    proposed = _propose(client, _asked(account))
    _approve(client, second_officer, proposed)
    given = post(client, f"/v1/disclosures/{proposed['disclosure']}/readings")
    for one in given["records"]:
        entry = client.get(f"/v1/ledger/entries/{one['position']}").json()
        assert commitment_of(parts_from_plain(one["parts"])) == one["commitment"] == entry["commitment"]


@pytest.mark.parametrize(
    ("recipient", "classes", "cites"),
    [
        ("us-government", ("name",), "2702(a)(3)"),
        ("foreign-authority", ("name",), "house 8.2"),
        ("eu-authority", ("name",), "house 8.2"),
        ("private-party", ("name",), "house 8.1"),
        ("peer", ("name", "content"), "2702(a)(1)"),
        ("subject", ("name",), "house"),
    ],
)
def test_what_the_law_does_not_allow_is_refused_and_that_is_entered(
    client: Any, premises: Any, account: str, recipient: str, classes: tuple[str, ...], cites: str
) -> None:
    # Breaks when records go to an authority of good will, content to anybody, or somebody's own to whoever says so.
    before = kinds(premises)
    refused = _propose(client, _asked(account, recipient, *classes), 403)
    assert cites in refused["detail"]
    assert kinds(premises)[len(before) :] == ["disclosure.refused"]


def test_a_subject_is_given_their_own_and_nobody_elses(
    client: Any, premises: Any, second_officer: dict[str, str], account: str
) -> None:
    # Breaks when somebody who was made sure of is not given their own, or is given another's too.
    own = _asked(account, "subject", "name", "identity-document", is_certain=True)
    card = {"kind": "card", "bin": "400001", "last4": "0003", "country": "SE"}
    who = b.person("Ole Hansen", "1980-02-01", emails=["ole@example.com"], phones=["+46701234568"])
    papers = b.passport("HANSEN", "OLE", "SWE", "800201", "X12345678", sex="M")
    other = admitted(client, premises, {**b.application(who, payments=[card]), "evidence": [papers]})["account_id"]
    assert _propose(client, {**own, "accounts": [account, other]}, 422)["errors"][0]["code"] == "of-others"
    proposed = _propose(client, own)
    assert (
        _approve(client, second_officer, proposed)["basis"]["name"] == "house/disclosure.subjects_are_given_their_own"
    )
    given = post(client, f"/v1/disclosures/{proposed['disclosure']}/readings")
    assert b.application()["applicant"]["born_on"] in json.dumps(given)


def test_what_another_officer_declines_is_given_to_nobody(
    client: Any, second_officer: dict[str, str], account: str
) -> None:
    # Breaks when a no is not entered, or can be turned by asking again.
    proposed = _propose(client, _asked(account))
    assert [one["disclosure_id"] for one in client.get("/v1/disclosure-proposals").json()["items"]] == [
        proposed["disclosure"]
    ]
    url = f"/v1/disclosure-proposals/{proposed['disclosure']}"
    assert client.get(url).json()["asked"]["note"] == _asked(account)["note"]
    seen = {"digest": proposed["digest"]}
    assert post(client, f"{url}/refusals", seen, 200, second_officer)["state"] == "declined"
    _approve(client, second_officer, proposed, 409)
    assert client.post(f"/v1/disclosures/{proposed['disclosure']}/readings").status_code == 409
    assert client.get("/v1/disclosure-proposals").json()["items"] == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"classes": []}, "/classes"),
        ({"classes": ["everything"]}, "/classes/0"),
        ({"to": ""}, "/to"),
        ({"note": ""}, "/note"),
        ({"jurisdiction": "us"}, "/jurisdiction"),
        ({"accounts": []}, "/accounts"),
        ({"accounts": ["acc_nobody"]}, "/accounts/0"),
        ({"records": ["rec_nobody"]}, "/records/0"),
        ({"instrument": "emergency"}, "/unknown"),
    ],
)
def test_a_disclosure_says_all_that_is_asked_of_one(
    client: Any, account: str, change: dict[str, Any], pointer: str
) -> None:
    # Breaks when something is handed over on a form that does not say to whom, what, whose or why, or on an instrument
    # that did not come as a demand.
    refused = _propose(client, {**_asked(account), **change}, 422)
    assert pointer in [one["pointer"] for one in refused["errors"]]


def test_the_table_says_of_each_what_it_was_made_on(
    client: Any, premises: Any, second_officer: dict[str, str], account: str
) -> None:
    # Breaks when a disclosure is missing from the table or names no instrument, basis or digest.
    demand = ready(client, {"kind": "account", "value": account})
    production, _ = released(client, second_officer, demand)
    proposed = _propose(client, _asked(account))
    _approve(client, second_officer, proposed)
    rows = list(csv.DictReader(io.StringIO(client.get("/v1/disclosure-table").text)))
    assert [(row["instrument"], row["production_id"]) for row in rows] == [("subpoena", production), ("none", "")]
    for row in rows:
        assert row["basis"] and row["classes"] and row["digest"] and row["made_at"] and row["jurisdiction"]


def test_what_was_sealed_of_it_ends_on_its_day_and_the_entries_stay(
    client: Any, premises: Any, operator: Any, second_officer: dict[str, str], account: str
) -> None:
    # Breaks when it is kept for ever who asked, or ends early, or ends without an entry.
    from gatebook.procedures.expire_disclosures import expire_disclosures
    from gatebook.record.ended_keys import ended_by

    proposed = _propose(client, _asked(account))
    _approve(client, second_officer, proposed)
    _propose(client, _asked(account, "us-government"), 403)
    years = timedelta(days=5 * 366)
    assert expire_disclosures(premises.house, operator) == []
    with client_at(premises, operator, lambda: premises.now() + years) as (there, then):
        gone = expire_disclosures(there.house, operator)
        assert len(gone) == 2 and proposed["disclosure"] in gone
        assert expire_disclosures(there.house, operator) == []
        assert then.get(f"/v1/disclosure-proposals/{proposed['disclosure']}").status_code == 410
        assert then.get(f"/v1/disclosures/{proposed['disclosure']}").status_code == 200
        with there.house.state.read() as work:
            assert ended_by(work.ledger.read(0, work.ledger.size())).holds(proposed["disclosure"])
