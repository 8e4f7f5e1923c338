"""Opening an account: the application is sealed and entered, judged, and only an admission opens it.

The trap guarded against: an application lost between two steps. What was received is entered first, in review;
every later step can be taken again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gatebook import canonical
from gatebook.canonical import Plain
from gatebook.errors import Conflict, FieldProblem, InvalidInput, NotFound
from gatebook.identify import claims as claim_parser
from gatebook.identify import plan
from gatebook.procedures import case as cases
from gatebook.procedures.determine_application import Determined, determine_application
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.ports import Work
from gatebook.terms.account import ApplicationClaims
from gatebook.terms.evidence import Evidence, EvidenceKind
from gatebook.terms.ids import EvidenceId

_MOST_EVIDENCE = 50


def open_account(
    house: House, operator: Operator, data: Plain, evidence: Sequence[Plain] = ()
) -> tuple[str, Determined]:
    """Take an application, judge it, and open the account if nothing stands against it.

    Returns the application id and what was determined. Raises InvalidInput with every field at fault; then nothing
    was kept.
    """
    permit(house, operator, "apply", "open-account")
    now = house.now()
    claims = claim_parser.parse_application(data, now)
    given = _parse_all(house, evidence)
    case = cases.Case(house.new_id("app"), house.new_id("per"), claims, _access(house, claims))
    with house.state.transaction() as work:  # (1)
        _enter_received(house, operator, work, case)
        for piece in given:
            _enter_evidence(house, operator, work, case, piece)
    case = replace(case, evidence=(*case.evidence, *given))
    return case.application_id, determine_application(house, operator, case)  # (2) to (6)


def submit_evidence(house: House, operator: Operator, application_id: str, evidence: Sequence[Plain]) -> Determined:
    """Add evidence to an application in review and judge it again. Raises Conflict once it is settled."""
    permit(house, operator, "apply", "submit-evidence")
    given = _parse_all(house, evidence)
    if not given:
        raise InvalidInput(
            "no evidence was sent", (FieldProblem("/evidence", "empty", "must hold at least one piece"),)
        )
    case = cases.load_case(house, operator, application_id, "determination")
    with house.state.transaction() as work:
        in_review(work, application_id)
        for piece in given:
            _enter_evidence(house, operator, work, case, piece)
    return determine_application(house, operator, replace(case, evidence=(*case.evidence, *given)))


def determine_again(house: House, operator: Operator, application_id: str) -> Determined:
    """Judge an application in review again, as after a crash, a new list or an officer's word."""
    permit(house, operator, "apply", "determine-again")
    with house.state.read() as work:
        in_review(work, application_id)
    return determine_application(house, operator, cases.load_case(house, operator, application_id, "determination"))


def in_review(work: Work, application_id: str) -> None:
    """Raise NotFound or Conflict unless the application is in review."""
    row = work.registers.get("applications", application_id)
    if row is None:
        raise NotFound("there is no application under this id")
    if row["state"] != "review":
        raise Conflict(f"this application is settled: it was {row['state']}")


def _parse_all(house: House, evidence: Sequence[Plain]) -> list[Evidence]:
    if len(evidence) > _MOST_EVIDENCE:
        problem = FieldProblem("/evidence", "too-many", f"at most {_MOST_EVIDENCE} pieces at once")
        raise InvalidInput("too many pieces of evidence", (problem,))
    found, problems = [], list[FieldProblem]()
    for n, piece in enumerate(evidence):
        try:
            kind, data = claim_parser.parse_evidence(piece, house.now())
            found.append(Evidence(EvidenceId(house.new_id("evi")), kind, house.now(), data))
        except InvalidInput as error:
            problems += [replace(p, pointer=f"/evidence/{n}{p.pointer}") for p in error.problems]
    if problems:
        raise InvalidInput("some evidence cannot be taken", tuple(problems))
    return found


def _access(house: House, claims: ApplicationClaims) -> tuple[Evidence, ...]:
    """The address an application came from, with the country a local file gives it, is evidence by itself."""
    if claims.access is None:
        return ()
    country = house.country_of(claims.access.address)
    data = {"address": claims.access.address, "at": canonical.instant(claims.access.at), "country": country or ""}
    return (Evidence(EvidenceId(house.new_id("evi")), EvidenceKind.ACCESS, house.now(), data),)


def _enter_received(house: House, operator: Operator, work: Work, case: cases.Case) -> None:
    claims = case.claims
    entry = Entry(
        "application.received",
        house.now(),
        operator.operator_id,
        person=case.person_id,
        application=case.application_id,
        body={
            "account_type": claims.account_type,
            "product": claims.product.code,
            "is_reseller": claims.is_reseller,
            "is_trial": claims.product.is_trial,
        },
    )
    payload: Plain = {"claims": claim_parser.claims_to_plain(claims)}
    index = plan.index_values(claims, ())
    enter(work, house.door.seal(work, entry, house.new_id("rec"), payload, index))
    for piece in case.evidence:
        _enter_evidence(house, operator, work, case, piece)


def _enter_evidence(house: House, operator: Operator, work: Work, case: cases.Case, piece: Evidence) -> None:
    entry = Entry(
        "evidence.received",
        piece.received_at,
        operator.operator_id,
        person=case.person_id,
        application=case.application_id,
        body={"evidence": piece.evidence_id, "evidence_kind": piece.kind.value},
    )
    payload: Plain = {"evidence": piece.evidence_id, "kind": piece.kind.value, "data": canonical.plain(piece.data)}
    known = set(plan.index_values(case.claims, ()))
    index = [pair for pair in plan.index_values(case.claims, (piece,)) if pair not in known]
    enter(work, house.door.seal(work, entry, house.new_id("rec"), payload, index))
