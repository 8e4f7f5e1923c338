"""Review: an officer's word is entered, a second officer's where the house asks for four eyes, then judged again.

The trap guarded against: an admission one person could make alone where two are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gatebook.canonical import Plain
from gatebook.errors import Conflict, FieldProblem, InvalidInput, NotFound, NotPermitted
from gatebook.procedures import case as cases
from gatebook.procedures.determine_application import Determined
from gatebook.procedures.house import House, Operator
from gatebook.procedures.judge_application import judge
from gatebook.procedures.permit import permit
from gatebook.procedures.rescreen_account import settle_account_review
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.ports import Row, Work

_DISPOSITIONS, _MATCHES = ("admit", "decline"), ("", "same", "different")
_MOST_NOTE = 4000


def dispose(
    house: House,
    operator: Operator,
    review_id: str,
    disposition: str,
    match: str = "",
    note: str = "",
    set_aside: Sequence[str] = (),
) -> Determined | None:
    """Enter an officer's word on a review. ``match`` says whether the listed candidates are the same person.

    ``set_aside`` names pieces of evidence that the officer finds do not speak for or against the applicant, such as
    another person's document sent by mistake; they stay sealed and are put to the law no more. Returns what was then
    determined, or None while a second officer has to approve. Raises InvalidInput, NotFound, Conflict when the review
    is not open.
    """
    permit(house, operator, "officer", "dispose-review")
    _check_words(disposition, match, note)
    with house.state.read() as work:
        review = _review(work, review_id, "open")
    _check_set_aside(house, operator, review, set_aside)
    seen = _candidates_seen(house, operator, review)
    four_eyes = _needs_four_eyes(house, review, clears_a_block=match == "different" and any(map(_blocks, seen)))
    payload: Plain = {
        "review": review_id,
        "disposition": disposition,
        "match": match,
        "note": note,
        "candidates": [f"{c['list_id']}/{c['party_id']}" for c in seen],
        "set_aside": sorted(set(set_aside)),
    }
    body = {"review": review_id, "disposition": disposition, "match": match, "four_eyes": four_eyes}
    with house.state.transaction() as work:
        work.ledger.lock()
        _review(work, review_id, "open")
        entry = _entry(house, operator, "review.disposed", review, body)
        enter(work, house.door.seal(work, entry, house.new_id("rec"), payload, ()))
    return None if four_eyes else carry_out(house, operator, review)


def approve(house: House, operator: Operator, review_id: str) -> Determined:
    """Approve what another officer proposed. Raises NotPermitted when it is the same officer."""
    permit(house, operator, "officer", "approve-review")
    with house.state.transaction() as work:
        work.ledger.lock()
        review = _review(work, review_id, "proposed")
        if review["proposed_by"] == operator.operator_id:
            raise NotPermitted("four eyes: another officer than the one who proposed has to approve")
        body = {"review": review_id, "disposition": review["disposition"], "match": review["match"]}
        enter(work, _entry(house, operator, "review.approved", review, body))
    return carry_out(house, operator, review)


def _check_words(disposition: str, match: str, note: str) -> None:
    problems = []
    if disposition not in _DISPOSITIONS:
        problems.append(FieldProblem("/disposition", "unknown-disposition", "must be admit or decline"))
    if match not in _MATCHES:
        problems.append(FieldProblem("/match", "unknown-match", "must be same, different or left out"))
    if len(note) > _MOST_NOTE:
        problems.append(FieldProblem("/note", "too-long", f"at most {_MOST_NOTE} characters"))
    if disposition == "admit" and match == "same":
        problems.append(FieldProblem("/match", "contradiction", "a listed person cannot be admitted by disposition"))
    if problems:
        raise InvalidInput("this disposition cannot be taken", tuple(problems))


def _review(work: Work, review_id: str, state: str) -> Row:
    review = work.registers.get("reviews", review_id)
    if review is None:
        raise NotFound("there is no review under this id")
    if review["state"] != state:
        raise Conflict(f"this review is {review['state']}, not {state}")
    return review


def _check_set_aside(house: House, operator: Operator, review: Row, set_aside: Sequence[str]) -> None:
    if not set_aside:
        return
    case = cases.load_case(house, operator, review["application_id"], "review", str(review["account_id"] or ""))
    known = {piece.evidence_id for piece in case.evidence}
    problems = tuple(
        FieldProblem(f"/set_aside/{n}", "no-such-evidence", "is no piece of evidence of this application")
        for n, evidence_id in enumerate(set_aside)
        if evidence_id not in known
    )
    if problems:
        raise InvalidInput("this disposition cannot be taken", problems)


def _needs_four_eyes(house: House, review: Row, *, clears_a_block: bool) -> bool:
    with house.state.read() as work:
        application = work.registers.get("applications", review["application_id"])
    law = house.law.on(house.now().date()).parameters
    level = law.table("house/account_types").get(application["account_type"] if application else "", "high")
    asked = law.table("house/four_eyes")
    return bool(asked.get(level, True) or (clears_a_block and asked.get("clearing_a_block", True)))


def _candidates_seen(house: House, operator: Operator, review: Row) -> list[Mapping[str, Any]]:
    """The candidates this word is about: those of the latest screening, owners' included, weak ones left aside."""
    with house.state.read() as work:
        rows = work.registers.page("records", {"application_id": review["application_id"]}, "", 10_000)
    screened = sorted((r for r in rows if r["kind"] == "person.screened"), key=lambda r: r["position"])[-1:]
    payloads = house.door.read(
        house.state, [r["record_id"] for r in screened], "review", operator.operator_id, house.now()
    )
    found = [c for p in payloads if isinstance(p, dict) for group in (p["candidates"], *p["others"]) for c in group]
    return [candidate for candidate in found if candidate["grade"] != "weak"]


def _blocks(candidate: Mapping[str, Any]) -> bool:
    return bool(candidate["grade"] == "confirmed" and candidate["is_blocking"])


def _entry(house: House, operator: Operator, kind: str, review: Row, body: dict[str, object]) -> Entry:
    return Entry(
        kind,
        house.now(),
        operator.operator_id,
        person=review["person_id"],
        application=review["application_id"],
        account=review["account_id"] or "",
        body=body,
    )


def carry_out(house: House, operator: Operator, review: Row) -> Determined:
    """Carry out a word that was entered; after a crash ``resume_applications`` comes here again."""
    account_id = str(review["account_id"] or "")
    case = cases.load_case(house, operator, review["application_id"], "determination", account_id)
    if account_id:
        return settle_account_review(house, operator, review, case)
    return judge(house, operator, case)
