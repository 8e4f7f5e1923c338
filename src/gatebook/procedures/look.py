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
from gatebook.law.sources import of_accounts
from gatebook.procedures import publish_ledger
from gatebook.procedures.house import House, Operator
from gatebook.procedures.permit import permit
from gatebook.record.ports import Row
from gatebook.record.registers import REGISTERS
from gatebook.terms.fact import Facts

_MOST, _MESSAGES = 200, 100


def page(
    house: House, operator: Operator, register: str, where: Mapping[str, Any], after: str, limit: int
) -> tuple[list[Row], str]:
    """Return one page of a register and the cursor of the next (empty at the end). Raises InvalidInput."""
    permit(house, operator, "look", "look")
    known_register(register)
    if not 1 <= limit <= _MOST:
        raise InvalidInput("the page is too long", (FieldProblem("/limit", "out-of-range", f"1 to {_MOST}"),))
    with house.state.read() as work:
        rows = work.registers.page(register, {k: v for k, v in where.items() if v not in (None, "")}, after, limit + 1)
    key = REGISTERS[register].key
    return rows[:limit], rows[limit - 1][key] if len(rows) > limit else ""


def known_register(register: str) -> None:
    """Raise InvalidInput unless there is such a register."""
    if register not in REGISTERS:
        problem = FieldProblem("/register", "unknown-register", f"one of {', '.join(REGISTERS)}")
        raise InvalidInput("there is no such register", (problem,))


def one(house: House, operator: Operator, register: str, key: str) -> Row:
    """Return one row. Raises NotFound."""
    permit(house, operator, "look", "look")
    known_register(register)
    with house.state.read() as work:
        row = work.registers.get(register, key)
    if row is None:
        raise NotFound(f"there is no such row in {register}")
    return row


def entry_at(house: House, operator: Operator, position: int) -> bytes:
    """Return the entry at a ledger position, byte for byte. Raises NotFound, and LedgerError where it was changed."""
    permit(house, operator, "look", "look")
    return publish_ledger.published_entry(house, position)


def proof_at(house: House, operator: Operator, position: int) -> str:
    """Return a proof file that the entry at a position is in the published ledger. Raises NotFound."""
    permit(house, operator, "look", "prove-entry")
    return publish_ledger.proof_of(house, position)


def consistency_at(house: House, operator: Operator, old_size: int) -> str:
    """Return a proof file that the published ledger begins with the one of an older size. Raises NotFound."""
    permit(house, operator, "look", "prove-consistency")
    return publish_ledger.consistency_of(house, old_size)


def checkpoint(house: House) -> bytes:
    """Return the signed checkpoint, empty before the first; it holds no secret, so anybody may have it."""
    return house.tiles.read_checkpoint() or b""


def read_record(house: House, operator: Operator, record_id: str, purpose: str, *, in_part: bool = False) -> Plain:
    """Open one sealed record for a stated purpose; the reading is entered first.

    Where a part of it was ended, only ``in_part`` gives the rest; else Shredded.
    """
    permit(house, operator, "read-records", "read-record")
    (found,) = house.door.read(house.state, [record_id], purpose, operator.operator_id, house.now(), in_part=in_part)
    return found


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
        row = work.registers.get("applications", application_id)
    if row is None or not row["screened_record"]:
        raise NotFound("this application was not screened yet")
    opened = read_record(house, operator, row["screened_record"], purpose)
    assert isinstance(opened, dict)  # noqa: S101  a screening is sealed as an object
    return opened


def messages(house: House, operator: Operator, state: str, after: str) -> tuple[list[Row], str]:
    """Return a page of events for webhooks by state (queued, sent, dead), without their bodies, and the next cursor."""
    permit(house, operator, "admin", "list-messages")
    with house.state.read() as work:
        rows = work.outbox.listing(state, after, _MESSAGES + 1)
    more = len(rows) > _MESSAGES
    found: list[Row] = [{k: v for k, v in row.items() if k != "body"} for row in rows[:_MESSAGES]]
    return found, str(found[-1]["message_id"]) if more else ""


def endpoints(house: House, operator: Operator) -> list[dict[str, Any]]:
    """Return every webhook endpoint with its address; secrets are derived and stay where they are."""
    permit(house, operator, "admin", "list-endpoints")
    with house.state.read() as work:
        held = work.shelf.listing("webhook-endpoint", "", 1000)
    return [{"endpoint": key, **canonical.table(canonical.decode(value))} for key, value in held]


def requirements(house: House, operator: Operator, data: Plain) -> list[dict[str, Any]]:
    """Return what an application like this would still need, without keeping anything of it."""
    permit(house, operator, "apply", "ask-requirements")
    claims = parse_application(data, house.now())
    law = house.law.on(house.now().date())
    facts = Facts(check.findings_to_facts(check.check_claims(claims, (), house.now().date())))
    due = plan.requirements_due(due_facts(consider(of_accounts(law), facts)), claims)
    return [canonical.table(requirement) for requirement in due]
