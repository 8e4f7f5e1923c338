"""A demand answered: searched, proposed, approved by another, built, released, and verified by a stranger's Python."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import builders as b
from demanding import checked, post, ready, received, released, send
from officers import admitted

AT = "2026-10-01T12:00:05Z"


@pytest.fixture
def account(client: Any, premises: Any) -> str:
    """An account with two accesses and an address it held."""
    found = str(admitted(client, premises, {**b.application(), "evidence": [b.ANNA]})["account_id"])
    held = {"kind": "address", "thing": "203.0.113.9", "account": found, "from": "2026-09-01T00:00:00Z"}
    assert client.post("/v1/assignments", json=[held]).status_code in (200, 201)
    for n, act in enumerate(("login", "server.create")):
        event = {"at": f"2026-10-01T12:00:0{n + 5}Z", "principal": found, "address": "203.0.113.9", "act": act}
        send(client, premises, {**event, "outcome": "success", "session": "s-1", "target": "server/7"})
    return found


def _other() -> dict[str, Any]:
    """Somebody else with papers of their own."""
    who = b.person("Ole Hansen", "1980-02-01", emails=["ole@example.com"], phones=["+46701234568"])
    card = {"kind": "card", "bin": "400001", "last4": "0003", "country": "SE"}
    papers = b.passport("HANSEN", "OLE", "SWE", "800201", "X12345678", sex="M")
    return {**b.application(who, payments=[card]), "evidence": [papers]}


def verified(tmp_path: Path, data: bytes, vkey: str) -> subprocess.CompletedProcess[str]:
    """Run the verifier that is in the file, with a Python that knows nothing of this project."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        name = next(one for one in archive.namelist() if one.endswith("/data/verify.py"))
        (tmp_path / "verify.py").write_bytes(archive.read(name))
    (tmp_path / "production.zip").write_bytes(data)
    command = [sys.executable, "-I", "-S", "verify.py", "production.zip", "--vkey", vkey]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)


def member(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(next(one for one in archive.namelist() if one.endswith(f"/{name}")))


def test_a_subpoena_for_an_address_at_a_time_is_answered_and_verified(
    client: Any, premises: Any, second_officer: dict[str, str], account: str, tmp_path: Path
) -> None:
    # Breaks when any step from receipt to a file a stranger can verify is missing, or shows more than a subpoena reaches.
    demand = ready(client, {"kind": "address", "value": "203.0.113.9", "at": AT})
    row = client.get(f"/v1/demands/{demand}").json()
    assert row["classes"]["name"] == "met" and row["classes"]["national-number"] == "unmet"
    _, data = released(client, second_officer, demand)
    done = verified(tmp_path, data, premises.house.signer.vkey)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "DOES NOT HOLD" not in done.stdout
    records = json.loads(member(data, "data/records.json"))
    shown = {part[0]: part[1] for one in records for part in one["parts"] if not isinstance(part, str)}
    assert shown["/claims/applicant/name"] == b.application()["applicant"]["name"]
    assert not [pointer for pointer in shown if "born_on" in pointer or "national_numbers" in pointer]
    accesses = member(data, "data/accesses.csv").decode()
    assert "203.0.113.9" in accesses and "server.create" not in accesses and "server/7" not in accesses
    cover = member(data, "data/cover.html").decode()
    assert "Named: address 203.0.113.9" in cover and f"{account} (held" in cover
    assert client.get(f"/v1/demands/{demand}").json()["state"] == "answered"
    (disclosure,) = client.get("/v1/disclosures").json()["items"]
    assert (
        disclosure["basis"]["name"].startswith("sca/")
        and disclosure["recipient"] == "us-government"
        and disclosure["demand_id"] == demand
    )


def test_whoever_proposed_cannot_approve_and_a_changed_list_is_no_longer_the_one(
    client: Any, premises: Any, second_officer: dict[str, str], account: str
) -> None:
    # Breaks when two eyes are enough, or when the digest of what was seen is not asked for.
    demand = ready(client, {"kind": "account", "value": account})
    proposed = post(client, f"/v1/demands/{demand}/productions", {})
    url, seen = f"/v1/productions/{proposed['production']}", {"digest": proposed["digest"]}
    assert client.post(f"{url}/approvals", json=seen).status_code == 403
    other = {"digest": "0" * 64}
    assert client.post(f"{url}/approvals", json=other, headers=second_officer).status_code == 422
    assert client.post(f"{url}/buildings").status_code == 409
    post(client, f"{url}/refusals", seen, headers=second_officer)
    assert client.post(f"{url}/approvals", json=seen, headers=second_officer).status_code == 409
    again = post(client, f"/v1/demands/{demand}/productions", {})
    assert again["production"] != proposed["production"]


def test_nothing_is_proposed_before_the_demand_is_authentic_scoped_and_searched(client: Any, account: str) -> None:
    # Breaks when a step can be left out.
    demand = received(client, {"kind": "account", "value": account})
    url = f"/v1/demands/{demand}/productions"
    assert client.post(url, json={}).status_code == 409
    checked(client, demand)
    assert client.post(url, json={}).status_code == 409
    post(client, f"/v1/demands/{demand}/scopings")
    assert client.post(url, json={}).status_code == 409
    post(client, f"/v1/demands/{demand}/searches")
    assert client.post(url, json={}).status_code == 200


def test_a_file_is_not_given_before_its_disclosure_was_entered(
    client: Any, premises: Any, second_officer: dict[str, str], account: str
) -> None:
    # Breaks when a download leaves the house without an entry that names its basis.
    demand = ready(client, {"kind": "account", "value": account})
    proposed = post(client, f"/v1/demands/{demand}/productions", {})
    url = f"/v1/productions/{proposed['production']}"
    post(client, f"{url}/approvals", {"digest": proposed["digest"]}, headers=second_officer)
    assert client.post(f"{url}/releases").status_code == 409
    post(client, f"{url}/buildings")
    assert client.get(f"{url}/file").status_code == 409
    post(client, f"{url}/releases")
    assert client.get(f"{url}/file").status_code == 200


def test_a_search_narrows_the_hold_and_tells_nobody_ambiguous_and_leads_apart(
    client: Any, premises: Any, account: str
) -> None:
    # Breaks when an unresolved thing keeps or loses the hold, or a lead is taken for an answer.
    other = str(admitted(client, premises, _other())["account_id"])
    for address in ("198.51.100.7", "198.51.100.8"):
        for n, who in enumerate((account, other)):
            event = {"at": f"2026-10-0{n + 2}T10:00:00Z", "principal": who, "address": address, "act": "login"}
            send(client, premises, {**event, "outcome": "success"})
    demand = received(
        client,
        {"kind": "address", "value": "203.0.113.9", "at": AT},
        {"kind": "address", "value": "198.51.100.7", "from": "2026-10-02T00:00:00Z", "until": "2026-10-04T00:00:00Z"},
        {"kind": "address", "value": "192.0.2.1", "at": AT},
    )
    (hold,) = client.get(f"/v1/demands/{demand}").json()["holds"]
    assert hold["scope"] == "all"
    found = post(client, f"/v1/demands/{demand}/searches")
    assert [one["answer"] for one in found["found"]] == ["found", "ambiguous", "not-held"]
    (hold,) = client.get(f"/v1/demands/{demand}").json()["holds"]
    assert hold["scope"] == "named" and set(hold["accounts"]) == {account, other}
    alone = received(client, {"kind": "account", "value": account})
    leads = post(client, f"/v1/demands/{alone}/searches")["leads"]
    assert [lead["account"] for lead in leads] == [other] and "inference" in leads[0]["basis"]


def test_a_key_of_the_recipient_leaves_only_what_is_encrypted_to_it(
    client: Any, premises: Any, second_officer: dict[str, str], account: str, tmp_path: Path
) -> None:
    # Breaks when the archive stays readable beside what was encrypted, or what is encrypted is another archive.
    import pyrage

    identity = pyrage.x25519.Identity.generate()
    target = {"kind": "account", "value": account}
    demand = ready(client, target, recipient_key=str(identity.to_public()))
    production, data = released(client, second_officer, demand)
    assert not (premises.folder / "productions" / f"{production}.zip").exists()
    done = verified(tmp_path, pyrage.decrypt(data, [identity]), premises.house.signer.vkey)
    assert done.returncode == 0, done.stdout


def test_a_released_production_is_given_as_an_etsi_message(
    client: Any, premises: Any, second_officer: dict[str, str], account: str
) -> None:
    # Breaks when the message leaves before the release, holds another archive, or takes an exchange it does not know.
    import base64

    demand = ready(client, {"kind": "account", "value": account})
    production, data = released(client, second_officer, demand)
    end, one = {"country": "SE", "identifier": "1"}, "7f1c3a52-9f0e-4c5e-9b0a-0d7a2f6f3b11"
    exchange = {
        **dict.fromkeys(("sender", "receiver"), end),
        **dict.fromkeys(("transaction", "delivery", "task"), one),
        "reference": "SE-1-1",
        "profile": {"owner": "SE", "version": "v1"},
    }
    url = f"/v1/productions/{production}/deliveries"
    answer = client.post(url, json=exchange)
    assert answer.status_code == 200, answer.text
    assert f">{base64.b64encode(data).decode()}<" in answer.text
    wrong = client.post(url, json={**exchange, "sender": "SE", "more": 1})
    assert [p["pointer"] for p in wrong.json()["errors"]] == ["/sender", "/more"]


def test_a_file_goes_once_its_demand_is_closed(
    client: Any, premises: Any, operator: Any, second_officer: dict[str, str], account: str
) -> None:
    # Breaks when what was produced lies in the clear after nothing holds its subject's data any more.
    from gatebook.wiring.keeping import expire

    demand = ready(client, {"kind": "account", "value": account})
    production, _ = released(client, second_officer, demand)
    expire(premises, operator)
    assert (premises.folder / "productions" / f"{production}.zip").exists()
    post(client, f"/v1/demands/{demand}/closings", {"outcome": "produced"})
    expire(premises, operator)
    assert not list((premises.folder / "productions").glob("prd_*"))
    assert client.get(f"/v1/productions/{production}/file").status_code == 409
