"""Checking a demand: an officer tests one thing of it, and says how; what came of it is entered, how is sealed.

The trap guarded against: a call back to whoever forged it. The number called has to be found elsewhere than in the
demand, and where a second person is asked for, it is one who made no other check.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gatebook.canonical import Plain
from gatebook.errors import FieldProblem, InvalidInput, NotPermitted
from gatebook.identify.contacts import normal_phone
from gatebook.procedures.about import demand_entry
from gatebook.procedures.demand_checks import checks_of, is_authentic
from gatebook.procedures.demand_forms import FORMS
from gatebook.procedures.demand_papers import numbers_within
from gatebook.procedures.four_eyes import are_independent
from gatebook.procedures.house import House, Operator
from gatebook.procedures.look_at_demands import demand_row, in_state
from gatebook.procedures.permit import enter_refusal, permit
from gatebook.record.enter import enter
from gatebook.record.ports import Row, Work
from gatebook.terms.demand import Check
from gatebook.trace.form_page import MOST_NOTE, Page

VERDICTS = ("passed", "failed")
HOW = ("note", "called", "found_in", "answered_by", "called_at")
_CALLED = HOW[1:]
_STATES = ("received", "counsel", "scoped")
_LEAST = 7  # digits by which a number is known again, however its prefix was written
_NOT_DIGITS = re.compile(r"\D")


def check_demand(
    house: House, operator: Operator, demand_id: str, check: str, verdict: str, how: Plain = None
) -> dict[str, Any]:
    """Enter what a check of a demand came to; a later one of the same kind goes before it.

    ``how`` may have a ``note``; a call back says which number was ``called``, where that was ``found_in``, who it was
    ``answered_by`` and when (``called_at``). Raises NotFound, Conflict, InvalidInput, and NotPermitted, entered first,
    where the second person may be the first.
    """
    permit(house, operator, "officer", "check-demand")
    said = _said(house, check, verdict, how)
    kind = Check(check)
    if kind is Check.CALL_BACK:
        _found_elsewhere(house, operator, demand_id, said["called"])
    with house.state.transaction() as work:
        work.ledger.lock()
        row = in_state(demand_row(work, demand_id), *_STATES)
        is_other = kind is not Check.SECOND_PERSON or _is_another(work, row, operator)
        if is_other:
            entry = demand_entry(house, operator, "demand.checked", demand_id, {"check": check, "verdict": verdict})
            payload: Plain = {"check": check, "verdict": verdict, "how": said}
            enter(work, house.door.seal(work, entry, house.new_id("rec"), payload, ()))
        else:
            enter_refusal(house, work, operator, "officer", "check-demand-as-second-person")
        authentic = is_authentic(house, work, demand_row(work, demand_id))
    if not is_other:
        raise NotPermitted("the second person has to be somebody else than who made the other checks, made before")
    return {"demand_id": demand_id, "check": check, "verdict": verdict, "is_authentic": authentic}


def _said(house: House, check: str, verdict: str, how: Plain) -> dict[str, str]:
    page = Page.of(how or {}, FORMS, HOW, _CALLED if check == Check.CALL_BACK.value else ())
    if check not in set(Check):
        page.fault("check", "unknown-check", f"one of {', '.join(Check)}")
    if verdict not in VERDICTS:
        page.fault("verdict", "unknown-verdict", "must be passed or failed")
    said = {"note": page.text("note", MOST_NOTE, lines=True), **{name: page.text(name) for name in _CALLED}}
    if check != Check.CALL_BACK.value and any(said[name] for name in _CALLED):
        page.fault("called", "contradiction", "is said of a call back alone")
    if page.data.get("called") and normal_phone(said["called"]) is None:
        page.fault("called", "malformed", "a telephone number in international form, from +")
    called_at = page.instant("called_at")
    if called_at is not None and called_at > int(house.now().timestamp() * 1_000_000):
        page.fault("called_at", "in-the-future", "must have been before now")
    if page.faults:
        raise InvalidInput("this check cannot be entered", tuple(page.faults))
    return {name: text for name, text in said.items() if text}


def _found_elsewhere(house: House, operator: Operator, demand_id: str, called: str) -> None:
    """Raise InvalidInput where the number called stands in the demand: whoever forged it answers there."""
    digits = _NOT_DIGITS.sub("", called)[-_LEAST:]
    if any(digits in text for text in numbers_within(house, operator, demand_id)):
        reason = "stands in the demand itself; find the authority's number elsewhere"
        raise InvalidInput("this is no call back", (FieldProblem("/called", "from-the-demand", reason),))


def _is_another(work: Work, row: Row, operator: Operator) -> bool:
    """Whether somebody else made a check before, and nobody whom this officer made, or was made by, made any."""
    others: Mapping[Check, Row] = {c: r for c, r in checks_of(work, row).items() if c is not Check.SECOND_PERSON}
    return bool(others) and all(are_independent(work, operator.operator_id, str(r["by"])) for r in others.values())
