"""Searching for a demand: what it names is resolved to accounts, its hold is narrowed to them, and leads are offered.

The trap guarded against: a hold that lets go too early. Until everything a demand names was looked for, its hold is
over the whole house; it is narrowed in the same transaction that enters what was found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from gatebook import canonical
from gatebook.errors import Conflict, FieldProblem, InvalidInput
from gatebook.procedures.access_record import AccessAnswers
from gatebook.procedures.holds import scope_holds_of
from gatebook.procedures.house import House, Operator
from gatebook.procedures.look_at_demands import OPEN, demand_row, in_state, open_demand
from gatebook.procedures.permit import permit
from gatebook.procedures.resolve_target import resolve_target
from gatebook.procedures.trace import Tracer
from gatebook.procedures.trace_account import filters_of, held_by
from gatebook.procedures.trace_shared import DAYS, trace_shared
from gatebook.record.access import LEGAL_PROCESS
from gatebook.record.enter import enter
from gatebook.record.entry import Entry
from gatebook.terms.assignment import instant, microseconds
from gatebook.trace.asked import DAY, Bounds
from gatebook.trace.found import Found, Resolution, Resolved, to_plain

_MOST_LED, _MOST_USES = 20, 10_000  # accounts for which leads are looked for; addresses of each


def search_demand(house: House, access: AccessAnswers, operator: Operator, demand_id: str) -> dict[str, Any]:
    """Resolve everything a demand names, enter what was found, and narrow its hold to it; return it with leads.

    What waits in the access log is sealed first, so that nothing received before is missed. Raises NotFound, Conflict
    for a demand that is closed, InvalidInput for one that names nobody yet.
    """
    permit(house, operator, "read-records", "search-demand")
    with house.state.read() as work:
        described = in_state(demand_row(work, demand_id), *OPEN)["record_id"]
    demand = open_demand(house, operator, demand_id)
    if not demand.targets:
        fault = FieldProblem("/targets", "missing", "describe the demand first: whom does it name, and for which time")
        raise InvalidInput("this demand names nobody yet, so nothing can be looked for", (fault,))
    access.seal()
    tracer = Tracer(house, access, operator, LEGAL_PROCESS)
    tracer.begin("demand.search")
    resolutions = [resolve_target(tracer, target) for target in demand.targets]
    found = list(dict.fromkeys(one for resolution in resolutions for one in resolution.found))
    leads = list(_leads(tracer, found))
    payload = {"found": to_plain(resolutions), "leads": leads}
    with house.state.transaction() as work:
        work.ledger.lock()
        if in_state(demand_row(work, demand_id), *OPEN)["record_id"] != described:
            raise Conflict("the demand was described anew meanwhile: search again")
        persons, accounts = {one.person for one in found}, {one.account for one in found} - {""}
        body = {
            "demand": demand_id,
            "accounts": len(accounts),
            "persons": len(persons),
            "unresolved": _count(resolutions, Resolved.NOBODY, Resolved.NOT_HELD),
            "ambiguous": _count(resolutions, Resolved.AMBIGUOUS),
            "leads": len(leads),
        }
        entry = Entry("demand.searched", house.now(), operator.operator_id, person=demand_id, body=body)
        enter(work, house.door.seal(work, entry, house.new_id("rec"), canonical.plain(payload), ()))
        if not any(one.is_cut for one in resolutions):  # what was not looked at is held with everything else
            scope_holds_of(house, operator, work, demand_id, sorted(persons), sorted(accounts))
    return {"demand": demand_id, **payload, "counts": {name: body[name] for name in body if name != "demand"}}


def _count(resolutions: Iterable[Resolution], *answers: Resolved) -> int:
    return sum(one.answer in answers for one in resolutions)


def _leads(tracer: Tracer, found: Sequence[Found]) -> Iterable[dict[str, Any]]:
    """Yield accounts that share addresses with one that was found: perhaps its replacement, by inference alone.

    Looked at are thirty days before an account was used last and thirty after: whoever went on elsewhere began then.
    """
    known, done = {one.account for one in found}, set[str]()
    for one in found:
        if not one.account or one.account in done or len(done) >= _MOST_LED:
            continue
        done.add(one.account)
        last_at = _last_use(tracer, one.account)
        if last_at is None:
            continue
        until = instant(min(last_at + DAYS * DAY, microseconds(tracer.house.now()))) or ""
        shared = trace_shared(tracer, one.account, 2 * DAYS, until=until)
        rows = {row["account"]: row for row in shared["accounts"]}
        for sharer in shared["sharers"]:
            for account in sharer["accounts"]:
                if account not in known:
                    yield {
                        "account": account,
                        "of": one.account,
                        "basis": shared["basis"],
                        "addresses_shared": len(sharer["addresses"]),
                        "events": sharer["events"],
                        "opened_after_the_other_closed": _is_after(rows.get(account), rows.get(one.account)),
                    }


def _last_use(tracer: Tracer, account: str) -> int | None:
    with tracer.house.state.read() as work:
        filters = filters_of(held_by(work, account, Bounds()))
    uses = (use for asked in filters for use in tracer.rows.uses(asked, _MOST_USES))
    return max((use.last_at for use in uses), default=None)


def _is_after(row: Any, other: Any) -> bool:  # noqa: ANN401  rows as they are shown, None where this house has none
    opened, closed = (row or {}).get("opened_at") or "", (other or {}).get("closed_at") or ""
    return bool(opened and closed and opened >= closed)
