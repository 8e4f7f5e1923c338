"""Confirming a contact: a one-time code goes out to a claimed address or number and has to come back.

The trap guarded against: a code that can be guessed, asked for without end, or used for another contact.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from gatebook.canonical import Plain
from gatebook.errors import FieldProblem, InvalidInput, NotFound, Unavailable
from gatebook.identify import codes
from gatebook.procedures import case as cases
from gatebook.procedures.about import case_entry, row_entry
from gatebook.procedures.determine_application import Determined
from gatebook.procedures.house import House, Operator
from gatebook.procedures.judge_application import in_review, judge
from gatebook.procedures.permit import permit
from gatebook.record.enter import enter
from gatebook.record.ports import Work
from gatebook.terms.evidence import Evidence, EvidenceKind
from gatebook.terms.ids import EvidenceId

CHANNELS = ("email", "phone")
#: A code nobody answers goes after the hour in which sends and tries count; it could be answered for ten minutes.
_KEPT = timedelta(hours=1)


def send_code(house: House, operator: Operator, application_id: str, channel: str, which: int = 0) -> None:
    """Send a code to the ``which``-th claimed e-mail address or telephone number. Raises TooMany, Unavailable.

    That it is sent is entered first. A crash or a failure between the two loses the code, not the intent: it counts
    as one of the sends of the hour, and another may be asked for after the usual 30 seconds.
    """
    permit(house, operator, "apply", "send-code")
    with house.state.read() as work:
        in_review(work, application_id)
    destination = _destination(house, operator, application_id, channel, which)
    if channel not in house.senders:
        raise Unavailable(f"this house has no way to send codes by {channel}; set it up in gatebook.toml")
    code, salt = codes.draw_code(house.draw), house.draw(16)
    with house.state.transaction() as work:
        # Read and written under one lock: a wrong answer of a moment ago counts, and two sends are never one.
        work.ledger.lock()
        row, now = in_review(work, application_id), house.now()
        work.shelf.expire(now)
        held = work.shelf.get("code", f"{application_id}/{channel}")
        old = codes.CodeChallenge.from_bytes(held) if held else None
        challenge = codes.new_challenge(code, salt, now, channel=channel, which=which, previous=old)
        _keep(work, application_id, challenge)
        enter(work, row_entry(house, operator, "code.sent", row, {"channel": channel}))
    house.senders[channel].send_code(destination, code, codes.EXPIRES_MINUTES)


def answer_code(
    house: House, operator: Operator, application_id: str, channel: str, given: str
) -> tuple[str, Determined | None]:
    """Test the code that came back. Returns the verdict, and what was determined when it was right.

    A right answer takes the code off the shelf and enters the evidence in one transaction: neither is lost without
    the other, and no code counts twice.
    """
    permit(house, operator, "apply", "answer-code")
    with house.state.read() as work:
        in_review(work, application_id)
        _held(work, application_id, channel)
    case = cases.load_case(house, operator, application_id, "determination")
    with house.state.transaction() as work:
        work.ledger.lock()
        is_current = in_review(work, application_id)["position"] == case.position
        challenge, verdict = codes.answer_challenge(_held(work, application_id, channel), given, house.now())
        if verdict != "right":
            _keep(work, application_id, challenge)
            enter(work, case_entry(house, operator, "code.answered", case, {"channel": channel, "verdict": verdict}))
            return verdict, None
        work.shelf.remove("code", f"{application_id}/{channel}")
        piece, position = _enter_right_answer(house, operator, work, case, challenge)
    case = replace(case, evidence=(*case.evidence, piece), position=position if is_current else -1)
    return verdict, judge(house, operator, case)


def _held(work: Work, application_id: str, channel: str) -> codes.CodeChallenge:
    held = work.shelf.get("code", f"{application_id}/{channel}")
    if held is None:
        raise NotFound("no code is waited for on this channel; ask for one first")
    return codes.CodeChallenge.from_bytes(held)


def _keep(work: Work, application_id: str, challenge: codes.CodeChallenge) -> None:
    until = challenge.sent_at + _KEPT
    work.shelf.put("code", f"{application_id}/{challenge.channel}", challenge.to_bytes(), until)


def _enter_right_answer(
    house: House, operator: Operator, work: Work, case: cases.Case, challenge: codes.CodeChallenge
) -> tuple[Evidence, int]:
    """Seal and enter the answer as evidence; return it and its position."""
    destination = _pick(case, challenge.channel, challenge.which)
    data = {"channel": challenge.channel, "destination": destination, "verdict": "verified"}
    piece = Evidence(EvidenceId(house.new_id("evi")), EvidenceKind.CODE, house.now(), data)
    payload: Plain = {"evidence": piece.evidence_id, "kind": piece.kind.value, "data": data}
    body = {"channel": challenge.channel, "verdict": "right"}
    entry = case_entry(house, operator, "code.answered", case, body)
    return piece, enter(work, house.door.seal(work, entry, house.new_id("rec"), payload, ()))


def _destination(house: House, operator: Operator, application_id: str, channel: str, which: int) -> str:
    if channel not in CHANNELS:
        problem = FieldProblem("/channel", "unknown-channel", "must be email or phone")
        raise InvalidInput("a code goes by e-mail or by telephone", (problem,))
    return _pick(cases.load_case(house, operator, application_id, "contact-code"), channel, which)


def _pick(case: cases.Case, channel: str, which: int) -> str:
    claimed = case.claims.applicant.emails if channel == "email" else case.claims.applicant.phones
    if not 0 <= which < len(claimed):
        problem = FieldProblem("/which", "not-claimed", "the application claims no such contact")
        raise InvalidInput("there is no contact to send a code to", (problem,))
    return claimed[which]
