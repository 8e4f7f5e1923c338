"""Proposing a production: the exact list of what would be handed over, and another officer's word on that very list.

The trap guarded against: a list that grew after it was approved. Whoever approves names the digest of the list they
saw, and what is built is that list: these records, these rows until this segment, these classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gatebook import canonical
from gatebook.errors import Conflict, FieldProblem, InvalidInput, NotFound, NotPermitted, Overtaken
from gatebook.procedures.access_record import AccessAnswers
from gatebook.procedures.demand_checks import is_authentic
from gatebook.procedures.four_eyes import are_independent
from gatebook.procedures.house import House, HouseWork, Operator
from gatebook.procedures.look_at_demands import demand_row, in_state
from gatebook.procedures.permit import enter_refusal, permit
from gatebook.procedures.trace_account import filters_of, held_by
from gatebook.record.enter import enter
from gatebook.record.entered_segments import last_segment
from gatebook.record.entry import Entry
from gatebook.record.fields import is_by_field
from gatebook.record.ports import Row
from gatebook.terms.record_class import RecordClass
from gatebook.trace.asked import Bounds
from gatebook.trace.fields import class_of_entry, kinds_with
from gatebook.trace.found import Resolved
from gatebook.trace.ports import EARLIEST, LATEST

_PAGE, _MOST_ADDRESSES, _TRIES = 500, 100_000, 3
_SERVICE = ("account_type", "opened_at", "closed_at")
#: Classes that what is always shown of an access falls into: all of them have to be open, or none is shown.
OF_ACCESSES = frozenset({RecordClass.SESSION, RecordClass.NETWORK_ADDRESS})
PURPOSE = "legal-process"


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
    (searched,) = house.door.read(house.state, [demand["searched_record"]], PURPOSE, operator.operator_id, house.now())
    assert isinstance(searched, dict)  # noqa: S101  sealed as an object by the search
    chosen = _chosen(searched["found"], accounts)
    access.seal()
    segment, items = _counted(house, access, chosen, classes)
    listed = {
        "demand": demand_id,
        "production": production,
        "classes": sorted(classes),
        "last_segment": segment,
        "items": items,
        "answers": _answers(searched["found"], {one["account"] or one["person"] for one in chosen}),
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
    (listed,) = house.door.read(house.state, [row["record_id"]], PURPOSE, operator.operator_id, house.now())
    assert isinstance(listed, dict)  # noqa: S101  sealed as an object by the proposal
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


def _chosen(resolutions: Sequence[Mapping[str, Any]], accounts: Sequence[str]) -> list[dict[str, Any]]:
    """Return each account once, with every time of it that is meant. Raises InvalidInput for one not found."""
    meant: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for resolution in resolutions:
        for one in resolution["found"]:
            if one["account"] in accounts or (not accounts and resolution["answer"] == Resolved.FOUND):
                meant.setdefault((one["person"], one["account"]), []).append(one)
    if unknown := set(accounts) - {account for _, account in meant}:
        reason = f"{len(unknown)} of these the search did not find; a lead is no answer"
        raise InvalidInput(
            "these accounts are not open to this demand", (FieldProblem("/accounts", "not-found", reason),)
        )
    if not meant:
        fault = FieldProblem("/accounts", "missing", "name the accounts that are meant among those found")
        raise InvalidInput("nothing was found without doubt, so nothing can be handed over as it stands", (fault,))
    return [
        {"person": person, "account": account, "times": _times(found), "by": sorted({one["by"] for one in found})}
        for (person, account), found in meant.items()
    ]


def _answers(resolutions: Sequence[Mapping[str, Any]], chosen: set[str]) -> list[dict[str, Any]]:
    """Return what became of each thing the demand names: who of those chosen it led to, and how many others."""
    answers = []
    for resolution in resolutions:
        found = [one for one in resolution["found"] if (one["account"] or one["person"]) in chosen]
        others = {one["account"] or one["person"] for one in resolution["found"]} - chosen
        answers.append({**resolution, "found": found, "others": len(others)})
    return answers


def _times(found: Sequence[Mapping[str, Any]]) -> list[list[int | None]]:
    """Return the times that are meant, in order, those that overlap as one; an open end is None."""
    merged = list[list[int]]()
    for low, high in sorted((_low(one["from_at"]), _high(one["until_at"])) for one in found):
        if merged and low <= merged[-1][1]:
            merged[-1][1] = max(high, merged[-1][1])
        else:
            merged.append([low, high])
    return [[None if low == EARLIEST else low, None if high == LATEST else high] for low, high in merged]


def _low(at: int | None) -> int:
    return EARLIEST if at is None else at


def _high(at: int | None) -> int:
    return LATEST if at is None else at


def _counted(
    house: House, access: AccessAnswers, chosen: Sequence[Mapping[str, Any]], classes: frozenset[RecordClass]
) -> tuple[int, list[dict[str, Any]]]:
    """Return the items, and the last segment they were counted up to: one that none came after meanwhile."""
    for _ in range(_TRIES):
        with house.state.read() as work:
            segment = last_segment(work)
            items = _without_repeats([_item(access, work, one, classes) for one in chosen])
        with house.state.read() as work:
            if last_segment(work) == segment:
                return segment, items
    raise Overtaken("access events kept being sealed meanwhile: propose again")


def _item(
    access: AccessAnswers, work: HouseWork, one: Mapping[str, Any], classes: frozenset[RecordClass]
) -> dict[str, Any]:
    person, account = one["person"], one["account"]
    held = work.registers.get("accounts", account) if account else None
    sealed = records_of(work, person, held, kinds_with(classes))
    records = [row["record_id"] for row in sealed if _entry_is_open(work, row, classes)]
    runs = list(_runs(access, work, one)) if account and classes >= OF_ACCESSES else []
    service = {name: held[name] or "" for name in _SERVICE} if held and RecordClass.SERVICE in classes else {}
    return {**one, "records": records, "runs": runs, "service": service}


def _without_repeats(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave each record with the first item that holds it: a record stands in a production once."""
    seen = set[str]()
    for item in items:
        item["records"] = [record for record in item["records"] if record not in seen]
        seen |= set(item["records"])
    return items


def _entry_is_open(work: HouseWork, row: Row, classes: frozenset[RecordClass]) -> bool:
    """Return whether what the record's entry says in the clear may be shown: it goes with the record.

    That of an application names the product and type of account, without which nothing claimed could be shown.
    """
    if row["kind"] == "application.received":
        return True
    entry = Entry.from_bytes(work.ledger.read(row["position"], row["position"] + 1)[0])
    return class_of_entry(row["kind"], str(entry.body.get("evidence_kind", ""))) in classes


def records_of(work: HouseWork, person: str, account: Row | None, kinds: frozenset[str]) -> Iterator[Row]:
    """Yield the sealed records of a person that can hold what is open; of an account's own application where one is.

    Only what can be shown in part: a record committed to as a whole, as older ones are, is in no production.
    """
    after, application = "", account["application_id"] if account else ""
    while page := work.registers.page("records", {"person_id": person}, after, _PAGE):
        for row in page:
            is_of = row["kind"] in kinds and (not application or row["application_id"] == application)
            if is_of and is_by_field(row["commitment"]) and work.records.get(row["record_id"]) is not None:
                yield row
        after = page[-1]["record_id"]


def _runs(access: AccessAnswers, work: HouseWork, one: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every principal of an account with each time that is meant of it, and how many rows there are."""
    for from_at, until_at in one["times"]:
        held = held_by(work, one["account"], Bounds(_low(from_at), _high(until_at)))
        for asked in filters_of(held):
            uses = access.uses(asked, _MOST_ADDRESSES + 1)
            if len(uses) > _MOST_ADDRESSES:
                fault = FieldProblem("/accounts", "too-many", f"at most {_MOST_ADDRESSES:,} addresses of one")
                raise InvalidInput("an account used more addresses than one production can list", (fault,))
            for principal in asked.principals:
                events = sum(use.events for use in uses if use.principal == principal)
                if events:
                    yield {
                        "principal": principal,
                        "from_at": None if asked.from_at <= EARLIEST else asked.from_at,
                        "until_at": None if asked.until_at >= LATEST else asked.until_at,
                        "events": events,
                    }


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
