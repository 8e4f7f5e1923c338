"""Looking: what operators may see of applications, accounts, reviews and determinations, without plaintext.

The trap guarded against: personal data on a list page. Registers hold none; a reading is asked for apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatebook import canonical
from gatebook.canonical import Plain
from gatebook.errors import FieldProblem, InvalidInput, NotFound
from gatebook.identify import check, plan
from gatebook.identify.claims import parse_application
from gatebook.law.consider import consider, due_facts
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.record.entry import Entry
from gatebook.record.ports import Row
from gatebook.record.registers import REGISTERS
from gatebook.terms.determination import Answer
from gatebook.terms.fact import Facts

_MOST = 200


def page(
    house: House, operator: Operator, register: str, where: Mapping[str, Any], after: str, limit: int
) -> tuple[list[Row], str]:
    """Return one page of a register and the cursor of the next (empty at the end). Raises InvalidInput."""
    permit(house, operator, "look", "look")
    if not 1 <= limit <= _MOST:
        raise InvalidInput("the page is too long", (FieldProblem("/limit", "out-of-range", f"1 to {_MOST}"),))
    with house.state.read() as work:
        rows = work.registers.page(register, {k: v for k, v in where.items() if v not in (None, "")}, after, limit + 1)
    key = REGISTERS[register].key
    return rows[:limit], rows[limit - 1][key] if len(rows) > limit else ""


def one(house: House, operator: Operator, register: str, key: str) -> Row:
    """Return one row. Raises NotFound."""
    permit(house, operator, "look", "look")
    with house.state.read() as work:
        row = work.registers.get(register, key)
    if row is None:
        raise NotFound(f"there is no such row in {register}")
    return row


def entry_at(house: House, operator: Operator, position: int) -> Entry:
    """Return the entry at a ledger position. Raises NotFound."""
    permit(house, operator, "look", "look")
    with house.state.read() as work:
        lines = work.ledger.read(position, position + 1) if position >= 0 else []
    if not lines:
        raise NotFound("the ledger has no entry at this position")
    return Entry.from_bytes(lines[0])


def read_record(house: House, operator: Operator, record_id: str, purpose: str) -> Plain:
    """Open one sealed record for a stated purpose; the reading is entered first."""
    permit(house, operator, "read-records", "read-record")
    return house.door.read(house.state, [record_id], purpose, operator.operator_id, house.now())[0]


def determination(house: House, operator: Operator, determination_id: str, purpose: str = "review") -> dict[str, Any]:
    """Open a determination with every clause considered and its answer; the reading is entered first."""
    row = one(house, operator, "determinations", determination_id)
    opened = read_record(house, operator, row["record_id"], purpose)
    assert isinstance(opened, dict)  # noqa: S101  a determination is sealed as an object
    return opened


def candidates(house: House, operator: Operator, application_id: str, purpose: str = "review") -> dict[str, Any]:
    """Open the latest screening of an application: every candidate, why it matched, and where it is listed."""
    permit(house, operator, "read-records", "read-candidates")
    with house.state.read() as work:
        rows = work.registers.page("records", {"application_id": application_id}, "", 10_000)
    screened = sorted((r for r in rows if r["kind"] == "person.screened"), key=lambda r: r["position"])
    if not screened:
        raise NotFound("this application was not screened yet")
    opened = read_record(house, operator, screened[-1]["record_id"], purpose)
    assert isinstance(opened, dict)  # noqa: S101  a screening is sealed as an object
    return opened


def reasons_for_applicant(determination: Mapping[str, Any]) -> list[str]:
    """Return the reasons fit for the applicant: those that held the application up and may be said."""
    words = [
        r["for_applicant"]
        for r in determination["reasons"]
        if r["answer"] != Answer.MET.value and not r["yielded_to"] and r["for_applicant"]
    ]
    return list(dict.fromkeys(words))


def requirements(house: House, operator: Operator, data: Plain) -> list[dict[str, Any]]:
    """Return what an application like this would still need, without keeping anything of it."""
    permit(house, operator, "apply", "ask-requirements")
    claims = parse_application(data, house.now())
    law = house.law.on(house.now().date())
    facts = Facts(check.findings_to_facts(check.check_claims(claims, (), house.now().date())))
    due = plan.requirements_due(due_facts(consider(law, facts)), claims)
    return [canonical.table(requirement) for requirement in due]
