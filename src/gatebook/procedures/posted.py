"""What was posted, taken apart the one way for every shell: an application with its evidence, facts, days.

The trap guarded against: a body the API refuses and the command line takes, or the other way round.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from gatebook.canonical import Plain
from gatebook.errors import FieldProblem, InvalidInput, LawError
from gatebook.terms.fact import Fact, Facts

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def application(data: Plain) -> tuple[dict[str, Any], list[Plain]]:
    """Return claims and evidence of ``{application fields..., "evidence": [...]}``. Raises InvalidInput."""
    if not isinstance(data, dict):
        raise InvalidInput("an application is an object", (FieldProblem("", "not-an-object", "must be an object"),))
    evidence = data.get("evidence", [])
    if not isinstance(evidence, list):
        raise InvalidInput("evidence is a list", (FieldProblem("/evidence", "not-a-list", "must be a list"),))
    return {name: value for name, value in data.items() if name != "evidence"}, evidence


def pieces(data: Plain) -> list[Plain]:
    """Return a list of evidence, which one piece alone is too."""
    return data if isinstance(data, list) else [data]


def facts(data: Plain) -> Facts:
    """Return facts of ``{name: value}``. Raises InvalidInput for names and values the law does not know."""
    if not isinstance(data, dict) or not all(isinstance(v, str | int | bool) for v in data.values()):
        raise InvalidInput("facts are an object of plain values", (FieldProblem("", "not-facts", "name to value"),))
    try:
        return Facts(tuple(Fact(name, value) for name, value in data.items()))
    except LawError:
        problem = FieldProblem("", "unknown-fact", "see docs/law.md for the names and values of facts")
        raise InvalidInput("a fact is unknown or has no such value", (problem,)) from None


def day(text: str, pointer: str) -> date | None:
    """Return the day ``YYYY-MM-DD``, or None when nothing was said. Raises InvalidInput."""
    if not text:
        return None
    try:
        if not _DAY.fullmatch(text):
            raise ValueError  # noqa: TRY301  one problem for every way a day can be wrong
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("this is no day", (FieldProblem(pointer, "not-a-date", "must be YYYY-MM-DD"),)) from None
