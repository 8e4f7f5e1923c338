"""Invented demands, and the steps by which they are answered, for tests."""

from __future__ import annotations

import base64
from typing import Any

ADDRESS = {"kind": "address", "value": "203.0.113.9", "at": "2026-10-01T12:00:05Z"}
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF\n"
CALLED = {
    "called": "+12025550188",
    "found_in": "the court's own site",
    "answered_by": "the clerk of the court",
    "called_at": "2026-11-01T12:00:00Z",
}


def demand(instrument: str = "subpoena", **more: Any) -> dict[str, Any]:
    return {
        "instrument": instrument,
        "jurisdiction": "US-CA",
        "recipient": "us-government",
        "reference": "GJ-2026-117",
        "issuer": {"authority": "Grand jury of Alameda", "office": "court", "phone": "+12025550123"},
        "targets": [ADDRESS],
        **more,
    }


def posted(data: dict[str, Any] | None = None, document: bytes | None = None) -> dict[str, Any]:
    paper = {} if document is None else {"document": base64.b64encode(document).decode()}
    return {**({} if data is None else {"demand": data}), **paper}


def receive(client: Any, data: dict[str, Any] | None = None, document: bytes | None = None) -> Any:
    answer = client.post("/v1/demands", json=posted(data, document))
    assert answer.status_code == 201, answer.text
    return answer.json()


def check(client: Any, demand_id: str, name: str, verdict: str = "passed", headers: Any = None, **how: str) -> Any:
    body = {"check": name, "verdict": verdict, "how": how}
    return client.post(f"/v1/demands/{demand_id}/checks", json=body, headers=headers)


def make_authentic(client: Any, demand_id: str, second: dict[str, str] | None = None) -> None:
    """Pass every check the demand still needs."""
    for name in client.get(f"/v1/demands/{demand_id}").json()["checks_needed"]:
        if name != "second-person":
            how = CALLED if name == "call-back" else {}
            assert check(client, demand_id, name, **how).status_code == 200
    if second:
        assert check(client, demand_id, "second-person", headers=second).status_code == 200
    assert client.get(f"/v1/demands/{demand_id}").json()["is_authentic"] is True


def scope(client: Any, demand_id: str) -> Any:
    return client.post(f"/v1/demands/{demand_id}/scopings").json()


def letter(subject: str = "Grand jury subpoena", to_call: str = "", attached: bytes = PDF) -> bytes:
    from email.message import EmailMessage

    message = EmailMessage()
    message["From"] = "Agent Doe <doe@justice.example>"
    message["Subject"] = subject
    message["Authentication-Results"] = "mx.example; spf=pass smtp.mailfrom=doe; dkim=pass; dmarc=pass"
    message.set_content(f"Please see the attached. Call {to_call}")
    message.add_attachment(attached, maintype="application", subtype="pdf", filename="order.pdf")
    return message.as_bytes()
