"""Ruling on a demand: counsel says which of the classes the law left unknown are disclosed, on which basis and why.

The trap guarded against: a word that goes over the law. Only what the law left unknown can be ruled on, never content,
never on a demand that was not found authentic, and never by whoever took it in, described it or checked it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatebook.canonical import Plain
from gatebook.errors import Conflict, InvalidInput, NotPermitted
from gatebook.procedures.about import demand_entry
from gatebook.procedures.demand_checks import is_authentic
from gatebook.procedures.demand_forms import FORMS
from gatebook.procedures.four_eyes import are_independent
from gatebook.procedures.house import House, Operator
from gatebook.procedures.look_at_demands import demand_row, in_state, latest_scoping
from gatebook.procedures.permit import enter_refusal, permit
from gatebook.record.enter import enter
from gatebook.record.ports import Row, Work
from gatebook.record.walk import entry_at
from gatebook.terms.record_class import RecordClass
from gatebook.trace.form_page import MOST_NOTE, Page

FIELDS = ("allow", "basis", "reason")
_PAGE, _PREPARING = 500, ("demand.received", "demand.described", "demand.checked")


def rule_demand(house: House, operator: Operator, demand_id: str, data: Plain) -> dict[str, Any]:
    """Enter counsel's word: ``allow`` (classes, perhaps none), and for whatever is allowed its ``basis``; ``reason``.

    What the law left unknown and is not allowed is refused. Raises NotFound, InvalidInput, Conflict where nothing waits
    for counsel, and NotPermitted, entered first, where whoever took the demand in, described it, or made a check of it
    would rule on it.
    """
    permit(house, operator, "officer", "rule-on-demand")
    with house.state.read() as work:
        in_state(demand_row(work, demand_id), "counsel")
    scoped = latest_scoping(house, operator, demand_id)
    allow, basis, reason = _said(data, scoped["classes"])
    with house.state.transaction() as work:
        work.ledger.lock()
        row = in_state(demand_row(work, demand_id), "counsel")
        _check_current(house, work, row, scoped)
        is_other = all(are_independent(work, one, operator.operator_id) for one in _prepared_by(work, row))
        if is_other:
            classes = {name: _ruled(name, answer, allow) for name, answer in scoped["classes"].items()}
            ruling = "ready" if "met" in classes.values() else "refused"
            entry = demand_entry(house, operator, "demand.ruled", demand_id, {"classes": classes, "ruling": ruling})
            payload: Plain = {"allow": sorted(allow), "basis": basis, "reason": reason, "classes": classes}
            enter(work, house.door.seal(work, entry, house.new_id("rec"), payload, ()))
        else:
            enter_refusal(house, work, operator, "officer", "rule-on-demand")
    if not is_other:
        raise NotPermitted(
            "whoever took a demand in, described or checked it does not rule on it; another officer has to"
        )
    return {"demand_id": demand_id, "scope": ruling, "classes": classes}


def _said(data: Plain, classes: Mapping[str, str]) -> tuple[frozenset[str], str, str]:
    page = Page.of(data, FORMS, FIELDS, ("reason",))
    named, basis, reason = page.items("allow"), page.text("basis"), page.text("reason", MOST_NOTE, lines=True)
    for n, name in enumerate(named):
        if not isinstance(name, str) or classes.get(name) != "unknown":
            page.fault(f"allow/{n}", "not-unknown", "is no class that the law left unknown for this demand")
        elif name == RecordClass.CONTENT.value:
            page.fault(f"allow/{n}", "content", "is never disclosed on a ruling")
    if named and not basis:
        page.fault("basis", "missing", "nothing is disclosed without naming its basis")
    if page.faults:
        raise InvalidInput("this ruling cannot be entered", tuple(page.faults))
    return frozenset(named), basis, reason


def _ruled(name: str, answer: str, allow: frozenset[str]) -> str:
    if answer != "unknown":
        return answer
    return "met" if name in allow else "unmet"


def _check_current(house: House, work: Work, row: Row, scoped: Mapping[str, Any]) -> None:
    """Raise Conflict unless it is authentic, and was when the law was asked: no ruling stands in for a check."""
    known = [facts.get("disclosure.is_authentic") for facts in scoped["facts"].values()]
    if is_authentic(house, work, row) is not True or not all(one is True for one in known):
        raise Conflict("this demand was not found authentic when it was scoped: check it, then scope it again")


def _prepared_by(work: Work, row: Row) -> set[str]:
    """Return who took a demand in, and whoever described it or checked it, however long ago: the writers of that.

    What came by mail the house took in itself, so that who took it in alone would be nobody.
    """
    found = set[str]()
    for kind in _PREPARING:
        after = ""
        while records := work.registers.page("records", {"person_id": row["demand_id"], "kind": kind}, after, _PAGE):
            for position in (int(record["position"]) for record in records):
                found.add(entry_at(work.ledger, position).operator)
            after = records[-1]["record_id"]
    return found
