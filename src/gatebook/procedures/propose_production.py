"""Proposing a production: the exact list of what would be handed over, and another officer's word on that very list.

The trap guarded against: a list that grew after it was approved. Whoever approves names the digest of the list they
saw, and what is built is that list: these records, these rows until this segment, these classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gatebook import canonical
from gatebook.errors import Conflict, FieldProblem, InvalidInput, NotFound, NotPermitted
from gatebook.procedures.access_record import AccessAnswers
from gatebook.procedures.demand_checks import is_authentic
from gatebook.procedures.four_eyes import are_independent
from gatebook.procedures.house import House, HouseWork, Operator
from gatebook.procedures.list_production import answers_of, chosen_of, counted
from gatebook.procedures.look_at_demands import demand_row, in_state, open_paper
from gatebook.procedures.permit import enter_refusal, permit
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.record.ports import Row
from gatebook.terms.record_class import RecordClass


def propose_production(
    house: House, access: AccessAnswers, operator: Operator, demand_id: str, accounts: Sequence[str] = ()
) -> dict[str, Any]:
    """Enter a proposal of what to hand over on a demand, and return its list with the digest to be approved.

    Without ``accounts`` all that the search found without doubt; an ambiguous thing needs its account named. Raises
    NotFound, InvalidInput, and Conflict while the demand is not authentic, not scoped or not searched.
    """
    permit(house, operator, "read-records", "propose-production")
    with house.state.read() as work:
        demand = demand_row(work, demand_id)
        _check_ready(house, work, demand)
        production, classes = house.new_id("prd"), _classes_of(demand)
    searched = open_paper(house, operator, demand["searched_record"])
    chosen = chosen_of(searched["found"], accounts)
    access.seal()
    segment, items = counted(house, access, chosen, classes)
    listed = {
        "demand": demand_id,
        "production": production,
        "classes": sorted(classes),
        "last_segment": segment,
        "items": items,
        "answers": answers_of(searched["found"], {one["account"] or one["person"] for one in chosen}),
    }
    _enter(house, operator, demand, listed)
    return {**listed, "digest": canonical.digest(listed)}


def approve_production(house: House, operator: Operator, production_id: str, digest: str) -> Row:
    """Approve a list, as an officer other than the one who proposed it; ``digest`` is that of the list they saw."""
    return _word(house, operator, production_id, digest, "production.approved")


def refuse_production(house: House, operator: Operator, production_id: str, digest: str) -> Row:
    """Refuse a list; another may be proposed."""
    return _word(house, operator, production_id, digest, "production.refused")


def open_list(house: House, operator: Operator, production_id: str) -> dict[str, Any]:
    """Open the list of a production: a reading, entered first. Raises NotFound."""
    permit(house, operator, "read-records", "read-production")
    with house.state.read() as work:
        row = production_row(work, production_id)
    listed = open_paper(house, operator, row["record_id"])
    return {**listed, "digest": row["items"], "state": row["state"]}


def production_row(work: HouseWork, production_id: str) -> Row:
    """Return the row of a production. Raises NotFound."""
    row = work.registers.get("productions", production_id)
    if row is None:
        raise NotFound("there is no production under this id")
    return row


def check_current(house: House, work: HouseWork, production: Row) -> None:
    """Raise Conflict unless a list is what its demand asks for still: the last proposed, and nothing changed since.

    The demand is open and authentic, all that is on the list is still open to it, and it was neither described anew nor
    searched for again since the list was proposed.
    """
    demand = demand_row(work, production["demand_id"])
    _check_ready(house, work, demand)
    if demand["production_id"] != production["production_id"]:
        raise Conflict("another list was proposed since: this one no longer counts")
    if not set(production["classes"]) <= {one.value for one in _classes_of(demand)}:
        raise Conflict("a class on this list is no longer open to its demand: propose again")
    proposed = _position(work, production["record_id"])
    if max(_position(work, demand[name]) for name in ("record_id", "searched_record")) > proposed:
        raise Conflict("the demand was described or searched for again since this list was proposed: propose again")


def _position(work: HouseWork, record_id: str) -> int:
    row = work.registers.get("records", record_id)
    assert row is not None  # noqa: S101  a register names it
    return int(row["position"])


def _check_ready(house: House, work: HouseWork, demand: Row) -> None:
    in_state(demand, "scoped", "proposed", "answered")
    if is_authentic(house, work, demand) is not True:
        raise Conflict("this demand was not found authentic: not every check it needs was passed")
    if not _classes_of(demand):
        raise Conflict(
            "no record class is open to this demand: scope it, and let counsel rule where the law is unknown"
        )
    if not demand["searched_record"]:
        raise Conflict("nothing was looked for yet: search for the demand first")


def _classes_of(demand: Row) -> frozenset[RecordClass]:
    return frozenset(RecordClass(name) for name, answer in (demand["classes"] or {}).items() if answer == "met")


def _enter(house: House, operator: Operator, demand: Row, listed: Mapping[str, Any]) -> None:
    items, demand_id = listed["items"], demand["demand_id"]
    body = {
        "production": listed["production"],
        "demand": demand_id,
        "accounts": len(items),
        "records": sum(len(item["records"]) for item in items),
        "events": sum(run["events"] for item in items for run in item["runs"]),
        "classes": listed["classes"],
        "items": canonical.digest(listed),
    }
    with house.state.transaction() as work:
        work.ledger.lock()
        if demand_row(work, demand_id)["position"] != demand["position"]:
            raise Conflict("the demand moved on meanwhile: propose again")
        entry = Entry("production.proposed", house.now(), operator.operator_id, person=demand_id, body=body)
        enter(work, house.door.seal(work, entry, house.new_id("rec"), canonical.plain(listed), ()))


def _word(house: House, operator: Operator, production_id: str, digest: str, kind: str) -> Row:
    """Enter an officer's word on a list. Raises NotPermitted for whoever is not another person than the proposer."""
    act = f"{kind.partition('.')[2].removesuffix('d')}-production"
    permit(house, operator, "officer", act)
    with house.state.transaction() as work:
        work.ledger.lock()
        row = production_row(work, production_id)
        if row["state"] != "proposed":
            raise Conflict("this production is not waiting for a word")
        demand = demand_row(work, row["demand_id"])
        if kind == "production.approved":
            check_current(house, work, row)
        if digest != row["items"]:
            fault = FieldProblem("/digest", "another-list", "open the list, and give the digest it is shown with")
            raise InvalidInput("this is not the digest of the list that was proposed", (fault,))
        is_other = are_independent(work, row["proposed_by"], operator.operator_id)
        if is_other:
            body = {"production": production_id}
            frees = kind == "production.refused" and demand["state"] == "proposed" and not demand["answered_at"]
            body |= {"demand": row["demand_id"]} if frees and demand["production_id"] == production_id else {}
            enter(work, Entry(kind, house.now(), operator.operator_id, body=body))
            return production_row(work, production_id)
        enter_refusal(house, work, operator, "officer", act)
    raise NotPermitted("whoever proposed a production, or made their key, cannot speak on it; another officer can")
