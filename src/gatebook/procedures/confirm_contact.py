"""Confirming a contact: a one-time code goes out to a claimed address or number and has to come back.

The trap guarded against: a code that can be guessed, asked for without end, or used for another contact.
"""

from __future__ import annotations

from dataclasses import replace

from gatebook import canonical
from gatebook.canonical import Plain
from gatebook.errors import FieldProblem, InvalidInput, NotFound, Unavailable
from gatebook.identify import codes
from gatebook.procedures import case as cases
from gatebook.procedures.determine_application import Determined, determine_application
from gatebook.procedures.house import House, Operator
from gatebook.procedures.open_account import in_review
from gatebook.procedures.permit import permit
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.terms.evidence import Evidence, EvidenceKind
from gatebook.terms.ids import EvidenceId

CHANNELS = ("email", "phone")


def send_code(house: House, operator: Operator, application_id: str, channel: str, which: int = 0) -> None:
    """Send a code to the ``which``-th claimed e-mail address or telephone number. Raises TooMany, Unavailable."""
    permit(house, operator, "apply", "send-code")
    with house.state.read() as work:
        in_review(work, application_id)
        held = work.shelf.get("code", f"{application_id}/{channel}")
    destination = _destination(house, operator, application_id, channel, which)
    if channel not in house.senders:
        raise Unavailable(f"this house has no way to send codes by {channel}; set it up in gatebook.toml")
    code, salt = codes.draw_code(house.draw), house.draw(16)
    old = codes.CodeChallenge.from_bytes(held) if held else None
    challenge = codes.new_challenge(code, salt, house.now(), channel=channel, which=which, previous=old)
    with house.state.transaction() as work:
        work.shelf.put("code", f"{application_id}/{channel}", challenge.to_bytes(), None)
        row = work.registers.get("applications", application_id)
        entry = Entry(
            "code.sent",
            house.now(),
            operator.operator_id,
            person=str(row["person_id"]) if row else "",
            application=application_id,
            body={"channel": channel},
        )
        enter(work, entry)
    house.senders[channel].send_code(destination, code, codes.EXPIRES_MINUTES)


def answer_code(
    house: House, operator: Operator, application_id: str, channel: str, given: str
) -> tuple[str, Determined | None]:
    """Test the code that came back. Returns the verdict, and what was determined when it was right."""
    permit(house, operator, "apply", "answer-code")
    key = f"{application_id}/{channel}"
    with house.state.transaction() as work:
        in_review(work, application_id)
        work.ledger.lock()
        held = work.shelf.get("code", key)
        if held is None:
            raise NotFound("no code is waited for on this channel; ask for one first")
        challenge, verdict = codes.answer_challenge(codes.CodeChallenge.from_bytes(held), given, house.now())
        work.shelf.put("code", key, challenge.to_bytes(), None)
        if verdict == "right":
            work.shelf.remove("code", key)
        else:
            row = work.registers.get("applications", application_id)
            enter(
                work,
                Entry(
                    "code.answered",
                    house.now(),
                    operator.operator_id,
                    person=str(row["person_id"]) if row else "",
                    application=application_id,
                    body={"channel": channel, "verdict": verdict},
                ),
            )
    if verdict != "right":
        return verdict, None
    return verdict, _confirmed(house, operator, application_id, channel, challenge.which)


def _confirmed(house: House, operator: Operator, application_id: str, channel: str, which: int) -> Determined:
    case = cases.load_case(house, operator, application_id, "determination")
    destination = _pick(case, channel, which)
    data: Plain = {"channel": channel, "destination": destination, "verdict": "verified"}
    piece = Evidence(
        EvidenceId(house.new_id("evi")), EvidenceKind.CODE, house.now(), data if isinstance(data, dict) else {}
    )
    entry = Entry(
        "code.answered",
        house.now(),
        operator.operator_id,
        person=case.person_id,
        application=application_id,
        body={"channel": channel, "verdict": "right"},
    )
    payload: Plain = {"evidence": piece.evidence_id, "kind": piece.kind.value, "data": canonical.plain(data)}
    with house.state.transaction() as work:
        enter(work, house.door.seal(work, entry, house.new_id("rec"), payload, ()))
    return determine_application(house, operator, replace(case, evidence=(*case.evidence, piece)))


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
