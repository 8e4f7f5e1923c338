"""Opening an account: the application is sealed and entered, judged, and only an admission opens it.

The trap guarded against: an application lost between two steps. What was received is entered first, in review;
every later step can be taken again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from gatebook import canonical
from gatebook.canonical import Plain
from gatebook.errors import FieldProblem, InvalidInput
from gatebook.identify import claims as claim_parser
from gatebook.identify import evidence as evidence_parser
from gatebook.identify import plan
from gatebook.identify.sealed_form import claims_to_plain
from gatebook.procedures import case as cases
from gatebook.procedures.determine_application import Determined
from gatebook.procedures.house import House, Operator
from gatebook.procedures.judge_application import in_review, judge
from gatebook.procedures.permit import permit
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.ports import Work
from gatebook.terms.account import ApplicationClaims
from gatebook.terms.evidence import Evidence, EvidenceKind
from gatebook.terms.ids import EvidenceId

_MOST_EVIDENCE = 50
#: Called with the application's id in the transaction that enters it, to keep beside it what has to live with it.
Remember = Callable[[Work, str], None]


def open_account(
    house: House,
    operator: Operator,
    data: Plain,
    evidence: Sequence[Plain] = (),
    remember: Remember = lambda _, __: None,
) -> tuple[str, Determined]:
    """Take an application, judge it, and open the account if nothing stands against it.

    Returns the application id and what was determined. Raises InvalidInput with every field at fault; then nothing
    was kept. After a crash beyond step (1), ``resume_applications`` does the rest.
    """
    permit(house, operator, "apply", "open-account")
    now = house.now()
    claims = claim_parser.parse_application(data, now)
    given = _parse_all(house, evidence)
    evidence_parser.check_owners(claims, [piece.data for piece in given])
    case = cases.Case(house.new_id("app"), house.new_id("per"), claims, _access(house, claims))
    with house.state.transaction() as work:  # (1)
        position = _enter_received(house, operator, work, case)
        for piece in given:
            position = _enter_evidence(house, operator, work, case, piece)
        remember(work, case.application_id)
    case = replace(case, evidence=(*case.evidence, *given), position=position)
    return case.application_id, judge(house, operator, case)  # (2) to (6)


def submit_evidence(
    house: House,
    operator: Operator,
    application_id: str,
    evidence: Sequence[Plain],
    remember: Remember = lambda _, __: None,
) -> Determined:
    """Add evidence to an application in review and judge it again. Raises Conflict once it is settled."""
    permit(house, operator, "apply", "submit-evidence")
    given = _parse_all(house, evidence)
    if not given:
        raise InvalidInput(
            "no evidence was sent", (FieldProblem("/evidence", "empty", "must hold at least one piece"),)
        )
    case = cases.load_case(house, operator, application_id, "determination")
    evidence_parser.check_owners(case.claims, [piece.data for piece in given])
    with house.state.transaction() as work:
        work.ledger.lock()
        is_current = in_review(work, application_id)["position"] == case.position
        for piece in given:
            position = _enter_evidence(house, operator, work, case, piece)
        remember(work, application_id)
    case = replace(case, evidence=(*case.evidence, *given), position=position if is_current else -1)
    return judge(house, operator, case)


def determine_again(house: House, operator: Operator, application_id: str) -> Determined:
    """Judge an application in review again, as after a crash, a new list or an officer's word."""
    permit(house, operator, "apply", "determine-again")
    with house.state.read() as work:
        in_review(work, application_id)
    return judge(house, operator, cases.load_case(house, operator, application_id, "determination"))


def _parse_all(house: House, evidence: Sequence[Plain]) -> list[Evidence]:
    if len(evidence) > _MOST_EVIDENCE:
        problem = FieldProblem("/evidence", "too-many", f"at most {_MOST_EVIDENCE} pieces at once")
        raise InvalidInput("too many pieces of evidence", (problem,))
    found, problems = [], list[FieldProblem]()
    for n, piece in enumerate(evidence):
        try:
            kind, data = evidence_parser.parse_evidence(piece, house.now())
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


def _enter_received(house: House, operator: Operator, work: Work, case: cases.Case) -> int:
    """Seal and enter the claims and the evidence that came with them; return the position of the last entry."""
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
    payload: Plain = {"claims": claims_to_plain(claims)}
    index = _index(claims, ())
    position = enter(work, house.door.seal(work, entry, house.new_id("rec"), payload, index))
    for piece in case.evidence:
        position = _enter_evidence(house, operator, work, case, piece)
    return position


def _enter_evidence(house: House, operator: Operator, work: Work, case: cases.Case, piece: Evidence) -> int:
    entry = Entry(
        "evidence.received",
        piece.received_at,
        operator.operator_id,
        person=case.person_id,
        application=case.application_id,
        body={"evidence": piece.evidence_id, "evidence_kind": piece.kind.value},
    )
    payload: Plain = {"evidence": piece.evidence_id, "kind": piece.kind.value, "data": canonical.plain(piece.data)}
    known = set(_index(case.claims, ()))
    index = [pair for pair in _index(case.claims, (piece,)) if pair not in known]
    return enter(work, house.door.seal(work, entry, house.new_id("rec"), payload, index))


def _index(claims: ApplicationClaims, evidence: Sequence[Evidence]) -> tuple[tuple[str, str], ...]:
    return (*plan.index_values(claims, evidence), *plan.screened_values(claims, evidence))
