"""Invented people and their papers, for tests."""

from __future__ import annotations

from typing import Any

from gatebook.identify.mrz import check_digit as digit

AT = "2026-11-01T12:00:00Z"


def passport(
    surname: str,
    given: str,
    nation: str,
    born: str,
    number: str = "L898902C3",
    expires: str = "310101",
    sex: str = "F",
) -> dict[str, Any]:
    one = f"P<{nation}{surname}<<{given}".replace(" ", "<").ljust(44, "<")[:44]
    number = number.ljust(9, "<")
    two = f"{number}{digit(number)}{nation}{born}{digit(born)}{sex}{expires}{digit(expires)}{'<' * 14}<"
    return {"kind": "mrz", "lines": [one, two + digit(two[:10] + two[13:20] + two[21:43])]}


def person(name: str = "Anna Maria Eriksson", born: str = "1974-08-12", **more: Any) -> dict[str, Any]:
    return {
        "kind": "individual",
        "name": name,
        "born_on": born,
        "nationalities": ["SE"],
        "place_of_use": "SE",
        "address": {"country": "SE", "lines": ["Storgatan 1"], "city": "Stockholm", "postal_code": "111 22"},
        "emails": ["anna@example.com"],
        "phones": ["+46701234567"],
        "us_limb": "none",
        **more,
    }


def application(applicant: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "applicant": applicant or person(),
        "account_type": "standard",
        "product": {"code": "vps-small"},
        "payments": [{"kind": "card", "bin": "400000", "last4": "0002", "country": "SE"}],
        "access": {"address": "203.0.113.9", "at": AT},
        **more,
    }


ANNA = passport("ERIKSSON", "ANNA MARIA", "SWE", "740812")
