"""Reading evidence: what may be submitted, piece by piece.

The trap guarded against: a piece that only Gatebook itself may make, such as a code that came back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gatebook.canonical import Plain
from gatebook.errors import FieldProblem, InvalidInput
from gatebook.identify.reader import MOST_ITEMS, Reader
from gatebook.terms.account import ApplicationClaims
from gatebook.terms.evidence import EvidenceKind

#: Kinds that may be submitted: every field, and those needed. The rest Gatebook makes itself. ``of_owner`` says that
#: a piece is about the beneficial owner of this number in the application, 0 being the first.
SUBMITTED: Mapping[EvidenceKind, tuple[set[str], set[str]]] = {
    EvidenceKind.MRZ: ({"lines", "of_owner"}, {"lines"}),
    EvidenceKind.RESIDENCE: (
        {"issuer", "issued_on", "country", "shows_name", "shows_address"},
        {"country", "issued_on"},
    ),
    EvidenceKind.REGISTRY_EXTRACT: (
        {"jurisdiction", "number", "name", "status", "as_of", "of_owner"},
        {"jurisdiction", "number", "name"},
    ),
    EvidenceKind.PAYMENT_CONFIRMED: ({"processor", "means", "country", "result"}, {"processor", "result"}),
    EvidenceKind.VENDOR_REPORT: (
        {"vendor", "report", "result", "name", "born_on", "document_country", "of_owner"},
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
    if name == "lines":
        return [item.upper() for item in r.texts(data, "", "lines", lambda text, _: text)]
    if name.startswith("shows_"):
        return r.flag(data, "", name, default=False)
    if name in ("country", "jurisdiction", "document_country"):
        return r.country_of(data, "", name)
    if name == "of_owner":
        return r.whole(data, "", name, MOST_ITEMS - 1)
    text = r.text(data, "", name)
    if name == "result" and text not in ("verified", "refuted"):
        r.problem("/result", "unknown-result", "must be verified or refuted")
    if name in ("issued_on", "as_of") and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        r.problem(f"/{name}", "not-a-date", "must be YYYY-MM-DD")
    return text
