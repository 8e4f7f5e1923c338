"""Answering a demand in tests, through HTTP: received, checked, scoped, searched, proposed, approved, built, released."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

ISSUER = {"authority": "Test County District Attorney", "office": "prosecutor", "email": "da@county.example"}


def told(*targets: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return what a subpoena says that names these."""
    return {
        "instrument": "subpoena",
        "jurisdiction": "US-CA",
        "recipient": "us-government",
        "reference": "GJ-2026-117",
        "issuer": ISSUER,
        "targets": list(targets),
        **more,
    }


def post(client: Any, path: str, body: Any = None, status: int = 200, headers: Any = None) -> Any:
    answer = client.post(path, json=body, headers=headers) if body is not None else client.post(path, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


def received(client: Any, *targets: Mapping[str, Any], **more: Any) -> str:
    """Take in a demand that names these; return its id."""
    answer = client.post("/v1/demands", json={"demand": told(*targets, **more)})
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json()["demand_id"])


def checked(client: Any, demand: str, *checks: str) -> Any:
    """Pass every check a demand of this kind needs."""
    for check in checks or ("form", "issuer", "authority"):
        found = post(client, f"/v1/demands/{demand}/checks", {"check": check, "verdict": "passed"})
    return found


def ready(client: Any, *targets: Mapping[str, Any], **more: Any) -> str:
    """Return a demand that was checked, scoped and searched."""
    demand = received(client, *targets, **more)
    checked(client, demand)
    post(client, f"/v1/demands/{demand}/scopings")
    post(client, f"/v1/demands/{demand}/searches")
    return demand


def released(client: Any, second_officer: Mapping[str, str], demand: str, *accounts: str) -> tuple[str, bytes]:
    """Propose, approve by another, build and release; return the production's id and its file."""
    proposed = post(client, f"/v1/demands/{demand}/productions", {"accounts": list(accounts)})
    production = proposed["production"]
    seen = {"digest": proposed["digest"]}
    post(client, f"/v1/productions/{production}/approvals", seen, headers=second_officer)
    post(client, f"/v1/productions/{production}/buildings")
    post(client, f"/v1/productions/{production}/releases")
    file = client.get(f"/v1/productions/{production}/file")
    assert file.status_code == 200, file.text
    return production, file.content


def send(client: Any, premises: Any, *events: Mapping[str, Any]) -> None:
    """Take in and seal access events."""
    lines = "\n".join(map(json.dumps, events))
    assert client.post("/v1/access-events", content=lines, params={"source": "edge-1"}).status_code == 202
    with premises.access() as access:
        access.seal()
