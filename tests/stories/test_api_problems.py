"""Problems: every type of problem leads to its explanation, and page, document and table are one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from gatebook import errors
from gatebook.api import problem_page, problems

ROOT = Path(__file__).resolve().parents[2]


def _every(kind: type[errors.GatebookError]) -> list[type[errors.GatebookError]]:
    return [kind, *(found for sub in kind.__subclasses__() for found in _every(sub))]


def _anchor(client: Any, found: dict[str, Any]) -> bool:
    page, _, anchor = found["type"].partition("#")
    return re.search(f'id="{re.escape(anchor)}"', client.get(page, headers={"Authorization": ""}).text) is not None


def test_the_document_is_made_from_the_table() -> None:
    # Breaks when docs/problems.md and what is served say two things; api/problem_page.as_markdown() writes it.
    assert (ROOT / "docs" / "problems.md").read_text("utf-8") == problem_page.as_markdown()


@pytest.mark.parametrize("kind", _every(errors.GatebookError))
def test_every_error_leads_to_its_explanation(kind: type[errors.GatebookError], client: Any) -> None:
    # Breaks when an error class is added without saying what it means to a caller.
    error = kind("a sentence", 1) if issubclass(kind, errors.TooMany) else kind("a sentence")
    found = problems.body_of(error)
    assert found["type"] == f"/docs/problems#{kind.code}"
    assert found["status"] == problems.answer(error).status_code
    assert _anchor(client, found)


def test_what_the_framework_refuses_leads_there_too(client: Any) -> None:
    # Breaks when an unknown route or method is answered with a type that leads nowhere.
    for answer in (client.get("/nowhere"), client.put("/v1/applications"), client.get("/v1/applications?limit=x")):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code
        assert _anchor(client, answer.json())


def test_the_page_can_run_and_fetch_nothing(client: Any) -> None:
    # Breaks when the page of problems would load or run anything, from here or elsewhere.
    answer = client.get("/docs/problems", headers={"Authorization": ""})
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert not re.search(r"https?:|<script|<img|<link|\son\w+=", answer.text)
