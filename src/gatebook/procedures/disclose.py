"""Disclosing without a demand: the law is asked first, another officer agrees, and it is entered before it is given.

The trap guarded against: good will. To a public authority nothing goes without an instrument, and that it was asked is
entered all the same; to a peer, or to somebody their own, goes what one named clause allows, and no field beside it.

What is sealed of it is whom it went to, why, and of each record the fields that were shown: not their values, which
end with whom they are about. They are opened again from where they lie, and lead to the digest that was entered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gatebook import canonical
from gatebook.canonical import Plain
from gatebook.errors import Conflict, FieldProblem, InvalidInput, LedgerError, NotFound, NotPermitted
from gatebook.law.reach import Reached, disclosure_facts, reach
from gatebook.procedures.demand_forms import FORMS
from gatebook.procedures.disclosed import about, content_of
from gatebook.procedures.four_eyes import are_independent
from gatebook.procedures.house import House, HouseWork, Operator
from gatebook.procedures.list_production import records_of
from gatebook.procedures.permit import enter_refusal, permit
from gatebook.procedures.tell import tell
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.fields import is_by_field
from gatebook.record.ports import Row
from gatebook.record.walk import entry_at
from gatebook.terms.demand import Recipient
from gatebook.terms.determination import Answer
from gatebook.trace.disclosure_form import Asked, asked_from, parse_disclosure
from gatebook.trace.fields import kinds_with

_PROPOSED, _DECLINED = "disclosure.proposed", "disclosure.declined"


def propose_disclosure(house: House, operator: Operator, data: Plain) -> dict[str, Any]:
    """Enter what is to be handed over to whom, once the law allows every class of it; return it with its digest.

    Where the law does not, ``disclosure.refused`` is entered with the clauses that say so, and NotPermitted raised.
    Raises InvalidInput for what cannot be read, and for a record that is not there or cannot be shown in part.
    """
    permit(house, operator, "officer", "propose-disclosure")
    asked = parse_disclosure(data, FORMS)
    disclosure, found = house.new_id("dis"), _ask(house, asked)
    _check_allowed(house, operator, disclosure, asked, found)
    with house.state.read() as work:
        records = _records(work, asked)
    listed = {
        "disclosure": disclosure,
        "asked": canonical.plain(asked),
        "records": records,
        "basis": _basis(found),
    }
    body = {
        **about(asked),
        "disclosure": disclosure,
        "records": len(records),
        "items": canonical.digest(listed),
    }
    with house.state.transaction() as work:
        work.ledger.lock()
        entry = Entry(_PROPOSED, house.now(), operator.operator_id, person=disclosure, body=body)
        enter(work, house.door.seal(work, entry, house.new_id("rec"), listed, ()))
        tell(house, work, "disclosure.proposed", disclosure=disclosure, recipient=asked.recipient.value)
    return {**listed, "digest": body["items"]}


def open_proposal(house: House, operator: Operator, disclosure_id: str) -> dict[str, Any]:
    """Open what is to be handed over to whom, or was, with its digest: a reading, entered first. Raises NotFound."""
    permit(house, operator, "read-records", "read-disclosure")
    with house.state.read() as work:
        proposal = _proposal(work, disclosure_id)
        state = _state(work, disclosure_id)
    listed = _opened(house, operator, proposal)
    return {**listed, "digest": canonical.digest(listed), "state": state}


def approve_disclosure(house: House, operator: Operator, disclosure_id: str, digest: str) -> Row:
    """Enter a disclosure, as an officer other than who proposed it, on the digest of what they saw; return its row.

    The law is asked anew, and every record is opened for it, entered first. Raises NotFound, NotPermitted, Conflict
    for one that is not waiting, InvalidInput for another digest, Shredded for a record that ended meanwhile.
    """
    permit(house, operator, "officer", "approve-disclosure")
    listed = _spoken_on(house, operator, disclosure_id, digest, "approve-disclosure")
    asked = asked_from(listed["asked"])
    found = _ask(house, asked)
    _check_allowed(house, operator, disclosure_id, asked, found)
    content = content_of(house, operator, listed)
    if not content["records"]:
        raise Conflict("none of these records holds anything of these classes, so nothing would be handed over")
    body = {
        **about(asked),
        "disclosure": disclosure_id,
        "demand": "",
        "production": "",
        "basis": _basis(found),
        "records": len(content["records"]),
        "events": 0,
        "digest": canonical.digest(content),
    }
    shown = {
        one["record"]: [part[0] for part in one["parts"] if not isinstance(part, str)] for one in content["records"]
    }
    with house.state.transaction() as work:
        work.ledger.lock()
        _waiting(work, disclosure_id)
        entry = Entry("disclosure.made", house.now(), operator.operator_id, person=disclosure_id, body=body)
        enter(work, house.door.seal(work, entry, house.new_id("rec"), {"listed": listed, "shown": shown}, ()))
        tell(house, work, "disclosure.made", disclosure=disclosure_id, demand="")
        return work.registers.get("disclosures", disclosure_id) or {}


def decline_disclosure(house: House, operator: Operator, disclosure_id: str, digest: str) -> dict[str, Any]:
    """Enter that another officer does not agree; nothing is handed over on this proposal."""
    permit(house, operator, "officer", "decline-disclosure")
    _spoken_on(house, operator, disclosure_id, digest, "decline-disclosure")
    with house.state.transaction() as work:
        work.ledger.lock()
        _waiting(work, disclosure_id)
        entry = Entry(
            _DECLINED, house.now(), operator.operator_id, person=disclosure_id, body={"disclosure": disclosure_id}
        )
        enter(work, house.door.seal(work, entry, house.new_id("rec"), {"digest": digest}, ()))
    return {"disclosure_id": disclosure_id, "state": "declined"}


def read_disclosure(house: House, operator: Operator, disclosure_id: str) -> dict[str, Any]:
    """Return what is handed over, the same bytes each time: every record is opened for it, entered first.

    Raises NotFound, Conflict before it was entered, Shredded once a record of it ended, and LedgerError where what lies
    there no longer leads to the digest that was entered.
    """
    permit(house, operator, "read-records", "read-disclosure")
    with house.state.read() as work:
        proposal, row = _proposal(work, disclosure_id), work.registers.get("disclosures", disclosure_id)
    if row is None:
        raise Conflict("this was not disclosed: another officer has to approve it first")
    content = content_of(house, operator, {**_opened(house, operator, proposal), "basis": row["basis"]})
    if canonical.digest(content) != row["digest"]:
        raise LedgerError("what is kept of this disclosure is not what was entered")
    return content


def _ask(house: House, asked: Asked) -> dict[str, Reached]:
    """Put each class to the law of today, without an instrument."""
    law = house.law.on(house.now().date())
    facts = {one: disclosure_facts(None, asked.recipient, one, is_authentic=asked.is_certain) for one in asked.classes}
    return {one.value: reach(law, known) for one, known in facts.items()}


def _basis(found: Mapping[str, Reached]) -> dict[str, str]:
    return {name: one.basis for name, one in found.items()}


def _check_allowed(
    house: House, operator: Operator, disclosure: str, asked: Asked, found: Mapping[str, Reached]
) -> None:
    """Enter the refusal, and raise NotPermitted, where the law does not allow every class; unknown is not allowed."""
    against = {name: one for name, one in found.items() if one.answer is not Answer.MET}
    if not against:
        return
    reasons = {reason.clause: reason.cites for one in against.values() for reason in one.because}
    body = {**about(asked), "classes": sorted(against), "clauses": sorted(reasons)}
    with house.state.transaction() as work:
        work.ledger.lock()
        entry = Entry("disclosure.refused", house.now(), operator.operator_id, person=disclosure, body=body)
        enter(work, house.door.seal(work, entry, house.new_id("rec"), {"asked": canonical.plain(asked)}, ()))
    cites = "; ".join(dict.fromkeys(reasons.values()))
    raise NotPermitted(
        f"the law does not allow this without an instrument ({cites}); what comes on one is taken in as a demand"
    )


def _records(work: HouseWork, asked: Asked) -> list[str]:
    """Return the records that are meant: those named, and of each account those that can hold a class."""
    found = dict.fromkeys(asked.records)
    for n, record in enumerate(asked.records):
        row = work.registers.get("records", record)
        if row is None or not is_by_field(row["commitment"]) or work.registers.get("persons", row["person_id"]) is None:
            fault = FieldProblem(f"/records/{n}", "not-found", "is no record of a person that can be shown in part")
            raise InvalidInput("a record cannot be disclosed", (fault,))
    for n, account in enumerate(asked.accounts):
        held = work.registers.get("accounts", account)
        if held is None:
            fault = FieldProblem(f"/accounts/{n}", "not-found", "is no account of this house")
            raise InvalidInput("there is no such account", (fault,))
        found |= {
            row["record_id"]: None for row in records_of(work, held["person_id"], held, kinds_with(asked.classes))
        }
    if not found:
        fault = FieldProblem("/accounts", "nothing-held", "of these classes nothing is held under these accounts")
        raise InvalidInput("there is nothing to disclose", (fault,))
    if asked.recipient is Recipient.SUBJECT and len(_persons(work, found)) > 1:
        fault = FieldProblem("/records", "of-others", "somebody is given their own records, and nobody else's")
        raise InvalidInput("these are records of several persons", (fault,))
    return list(found)


def _persons(work: HouseWork, records: Iterable[str]) -> set[str]:
    return {str((work.registers.get("records", record) or {})["person_id"]) for record in records}


def _spoken_on(house: House, operator: Operator, disclosure_id: str, digest: str, act: str) -> dict[str, Any]:
    """Return what was proposed and waits, for another officer who saw it. Raises NotPermitted, entered first."""
    with house.state.transaction() as work:
        work.ledger.lock()
        proposal = _waiting(work, disclosure_id)
        entry = entry_at(work.ledger, proposal["position"])
        if entry.body["items"] != digest:
            fault = FieldProblem("/digest", "another-list", "open the proposal, and give the digest it is shown with")
            raise InvalidInput("this is not the digest of what was proposed", (fault,))
        is_other = are_independent(work, entry.operator, operator.operator_id)
        if not is_other:
            enter_refusal(house, work, operator, "officer", act)
    if not is_other:
        raise NotPermitted("whoever proposed a disclosure, or made their key, cannot speak on it; another officer can")
    return _opened(house, operator, proposal)


def _waiting(work: HouseWork, disclosure_id: str) -> Row:
    proposal = _proposal(work, disclosure_id)
    state = _state(work, disclosure_id)
    if state != "proposed":
        raise Conflict(f"this disclosure is {state}, and waits for nobody's word")
    return proposal


def _state(work: HouseWork, disclosure_id: str) -> str:
    if work.registers.get("disclosures", disclosure_id) is not None:
        return "made"
    where = {"person_id": disclosure_id, "kind": _DECLINED}
    return "declined" if work.registers.page("records", where, "", 1) else "proposed"


def _proposal(work: HouseWork, disclosure_id: str) -> Row:
    """Return the row of the sealed proposal. Raises NotFound."""
    found = work.registers.page("records", {"person_id": disclosure_id, "kind": _PROPOSED}, "", 1)
    if not found:
        raise NotFound("no disclosure without a demand was proposed under this id")
    return found[0]


def _opened(house: House, operator: Operator, proposal: Row) -> dict[str, Any]:
    record = str(proposal["record_id"])
    (opened,) = house.door.read(house.state, [record], "audit", operator.operator_id, house.now())
    assert isinstance(opened, dict)  # noqa: S101  sealed as an object by the proposal
    return opened
