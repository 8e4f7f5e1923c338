"""Review: an officer's word is entered, a second officer's where the house asks for four eyes, then judged again.

The trap guarded against: an admission one person could make alone where two are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gatebook.errors import Conflict, FieldProblem, InvalidInput, NotFound, NotPermitted
from gatebook.procedures import case as cases
from gatebook.procedures.about import row_entry
from gatebook.procedures.determine_application import Determined
from gatebook.procedures.four_eyes import are_independent
from gatebook.procedures.house import House, Operator
from gatebook.procedures.judge_application import judge
from gatebook.procedures.officers_word import seal_word
from gatebook.procedures.permit import enter_refusal, permit
from gatebook.procedures.rescreen_account import settle_account_review
from gatebook.procedures.use_review import Settled, grounds_of, is_of_use, settle_use_review
from gatebook.record.enter import enter
from gatebook.record.ports import Row, Work

_DISPOSITIONS, _MATCHES = ("admit", "decline", "keep"), ("", "same", "different")
_MOST_NOTE = 4000


def dispose(
    house: House,
    operator: Operator,
    review_id: str,
    disposition: str,
    match: str = "",
    note: str = "",
    set_aside: Sequence[str] = (),
) -> Determined | Settled | None:
    """Enter an officer's word on a review. ``match`` says whether the listed candidates are the same person.

    ``set_aside`` names pieces of evidence that the officer finds do not speak for or against the applicant, such as
    another person's document sent by mistake; they stay sealed and are put to the law no more. What the officer had
    before them is sealed with the word, and bounds it. A review of an account's use is disposed of with ``admit``, or
    ``keep``, which is the same there, or ``decline``. Returns what was then determined, or settled, or None while a
    second officer has to approve. Raises InvalidInput, NotFound, Conflict when the review
    is not open.
    """
    permit(house, operator, "officer", "dispose-review")
    _check_words(disposition, match, note)
    with house.state.read() as work:
        review = _review(work, review_id, "open")
    _check_fits(review, disposition, match, set_aside)
    disposition = "admit" if disposition == "keep" else disposition
    _check_set_aside(house, operator, review, set_aside)
    seen = _before_the_officer(house, operator, review)
    asked = {"clearing_a_block": match == "different" and any(map(_blocks, seen["candidates"]))}
    asked["setting_aside"] = bool(set_aside)
    four_eyes = _needs_four_eyes(house, review, asked)
    words = {"review": review_id, "disposition": disposition, "match": match}
    payload = {**words, "note": note, **seen, "set_aside": sorted(set(set_aside))}
    with house.state.transaction() as work:
        work.ledger.lock()
        _review(work, review_id, "open")
        entry = row_entry(house, operator, "review.disposed", review, {**words, "four_eyes": four_eyes})
        enter(work, house.door.seal(work, entry, house.new_id("rec"), payload, ()))
    return None if four_eyes else carry_out(house, operator, review)


def approve(house: House, operator: Operator, review_id: str) -> Determined | Settled:
    """Approve what another officer proposed. Raises NotPermitted, entered first, when both may be one person."""
    permit(house, operator, "officer", "approve-review")
    with house.state.transaction() as work:
        work.ledger.lock()
        review = _review(work, review_id, "proposed")
        are_two = are_independent(work, review["proposed_by"], operator.operator_id)
        if are_two:
            body = {"review": review_id, "disposition": review["disposition"], "match": review["match"]}
            enter(work, row_entry(house, operator, "review.approved", review, body))
        else:
            enter_refusal(house, work, operator, "officer", "approve-review")
    if not are_two:
        raise NotPermitted(
            "four eyes: somebody else than the officer who proposed has to approve, with a key that neither of them "
            "made and no officer's key made for both"
        )
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


def _check_fits(review: Row, disposition: str, match: str, set_aside: Sequence[str]) -> None:
    """A review of use has no candidates and no evidence before it, and only it knows the word ``keep``."""
    problems = []
    if is_of_use(review) and match:
        problems.append(FieldProblem("/match", "nobody-compared", "a review of use compares nobody; leave it out"))
    if is_of_use(review) and set_aside:
        problems.append(FieldProblem("/set_aside", "no-evidence", "a review of use has no evidence to set aside"))
    if disposition == "keep" and not is_of_use(review):
        problems.append(FieldProblem("/disposition", "unknown-disposition", "must be admit or decline"))
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


def _needs_four_eyes(house: House, review: Row, asked: Mapping[str, bool]) -> bool:
    """Whether the level of the account type, or anything this word does, takes two officers in this house."""
    with house.state.read() as work:
        application = work.registers.get("applications", review["application_id"])
    law = house.law.on(house.now().date()).parameters
    level = law.table("house/account_types").get(application["account_type"] if application else "", "high")
    rows = [level, *(name for name, is_asked in asked.items() if is_asked)]
    return any(law.table("house/four_eyes").get(name, True) for name in rows)


def _before_the_officer(house: House, operator: Operator, review: Row) -> dict[str, Any]:
    """What this word is about: the candidates of the latest screening, and what the latest determination held up."""
    if is_of_use(review):
        return seal_word({"candidates": [], "others": []}, grounds_of(house, operator, review))
    of_account = bool(review["account_id"])
    with house.state.read() as work:
        application = work.registers.get("applications", review["application_id"])
        judged = work.registers.get("accounts", review["account_id"]) if of_account else application
        held = work.registers.get("determinations", str(judged["determination_id"])) if judged else None
    assert application is not None  # noqa: S101  a review is of an application
    assert held is not None  # noqa: S101  a review is opened by a determination
    wanted = [application["screened_record"], held["record_id"]]
    found = house.door.read(house.state, wanted, "review", operator.operator_id, house.now())
    return seal_word(*(payload for payload in found if isinstance(payload, dict)))


def _blocks(candidate: Mapping[str, Any]) -> bool:
    return bool(candidate["grade"] == "confirmed" and candidate["is_blocking"])


def carry_out(house: House, operator: Operator, review: Row) -> Determined | Settled:
    """Carry out a word that was entered; after a crash ``resume_applications`` comes here again."""
    if is_of_use(review):
        return settle_use_review(house, operator, review)
    if review["account_id"]:
        return settle_account_review(house, operator, review)
    return judge(house, operator, cases.load_case(house, operator, review["application_id"], "determination"))
