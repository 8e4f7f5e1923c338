"""A case: everything known of one application, opened through the door, as the verbs want it.

The trap guarded against: determining on less than was sealed, or on what another application holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gatebook import canonical
from gatebook.errors import NotFound
from gatebook.identify import check, plan
from gatebook.identify import claims as claim_parser
from gatebook.procedures.house import House, Operator
from gatebook.record.ports import Row
from gatebook.screen.scan import Query, Screening
from gatebook.terms.account import ApplicationClaims
from gatebook.terms.evidence import Evidence, EvidenceKind
from gatebook.terms.fact import Fact
from gatebook.terms.ids import EvidenceId
from gatebook.terms.person import PersonClaims

_OF_A_CASE = ("application.received", "evidence.received", "code.answered", "review.disposed")


@dataclass(frozen=True, slots=True)
class Case:
    """One application with its claims, the evidence no officer set aside, and the officers' dispositions that count.

    ``account_id`` is empty until the case is about an account already open.
    ``cleared`` and ``accepted`` hold the candidates (list/party) an officer called different or the same.
    ``position`` is the application's latest step when the case was put together: once the register names a later
    one, the case is out of date and nothing may be determined on it. -1 stands for one known to be out of date.
    """

    application_id: str
    person_id: str
    claims: ApplicationClaims
    evidence: tuple[Evidence, ...] = ()
    account_id: str = ""
    disposition: str = ""
    cleared: frozenset[str] = frozenset()
    accepted: frozenset[str] = frozenset()
    position: int = -1

    def disposition_facts(self, screenings: Sequence[Screening]) -> tuple[Fact, ...]:
        """Return the officer's word as facts; it counts only for candidates the officer has seen."""
        seen = {c.key for screening in screenings for c in screening.candidates if c.grade != "weak"}
        facts = [Fact("review.disposition", self.disposition)] if self.disposition else []
        if seen & self.accepted:
            facts.append(Fact("review.match", "same"))
        elif seen and seen <= self.cleared:
            facts.append(Fact("review.match", "different"))
        return tuple(facts)


def load_case(house: House, operator: Operator, application_id: str, purpose: str, account_id: str = "") -> Case:
    """Open everything sealed for an application, entered as readings with ``purpose``. Raises NotFound."""
    with house.state.read() as work:
        row = work.registers.get("applications", application_id)
        if row is None:
            raise NotFound("there is no application under this id")
        records = work.registers.page("records", {"application_id": application_id}, "", 10_000)
        reviews = work.registers.page("reviews", {"application_id": application_id}, "", 1_000)
    wanted = sorted((r for r in records if r["kind"] in _OF_A_CASE), key=lambda r: r["position"])
    payloads = house.door.read(
        house.state, [r["record_id"] for r in wanted], purpose, operator.operator_id, house.now()
    )
    return _assemble(house, row, list(zip(wanted, payloads, strict=True)), reviews, account_id)


def _assemble(
    house: House, row: Row, opened: Sequence[tuple[Row, Any]], reviews: Sequence[Row], account_id: str
) -> Case:
    claims = next(p["claims"] for r, p in opened if r["kind"] == "application.received")
    counted = {
        r["review_id"]: r
        for r in reviews
        if r["state"] in ("disposed", "closed") and r["disposition"] and (r["account_id"] or "") == account_id
    }
    words = [p for r, p in opened if r["kind"] == "review.disposed" and p["review"] in counted]
    set_aside = {evidence_id for p in words for evidence_id in p.get("set_aside", ())}
    evidence = [_evidence(r, p) for r, p in opened if r["kind"] in ("evidence.received", "code.answered")]
    return Case(
        application_id=row["application_id"],
        person_id=row["person_id"],
        claims=claim_parser.parse_application(claims, house.now()),
        evidence=tuple(piece for piece in evidence if piece.evidence_id not in set_aside),
        account_id=account_id,
        disposition=str(words[-1]["disposition"]) if words else "",
        cleared=frozenset(k for p in words if p["match"] == "different" for k in p["candidates"]),
        accepted=frozenset(k for p in words if p["match"] == "same" for k in p["candidates"]),
        position=int(row["position"]),
    )


def _evidence(row: Row, payload: Mapping[str, Any]) -> Evidence:
    return Evidence(
        EvidenceId(str(payload.get("evidence", row["record_id"]))),
        EvidenceKind(payload["kind"]),
        canonical.parse_instant(row["sealed_at"]),
        payload["data"],
    )


def query_of(case: Case) -> Query:
    """Return what to compare for the applicant: names, birth, countries, numbers and wallets."""
    return _query(case.claims.applicant, plan.screening_identifiers(case.claims, case.evidence))


def queries_of_others(case: Case) -> list[Query]:
    """Return the same for whoever stands behind: beneficial owners, at any depth, and whom it is opened for.

    The applicant's own owners come with the numbers of the papers that are about them.
    """
    claims = case.claims
    found = [
        _query(owner.person, plan.owner_identifiers(owner.person, check.evidence_of(case.evidence, n)))
        for n, owner in enumerate(claims.applicant.beneficial_owners)
    ]
    waiting = [owner.person for owner in claims.applicant.beneficial_owners]
    if claims.on_behalf_of:
        waiting.append(claims.on_behalf_of)
        found.append(_query(claims.on_behalf_of, ()))
    while waiting:
        behind = [owner.person for owner in waiting.pop().beneficial_owners]
        found += [_query(person, ()) for person in behind]
        waiting += behind
    return found


def _query(person: PersonClaims, identifiers: Sequence[tuple[str, str]]) -> Query:
    countries = (*person.nationalities, *([person.address.country] if person.address else ()))
    wallets = tuple((kind.removeprefix("wallet:"), value) for kind, value in identifiers if kind.startswith("wallet:"))
    numbers = tuple((kind, value) for kind, value in identifiers if not kind.startswith("wallet:"))
    return Query(
        names=(person.name, *person.aliases),
        kind=person.kind.value,
        born_on=person.born_on,
        countries=tuple(dict.fromkeys(countries)),
        numbers=numbers,
        wallets=wallets,
    )
