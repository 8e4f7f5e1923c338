"""A case: everything known of one application, opened through the door, as the verbs want it.

The trap guarded against: determining on less than was sealed, or on what another application holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gatebook import canonical
from gatebook.errors import NotFound
from gatebook.identify import check, papers, plan
from gatebook.identify.names import is_same_birth
from gatebook.identify.sealed_form import claims_from_plain
from gatebook.law.sources import asks_about_use
from gatebook.procedures.house import House, Operator
from gatebook.procedures.officers_word import Word, open_word
from gatebook.record.ports import Row
from gatebook.screen.said import all_said
from gatebook.screen.screening import Query
from gatebook.terms.account import ApplicationClaims
from gatebook.terms.evidence import Evidence, EvidenceKind
from gatebook.terms.ids import EvidenceId
from gatebook.terms.person import PersonClaims

_OF_A_CASE = ("application.received", "evidence.received", "code.answered", "review.disposed")


@dataclass(frozen=True, slots=True)
class Case:
    """One application with its claims, the evidence no officer set aside, and the officers' words that count.

    ``account_id`` is empty until the case is about an account already open. What officers said of the application
    goes on to count for its account, as far as it reaches.
    ``position`` is the latest step of the application, or of the account, when the case was put together: once the
    register names a later one, the case is out of date and nothing may be determined on it. -1 stands for one known
    to be out of date.
    """

    application_id: str
    person_id: str
    claims: ApplicationClaims
    evidence: tuple[Evidence, ...] = ()
    account_id: str = ""
    words: tuple[Word, ...] = ()
    position: int = -1


def load_case(house: House, operator: Operator, application_id: str, purpose: str, account_id: str = "") -> Case:
    """Open everything sealed for an application, entered as readings with ``purpose``. Raises NotFound."""
    with house.state.read() as work:
        row = work.registers.get("applications", application_id)
        if row is None:
            raise NotFound("there is no application under this id")
        account = work.registers.get("accounts", account_id) if account_id else None
        records = work.registers.page("records", {"application_id": application_id}, "", 10_000)
        reviews = work.registers.page("reviews", {"application_id": application_id}, "", 1_000)
    wanted = sorted((r for r in records if r["kind"] in _OF_A_CASE), key=lambda r: r["position"])
    payloads = house.door.read(
        house.state, [r["record_id"] for r in wanted], purpose, operator.operator_id, house.now()
    )
    return _assemble(row, account, list(zip(wanted, payloads, strict=True)), reviews)


def _assemble(row: Row, account: Row | None, opened: Sequence[tuple[Row, Any]], reviews: Sequence[Row]) -> Case:
    claims = next(p["claims"] for r, p in opened if r["kind"] == "application.received")
    by_two = {r["review_id"]: bool(r["approved_by"]) for r in reviews if _counts(r)}
    words = [p for r, p in opened if r["kind"] == "review.disposed" and p["review"] in by_two]
    set_aside = {evidence_id for p in words for evidence_id in p["set_aside"]}
    evidence = [_evidence(r, p) for r, p in opened if r["kind"] in ("evidence.received", "code.answered")]
    return Case(
        application_id=row["application_id"],
        person_id=row["person_id"],
        claims=claims_from_plain(claims),
        evidence=tuple(piece for piece in evidence if piece.evidence_id not in set_aside),
        account_id=account["account_id"] if account else "",
        words=tuple(open_word(p, by_two=by_two[p["review"]]) for p in words),
        position=int((account or row)["position"]),
    )


def _counts(review: Row) -> bool:
    """A word counts once it needs nobody else's: one proposed and never approved is no word.

    One on the use of an account says nothing of who holds it.
    """
    if asks_about_use(str(review["cause"])):
        return False
    spoken = review["disposition"] and review["state"] in ("disposed", "closed")
    return bool(spoken and (review["approved_by"] or not review["four_eyes"]))


def _evidence(row: Row, payload: Mapping[str, Any]) -> Evidence:
    return Evidence(
        EvidenceId(str(payload.get("evidence", row["record_id"]))),
        EvidenceKind(payload["kind"]),
        canonical.parse_instant(row["sealed_at"]),
        payload["data"],
    )


def queries_of_case(case: Case) -> list[Query]:
    """Return all there is to compare: for the applicant first, then for whoever stands behind."""
    return [query_of(case), *queries_of_others(case)]


def query_of(case: Case) -> Query:
    """Return what to compare for the applicant: names claimed and read, birth, countries, numbers and wallets."""
    return _queries(case.claims.applicant, plan.screening_identifiers(case.claims, case.evidence), _own(case))[0]


def queries_of_others(case: Case) -> list[Query]:
    """Return the same for whoever stands behind: beneficial owners, at any depth, and whom it is opened for.

    The applicant's own owners come with the names and numbers of the papers that are about them. Somebody whose paper
    shows another birth than the one claimed is compared under that birth as well, the applicant too.
    """
    claims = case.claims
    identifiers = plan.screening_identifiers(claims, case.evidence)
    found = _queries(claims.applicant, identifiers, _own(case))[1:]
    for n, owner in enumerate(claims.applicant.beneficial_owners):
        papers_of = check.evidence_of(case.evidence, n)
        found += _queries(owner.person, plan.identifiers_of(owner.person, papers_of), papers_of)
    waiting = [owner.person for owner in claims.applicant.beneficial_owners]
    if claims.on_behalf_of:
        waiting.append(claims.on_behalf_of)
        found += _queries(claims.on_behalf_of, plan.identifiers_of(claims.on_behalf_of))
    while waiting:
        behind = [owner.person for owner in waiting.pop().beneficial_owners]
        found += [query for person in behind for query in _queries(person, plan.identifiers_of(person))]
        waiting += behind
    return found


def _own(case: Case) -> list[Evidence]:
    return check.evidence_of(case.evidence)


def _queries(
    person: PersonClaims, identifiers: Sequence[tuple[str, str]], evidence: Sequence[Evidence] = ()
) -> list[Query]:
    """Return what to compare for a person, and after it one more for every paper that shows another birth.

    Words added to a claimed name hide nothing: the name as it was read is compared by itself. The sex is that of
    papers that verified; one that shows another birth is somebody else's, and is compared without it.
    """
    read = papers.who_is_read(evidence, person.born_on)
    births = [person.born_on, *(born_on for _, born_on in read if is_same_birth(person.born_on, born_on))]
    born_on = max(births, key=len)
    countries = (*person.nationalities, *([person.address.country] if person.address else ()))
    query = Query(
        names=all_said((person.name, *person.aliases, *(name for name, _ in read if name))),
        kind=person.kind.value,
        born_on=born_on,
        countries=tuple(dict.fromkeys(countries)),
        numbers=tuple((kind, value) for kind, value in identifiers if not kind.startswith("wallet:")),
        wallets=tuple((k.removeprefix("wallet:"), v) for k, v in identifiers if k.startswith("wallet:")),
        gender=papers.sex_shown(person, evidence),
    )
    others = [(name, other) for name, other in read if not is_same_birth(born_on, other)]
    names = (person.name, *person.aliases)
    return [
        query,
        *(replace(query, names=all_said((*names, *filter(None, (name,)))), born_on=b, gender="") for name, b in others),
    ]
