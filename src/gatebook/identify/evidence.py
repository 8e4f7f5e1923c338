"""Reading evidence: what may be submitted, piece by piece.

The trap guarded against: a piece that only Gatebook itself may make, such as a code that came back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from gatebook.canonical import Plain
from gatebook.errors import FieldProblem, InvalidInput
from gatebook.identify import mrz, numbers
from gatebook.identify.papers import DOCUMENT_TYPES
from gatebook.identify.reader import MOST_ITEMS, Reader
from gatebook.terms.account import ApplicationClaims
from gatebook.terms.evidence import EvidenceKind

#: The longest a line of a zone may be, however it was spaced.
MOST_LINE = 320
#: Kinds that may be submitted: every field, and those needed. The rest Gatebook makes itself. ``of_owner`` says that
#: a piece is about the beneficial owner of this number in the application, 0 being the first.
SUBMITTED: Mapping[EvidenceKind, tuple[set[str], set[str]]] = {
    EvidenceKind.MRZ: ({"lines", "of_owner"}, {"lines"}),
    EvidenceKind.RESIDENCE: (
        {"issuer", "issued_on", "country", "shows_name", "shows_address"},
        {"country", "issued_on"},
    ),
    EvidenceKind.REGISTRY_EXTRACT: (
        {"jurisdiction", "number", "lei", "name", "status", "as_of", "of_owner"},
        {"jurisdiction", "number", "name"},
    ),
    EvidenceKind.PAYMENT_CONFIRMED: ({"processor", "means", "country", "result"}, {"processor", "result"}),
    EvidenceKind.VENDOR_REPORT: (
        {
            *("vendor", "report", "result", "name", "born_on", "of_owner"),
            *("document_country", "document_type", "expires_on"),
        },
        {"vendor", "result"},
    ),
}


def parse_evidence(data: Plain, now: datetime) -> tuple[EvidenceKind, dict[str, Any]]:
    """Read a piece of evidence. Raises InvalidInput with every field at fault."""
    r = Reader(now)
    kind = data.get("kind") if isinstance(data, dict) else None
    known = {k.value: k for k in SUBMITTED}
    if not isinstance(data, dict) or not isinstance(kind, str) or kind not in known:
        r.problem("/kind", "unknown-kind", f"must be one of {', '.join(sorted(known))}")
        r.done("this evidence cannot be taken")
    assert isinstance(data, dict)  # noqa: S101  else done() raised
    allowed, needed = SUBMITTED[known[str(kind)]]
    table = r.table({k: v for k, v in data.items() if k != "kind"}, "", allowed, needed)
    found: dict[str, Any] = {}
    for name in sorted(allowed & table.keys()):
        found[name] = _evidence_value(r, table, name)
    r.done("this evidence cannot be taken")
    return known[str(kind)], found


def check_owners(claims: ApplicationClaims, evidence: Sequence[Mapping[str, Any]]) -> None:
    """Refuse evidence about an owner the application does not name. Raises InvalidInput with every piece at fault."""
    named = len(claims.applicant.beneficial_owners)
    problems = tuple(
        FieldProblem(f"/evidence/{n}/of_owner", "no-such-owner", f"the application names {named} beneficial owners")
        for n, data in enumerate(evidence)
        if data.get("of_owner", -1) >= named
    )
    if problems:
        raise InvalidInput("some evidence is about an owner the application does not name", problems)


def _evidence_value(r: Reader, data: Mapping[str, Any], name: str) -> object:
    if name.startswith("shows_"):
        return r.flag(data, "", name, default=False)
    if name in ("country", "jurisdiction", "document_country"):
        return r.country_of(data, "", name)
    if name in _READ:
        return _READ[name](r, data, name)
    return r.text(data, "", name)


def _lines(r: Reader, data: Mapping[str, Any], name: str) -> list[str]:
    """The lines of a zone in their one form. What no reader could read later is refused now."""
    given = r.list(data, "", name)
    found = [(where, item) for where, item in given if isinstance(item, str)]
    if len(found) != len(given) or not found:
        r.problem("/lines", "shape", "must be the two or three lines of a machine-readable zone, as text")
        return []
    if any(len(item) > MOST_LINE for _, item in found):
        r.problem("/lines", "too-long", f"at most {MOST_LINE} characters a line")
        return []
    lines = mrz.normal_lines([item for _, item in found])
    try:
        holds = mrz.read_mrz(lines, r.now.date()).holds
    except InvalidInput as error:
        r.problems += error.problems
        return []
    # A zone whose own check digits hold is one; of any other, long numbers are looked at like everybody's.
    return [r.clean(line, where, MOST_LINE, lambda _: holds) for line, (where, _) in zip(lines, found, strict=True)]


def _of_owner(r: Reader, data: Mapping[str, Any], name: str) -> int:
    return r.whole(data, "", name, MOST_ITEMS - 1)


def _chosen(*choices: str) -> Callable[[Reader, Mapping[str, Any], str], str]:
    def read(r: Reader, data: Mapping[str, Any], name: str) -> str:
        text = r.text(data, "", name)
        if text not in choices:
            r.problem(f"/{name}", f"unknown-{name.replace('_', '-')}", f"must be one of {', '.join(choices)}")
        return text

    return read


def _day(r: Reader, data: Mapping[str, Any], name: str) -> str:
    text = r.text(data, "", name)
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError  # noqa: TRY301  one problem for every way a date can be wrong
        day = date.fromisoformat(text)
    except ValueError:
        r.problem(f"/{name}", "not-a-date", "must be a day there is, as YYYY-MM-DD")
        return ""
    if name != "expires_on" and day > r.now.date():
        r.problem(f"/{name}", "in-the-future", "must not lie in the future")
    return text


def _number(r: Reader, data: Mapping[str, Any], name: str) -> str:
    country = str(data.get("jurisdiction", ""))
    return r.text(data, "", name, is_proved=lambda text: numbers.is_national_number(country, text))


def _lei(r: Reader, data: Mapping[str, Any], name: str) -> str:
    text = r.text(data, "", name, is_proved=numbers.check_lei)
    if text and not numbers.check_lei(text):
        r.problem("/lei", "check-digits", "does not have the form or check digits of an LEI")
    return text


#: Fields with a form of their own; what is not here is a flag, a country or plain text.
_READ: Mapping[str, Callable[[Reader, Mapping[str, Any], str], object]] = {
    "lines": _lines,
    "of_owner": _of_owner,
    "result": _chosen("verified", "refuted"),
    "document_type": _chosen(*DOCUMENT_TYPES),
    "issued_on": _day,
    "as_of": _day,
    "expires_on": _day,
    "born_on": lambda r, data, _: r.birth(data, ""),
    "number": _number,
    "lei": _lei,
}
