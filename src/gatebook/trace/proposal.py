"""A proposal: what a control plane says an account holds, read from one row.

The trap guarded against: a time that is nearly right. One without a zone, or with more than microseconds, is refused
and not rounded: who held an address at a boundary would depend on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gatebook.errors import FieldProblem, InvalidInput
from gatebook.terms.assignment import OPEN, AssignmentKind, microseconds, place_of
from gatebook.trace.spans import Span, span_of

FIELDS = ("kind", "thing", "account", "from", "until", "under", "note")
MOST_NOTE = 200
_NEEDED = FIELDS[:4]
ACCOUNT = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_ACCOUNT = re.compile(ACCOUNT)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Proposal:
    """An assignment somebody asks to have noted."""

    span: Span
    account: str
    from_at: int
    until_at: int = OPEN
    under: str = ""
    note: str = ""


def read_proposal(row: object) -> Proposal:
    """Return what a row proposes. Raises InvalidInput with every field at fault."""
    if not isinstance(row, Mapping):
        raise InvalidInput("an assignment is an object", (FieldProblem("", "not-an-object", "must be an object"),))
    faults = list(_shape(row))
    if faults:
        raise InvalidInput("some fields cannot be taken", tuple(faults))
    texts = {name: row.get(name) or "" for name in FIELDS}
    found, faults = _read(texts)
    if faults:
        raise InvalidInput("some fields cannot be taken", tuple(faults))
    return Proposal(under=texts["under"], note=texts["note"].strip(), account=texts["account"], **found)


def _shape(row: Mapping[Any, Any]) -> list[FieldProblem]:
    """Return what is wrong before any field is read: which there are, and that each is text."""
    unknown = [
        FieldProblem("/unknown", "unknown-field", f"one of {', '.join(FIELDS)}") for name in row if name not in FIELDS
    ]
    kinds = [
        FieldProblem(f"/{name}", "not-text", "must be text")
        for name in FIELDS
        if not isinstance(row.get(name), str | None)
    ]
    missing = [FieldProblem(f"/{name}", "missing", "must be given") for name in _NEEDED if row.get(name) in (None, "")]
    return [*unknown[:1], *kinds, *missing]


def _read(texts: Mapping[str, str]) -> tuple[dict[str, Any], list[FieldProblem]]:
    faults: list[FieldProblem] = []
    found: dict[str, Any] = {"from_at": 0, "until_at": OPEN}
    try:
        found["span"] = span_of(kind_of(texts["kind"]), texts["thing"])
    except InvalidInput as error:
        faults += error.problems
    for name, field in (("from", "from_at"), ("until", "until_at")):
        try:
            if texts[name]:
                found[field] = read_instant(texts[name], f"/{name}")
        except InvalidInput as error:
            faults += error.problems
    if not faults and found["until_at"] <= found["from_at"]:
        faults.append(FieldProblem("/until", "not-after", "must be later than from; leave it out while it is open"))
    if not _ACCOUNT.fullmatch(texts["account"]):
        faults.append(FieldProblem("/account", "malformed", "must be an account id: letters, digits, . _ and -"))
    if texts["under"] and place_of(texts["under"]) is None:
        faults.append(FieldProblem("/under", "malformed", "must be the id of an assignment"))
    return found, [*faults, *note_faults(texts["note"])]


def note_faults(note: str) -> list[FieldProblem]:
    """Return what is wrong with a note."""
    if len(note) <= MOST_NOTE and (note.isprintable() or not note):
        return []
    return [FieldProblem("/note", "malformed", f"at most {MOST_NOTE} characters, none of them a control character")]


def kind_of(text: str) -> AssignmentKind:
    """Return the kind a text names. Raises InvalidInput."""
    try:
        return AssignmentKind(text)
    except ValueError:
        problem = FieldProblem("/kind", "unknown-kind", f"one of {', '.join(AssignmentKind)}")
        raise InvalidInput("there is no such kind of thing", (problem,)) from None


def read_instant(text: str, pointer: str) -> int:
    """Return an RFC 3339 instant in microseconds since 1970 UTC. Raises InvalidInput."""
    try:
        if _INSTANT.fullmatch(text):
            return microseconds(datetime.fromisoformat(text.upper()))
    except ValueError:
        pass
    reason = "must be a time with a zone and at most microseconds, as 2026-10-01T12:00:05.000001Z"
    raise InvalidInput("this is no time", (FieldProblem(pointer, "not-an-instant", reason),))
